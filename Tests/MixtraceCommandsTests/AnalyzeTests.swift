import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// What `analyze` prints, and from what it takes its words.
@Suite("Analyze")
struct AnalyzeTests {
  /// A run on servers of one GPU, so that experts are reached over the network.
  private func run(in folder: URL, _ options: String...) throws -> String {
    let path = folder.path("run.mixt")
    try succeeding(
      [
        "synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--layers", "0-1",
        "--tokens-per-rank", "1024", "--seed", "3", "--trace", path,
      ] + options)
    return path
  }

  @Test("rows by iteration and by layer name them")
  func slices() throws {
    try withScratchFolder { folder in
      let trace = try run(in: folder, "--iterations", "3")
      let rows = try succeeding(
        "analyze", trace, "--no-regions", "--by", "iteration", "--format", "json"
      ).rows("iterations")
      #expect(rows.compactMap { $0["iteration"] as? Int } == [0, 1, 2])
      #expect(rows.allSatisfy { $0["role"] == nil })
      let layers = try succeeding(
        "analyze", trace, "--no-regions", "--by", "layer", "--format", "json"
      ).rows("layers")
      #expect(layers.compactMap { $0["layer"] as? Int } == [0, 1])
    }
  }

  @Test("routing without drift or pairs is called made up, and every later line says so")
  func synthetic() throws {
    try withScratchFolder { folder in
      let trace = try run(
        in: folder, "--iterations", "4", "--pair-affinity", "0", "--skew", "0", "--drift", "1")
      let lines = try succeeding("analyze", trace).output.split(separator: "\n")
      #expect(
        lines.first?.hasPrefix("Looks synthetic: counts scatter like independent draws") == true)
      #expect(lines.contains { $0.hasPrefix("There is little to foretell") })
      #expect(!lines.contains { $0.contains("foretells the next") })
      #expect(lines.count { $0.hasSuffix("That holds for the generator only.") } >= 4)
      #expect(lines.contains("What follows about circuits holds for the generator, too."))
    }
  }

  @Test("where time was replayed, it has the last word on what the last iteration foretells")
  func regret() throws {
    try withScratchFolder { folder in
      let trace = try run(
        in: folder, "--iterations", "6", "--pair-affinity", "0.6", "--drift", "0.1")
      let replayed = try succeeding("analyze", trace, "--format", "json")
      #expect(try replayed.sentences().contains("circuits for the last iteration are"))
      let row = try #require(try replayed.rows("time").first)
      #expect(row["statistic"] as? String == "regret of the last value")
      #expect(row["value"] is Double)
      let alone = try succeeding("analyze", trace, "--no-regions", "--format", "json")
      #expect(!(try alone.sentences().contains("circuits for the last iteration are")))
    }
  }

  @Test(
    "details say how long, how ordered and how sure, and without ten iterations that they cannot")
  func details() throws {
    try withScratchFolder { folder in
      let long = try run(in: folder, "--iterations", "12")
      let json = try succeeding(
        "analyze", long, "--no-regions", "--details", "--format", "json")
      #expect(try json.rows("lags").count == 11)
      #expect(try json.rows("coverage_server").last?["bytes_share"] as? Double == 1)
      let complexity = try json.rows("order").prefix(2).compactMap { $0["value"] as? Double }
      #expect(complexity.count == 2 && complexity.allSatisfy { (0.5...1.05).contains($0) })
      let short = try run(in: folder, "--iterations", "3")
      let text = try succeeding("analyze", short, "--no-regions", "--details").output
      #expect(text.contains("No interval: too few: 3 of 10 iterations."))
      #expect(!(try succeeding("analyze", short, "--no-regions").output.contains("No interval")))
    }
  }

  /// Eight ranks of one DLRM step: five all-to-alls, and all-reduces that were lowered to rings.
  @Test(
    "DLRM's all-to-alls are read, its lowered rings are not",
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func rings() throws {
    try withScratchFolder { folder in
      let trace = folder.path("dlrm.mixt")
      try succeeding(
        "ingest", RealInputs.path("pytorch-et/param-dlrm-8ranks-et-1.0.1.tar.gz"), "-o", trace)
      let said = try succeeding("analyze", trace, "--no-regions", "--format", "json").sentences()
      #expect(said.contains("Hot receivers: rank 3 receives 1.62× the mean"))
      #expect(said.contains("No pair structure: 0.000 bit"))
      #expect(said.contains("That rests on a guessed layout (GPU numbers of the ranks)"))
      #expect(said.contains("too few: 0 of 3 iterations"))
    }
  }
}
