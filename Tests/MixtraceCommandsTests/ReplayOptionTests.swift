import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// What `replay` is told about fabrics, policies and what-if changes reaches the numbers.
@Suite("Options of replay")
struct ReplayOptionTests {
  private func completions(_ trace: String, _ options: [String]) throws -> [String: Double] {
    let rows = try succeeding(["replay", trace, "--format", "json"] + options).rows("fabrics")
    var found: [String: Double] = [:]
    for row in rows {
      found[try #require(row["fabric"] as? String)] = try #require(row["completion_ns"] as? Double)
    }
    return found
  }

  @Test("fabrics of a file are compared instead of the presets, and found by name")
  func fabricFile() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let file = folder.path("fabrics.yaml")
      try write(
        """
        fabrics:
          - {name: small-torus, topology: torus, dimensions: [2, 2]}
          - {name: slow-tree, base: fat-tree, nic_rate: 100 Gb/s}

        """.utf8, to: file)
      #expect(
        try Set(completions(trace, ["--fabrics", file]).keys) == ["small-torus", "slow-tree"])
      let beside = try completions(
        trace, ["--fabrics", file, "--fabric", "slow-tree", "--fabric", "fat-tree"])
      #expect(try #require(beside["slow-tree"]) > #require(beside["fat-tree"]))
      try write("fabrics:\n  - {name: a, base: fat-tree, nic_rat: 100 Gb/s}\n".utf8, to: file)
      let outcome = mixtrace("replay", trace, "--fabrics", file)
      #expect(outcome.status == .failed)
      #expect(
        outcome.errors.contains("nic_rate") && outcome.errors.contains(":2"), "\(outcome.errors)")
    }
  }

  @Test(
    "words that nobody knows are refused with the nearest",
    arguments: [
      (["--scheduler", "solstize"], "solstice"), (["--predictor", "copilt"], "copilot"),
      (["--fail", "server three"], "server S nic N"), (["--fabric", "toropt"], "topoopt"),
      (["--fabric", "mixnet", "--scheduler", "eclipse"], "symmetrised-eclipse"),
      (["--as-recorded"], "--fabric"), (["--place", "0,x"], "\"x\""),
    ])
  func unknownWords(options: [String], named: String) throws {
    try withScratchFolder { folder in
      let outcome = mixtrace(["replay", try SmallTrace.write(in: folder)] + options)
      #expect(outcome.status == .wrongUsage)
      #expect(outcome.errors.contains(named), "\(outcome.errors)")
    }
  }

  @Test("every policy and predictor replays; changing for nothing is never free")
  func policies() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      for options in [
        ["--policy", "never"], ["--policy", "threshold"], ["--policy", "hysteresis"],
        ["--policy", "predicted"],
        ["--policy", "predicted-recalibrated", "--predictor", "copilot"],
        ["--policy", "predicted", "--predictor", "copilot"],
      ] {
        let times = try completions(trace, ["--fabric", "mixnet"] + options)
        #expect(try #require(times["mixnet"]) > 0, "\(options)")
      }
    }
  }

  @Test("what-if changes: slower compute, more bytes, other roles, a failure and another job")
  func whatIf() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      func time(_ options: String...) throws -> Double {
        try #require(try completions(trace, ["--fabric", "fat-tree"] + options)["fat-tree"])
      }
      let plain = try time()
      #expect(try time("--compute-scale", "2") > 1.5 * plain)
      #expect(try time("--expert-scale", "50") > plain)
      #expect(try time("--all-roles") > plain)
      #expect(try time("--job", trace) >= plain * (1 - 1e-9))
      // Servers are alike on a fabric that never blocks.
      #expect(abs(try time("--place", "3,2,1,0") - plain) < 1e-6 * plain)
      #expect(
        try time("--expert-scale", "50", "--fail", "server 0 nic 0") > time("--expert-scale", "50"))
    }
  }
}
