import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Rows without numbers, fabrics of the user's own, the yardstick.
@Suite("Rows of a sweep")
struct SweepRowTests {
  private func rows(_ path: String) throws -> [[String: String]] {
    let lines = String(decoding: try bytes(of: path), as: UTF8.self).split(separator: "\n")
      .map(fieldsOfCSV)
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test(
    "a combination that cannot be replayed has a row that says why, wherever it stands",
    arguments: ["alpha=1,99", "alpha=99,1"])
  func partlyImpossible(axis: String) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let path = folder.path("s.csv")
      let outcome = mixtrace("sweep", trace, "-o", path, "--fabric", "mixnet", "--vary", axis)
      #expect(outcome.status == .doneWithWarnings, "\(outcome.errors)")
      #expect(outcome.output.contains("1 of 2 rows have no result"), "\(outcome.output)")
      let rows = try rows(path)
      #expect(rows.map { $0["alpha"] } == axis.dropFirst(6).split(separator: ",").map(String.init))
      for row in rows {
        let isPossible = row["alpha"] == "1"
        #expect(row["fabric"] == "mixnet")
        #expect(row["completion_ns"]?.isEmpty == !isPossible)
        #expect(row["failure"]?.contains("99") == !isPossible, "\(row)")
      }
    }
  }

  @Test("a sweep without any result has failed, and its file says why")
  func allImpossible() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let path = folder.path("s.csv")
      let outcome = mixtrace(
        "sweep", trace, "-o", path, "--fabric", "mixnet", "--vary", "alpha=98,99")
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("2 of 2 rows have no result"), "\(outcome.errors)")
      #expect(try rows(path).allSatisfy { $0["failure"] != "" })
    }
  }

  @Test("the ideal crossbar has no price, and stands in the table when it is alone")
  func ideal() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let path = folder.path("s.csv")
      let outcome = try succeeding(
        "sweep", trace, "-o", path, "--fabric", "ideal", "--vary", "nic-rate=100 Gb/s,400 Gb/s",
        "--format", "json")
      let front = try outcome.rows("pareto_front")
      #expect(front.count == 1)
      #expect(front[0]["nic_rate"] as? String == "400 Gb/s")
      #expect(front[0]["cost_usd"] is NSNull)
      for row in try rows(path) {
        #expect(row["cost_usd"] == "")
        #expect(row["iterations_per_s_and_musd"] == "")
        #expect(row["completion_ns"] != "")
      }
    }
  }

  @Test("fabrics that differ only in an edge list of the same name differ in their numbers")
  func edgeLists() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let files = ["slow": "100 Gb/s", "fast": "400 Gb/s"].sorted { $0.key < $1.key }
        .map { name, rate in (folder.path(name + "/fabric.yaml"), name, rate) }
      for (file, name, rate) in files {
        try FileManager.default.createDirectory(
          atPath: folder.path(name), withIntermediateDirectories: true)
        try write(
          "fabrics:\n  - {name: mine, topology: edge-list, edges: edges.txt}\n".utf8, to: file)
        try write(
          (0..<4).map { "\($0) \(($0 + 1) % 4) \(rate)\n" }.joined().utf8,
          to: folder.path(name + "/edges.txt"))
      }
      let path = folder.path("s.csv")
      let latencies = (1...10).map { "\($0) ns" }.joined(separator: ",")
      try succeeding(
        "sweep", trace, "-o", path, "--vary", "latency=\(latencies)",
        "--vary", "fabrics=\(files.map(\.0).joined(separator: ","))")
      let completions = try rows(path).compactMap { $0["completion_ns"] }
      #expect(completions.count == 20)
      for (place, file) in files.enumerated() {
        let alone = try succeeding(
          "replay", trace, "--fabrics", file.0, "--latency", "10 ns", "--format", "csv"
        ).csv
        let completion = try #require(zip(alone[0], alone[1]).first { $0.0 == "completion_ns" }).1
        #expect(completions[18 + place] == completion)
      }
      #expect(completions[18] != completions[19])
    }
  }
}
