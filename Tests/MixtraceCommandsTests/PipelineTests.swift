import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// From a model to a replay of its pipeline.
@Suite("Pipelines")
struct PipelineTests {
  private func write(
    in folder: URL, stages: Int, microBatches: Int, options: [String] = []
  ) throws -> String {
    let path = folder.path("\(stages)-\(microBatches).mixt")
    try succeeding(
      [
        "synth", "mixtral-8x7b", "--servers", "\(stages)", "--gpus-per-server", "4", "--pipeline",
        "\(stages)", "--layers", "0-3", "--micro-batches", "\(microBatches)", "--tokens-per-rank",
        "64", "--skew", "0", "--pair-affinity", "0", "--iterations", "1", "--trace", path,
      ] + options)
    return path
  }

  @Test("micro-batches fill the pipeline once all roles are there: (m + p − 1) ÷ p of one alone")
  func bubble() throws {
    try withScratchFolder { folder in
      func compute(_ microBatches: Int, _ options: String...) throws -> Double {
        let trace = try write(in: folder, stages: 4, microBatches: microBatches)
        let rows = try succeeding(
          ["replay", trace, "--fabric", "ideal", "--format", "json"] + options
        ).rows("fabrics")
        return try #require(rows[0]["compute_ns"] as? Double)
      }
      let one = try compute(1, "--all-roles")
      // Experts get unequal numbers of tokens; the busiest decides.
      #expect(abs(try compute(8, "--all-roles") / one - 11 / 4) < 0.15)
      // Without sends every stage runs its own micro-batches through.
      #expect(abs(try compute(8) / compute(1) - 8) < 0.4)
    }
  }

  @Test("sends between stages stand in the replay only when they are asked for")
  func roles() throws {
    try withScratchFolder { folder in
      let trace = try write(in: folder, stages: 2, microBatches: 3)
      func sends(_ options: String...) throws -> Int {
        try succeeding(
          ["replay", trace, "--fabric", "ideal", "--phases", "--format", "json"] + options
        ).rows("phases").count { $0["role"] as? String == "pipeline" }
      }
      #expect(try sends() == 0)
      #expect(try sends("--all-roles") == 6)
    }
  }

  @Test("stages that the layout cannot have are refused")
  func refused() throws {
    for wrong in [
      ["--pipeline", "4"], ["--servers", "4", "--pipeline", "3"],
      ["--servers", "4", "--pipeline", "4", "--layers", "0-2"],
      ["--servers", "4", "--pipeline", "0"],
    ] {
      let outcome = mixtrace(["synth", "mixtral-8x7b", "--trace", "never.mixt"] + wrong)
      #expect(outcome.status == .wrongUsage, "\(wrong)")
      #expect(!outcome.errors.isEmpty)
    }
  }
}
