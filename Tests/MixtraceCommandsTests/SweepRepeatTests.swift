import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Combinations that change nothing, and rows that conclude nothing.
@Suite("Repeats of a sweep")
struct SweepRepeatTests {
  private static let options = [
    "--fabric", "fat-tree", "--vary", "routing=spray,ecmp", "--vary", "queue-pairs=1,2,3",
  ]

  private func rows(_ path: String) throws -> [[String: String]] {
    let lines = String(decoding: try bytes(of: path), as: UTF8.self).split(separator: "\n")
      .map(fieldsOfCSV)
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test("a combination that changes nothing has no rows, and it is said how many there are")
  func left() throws {
    try withScratchFolder { folder in
      let path = folder.path("s.csv")
      let outcome = try succeeding(
        ["sweep", try SmallTrace.write(in: folder), "-o", path, "--format", "json"] + Self.options)
      #expect(
        try outcome.sentences().contains(
          "2 of 6 combinations change nothing on any fabric and are left out; the first: routing "
            + "spray, queue-pairs 2."))
      #expect(try rows(path).compactMap { $0["point"] } == ["0", "3", "4", "5"])
    }
  }

  @Test("an option that one of the fabrics has keeps the rows of all")
  func kept() throws {
    try withScratchFolder { folder in
      let path = folder.path("s.csv")
      let outcome = try succeeding(
        "sweep", SmallTrace.write(in: folder), "-o", path, "--fabric", "fat-tree", "--fabric",
        "mixnet", "--vary", "delay=1 ms,2 ms", "--format", "json")
      #expect(try !outcome.sentences().contains("change nothing"))
      let found = try rows(path)
      #expect(
        found.map { $0["fabric"] } == ["fat-tree", "mixnet", "fat-tree", "mixnet"], "\(found)")
    }
  }

  @Test(
    "what an interrupted sweep left out stays out, and is counted again",
    arguments: [0.5, 0.7, 0.99])
  func resumed(share: Double) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let whole = folder.path("whole.csv")
      let first = try succeeding(["sweep", trace, "-o", whole] + Self.options)
      let rows = try bytes(of: whole)
      try write(
        rows.prefix(Int(Double(rows.count) * share)), to: folder.path("again.csv.partial"))
      let second = try succeeding(["sweep", trace, "-o", folder.path("again.csv")] + Self.options)
      #expect(try bytes(of: folder.path("again.csv")) == rows)
      #expect(first.output.contains("2 of 6 combinations change nothing"))
      #expect(second.output == first.output)
    }
  }

  @Test("a row is named by the options that change anything on its fabric")
  func names() throws {
    try withScratchFolder { folder in
      let path = folder.path("s.csv")
      let outcome = try succeeding(
        "sweep", SmallTrace.write(in: folder), "-o", path, "--fabric", "fat-tree", "--fabric",
        "mixnet", "--vary", "delay=1 ms,2 ms", "--vary", "latency=0 ns,1 us", "--format", "json")
      #expect(try outcome.sentences().contains("Fastest: fat-tree, latency 0 ns, "))
      let tree = try #require(
        try outcome.rows("pareto_front").first { $0["fabric"] as? String == "fat-tree" })
      #expect(tree["delay"] is NSNull && tree["latency"] as? String == "0 ns")
      // The file has every value, and no delay to expose where there are no optical switches.
      let found = try rows(path)
      #expect(found.count == 8 && found.allSatisfy { $0["delay"] != "" })
      for row in found {
        #expect((row["exposed_delay_ns"] == "") == (row["fabric"] == "fat-tree"))
      }
    }
  }

  @Test("nothing is concluded from circuits that were fitted to what they are scored on")
  func fitted() throws {
    try withScratchFolder { folder in
      let (trace, path) = (try SmallTrace.write(in: folder), folder.path("s.csv"))
      func sweep(_ fabrics: String...) throws -> CommandOutcome {
        try succeeding(
          ["sweep", trace, "-o", path, "--iteration", "1", "--vary", "latency=0 ns,1 us"]
            + ["--format", "json"] + fabrics.flatMap { ["--fabric", $0] })
      }
      let beside = try sweep("best-static", "fat-tree")
      let prices = try rows(path).reduce(into: [:]) { prices, row in
        prices[row["fabric"] ?? ""] = row["cost_usd"].flatMap(Double.init)
      }
      // Were it judged, it would stand among those that nothing beats.
      #expect(try #require(prices["best-static"]) < #require(prices["fat-tree"]))
      #expect(
        try beside.rows("pareto_front").allSatisfy { $0["fabric"] as? String == "fat-tree" })
      for start in ["Fastest: fat-tree", "Most work per dollar of network: fat-tree"] {
        #expect(try beside.sentences().contains(start))
      }
      #expect(try sweep("best-static").sentences().contains("Fastest: best-static"))
    }
  }
}
