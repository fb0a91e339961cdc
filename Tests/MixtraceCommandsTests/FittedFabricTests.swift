import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Circuits that are chosen for some iterations, and every fabric scored on the others.
@Suite("Fitted fabrics")
struct FittedFabricTests {
  static let names = ["best-static", "best-static-forwarding", "topoopt-fitted"]

  static func parameters(_ outcome: CommandOutcome, _ name: String) throws -> [String: String] {
    try outcome.rows("parameters").filter { $0["parameter"] as? String == name }
      .reduce(into: [:]) { values, row in
        let value = (row["value"] as? Double).map { "\(Int($0))" } ?? row["value"] as? String
        values[row["fabrics"] as? String ?? ""] = value
      }
  }

  @Test("they are fitted to the first half of the iterations and all are scored on the rest")
  func apart() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = try succeeding(
        ["replay", trace, "--format", "json", "--fabric", "fat-tree"]
          + Self.names.flatMap { ["--fabric", $0] })
      #expect(try outcome.sentences().contains("Every fabric is scored on iterations 1-2 only"))
      #expect(
        try Self.parameters(outcome, "circuits fitted to iterations").values.map(\.self) == ["0"])
      let rows = try outcome.rows("fabrics")
      #expect(rows.count == 4)
      for row in rows { #expect(row["scored_iterations"] as? String == "1-2") }
      // The same as the later iterations alone: nothing of the first is left.
      let later = try succeeding(
        "replay", trace, "--format", "json", "--fabric", "fat-tree", "--iteration", "1-2")
      #expect(
        try later.rows("fabrics")[0]["completion_ns"] as? Double
          == rows[0]["completion_ns"] as? Double)
    }
  }

  @Test("one iteration leaves nothing to score, and the row says so")
  func itself() throws {
    try withScratchFolder { folder in
      let outcome = try succeeding(
        "replay", SmallTrace.write(in: folder), "--fabric", "best-static", "--iteration", "1",
        "--format", "json")
      #expect(
        try outcome.rows("fabrics")[0]["fabric"] as? String == "best-static, fitted to itself")
      #expect(try outcome.sentences().contains("scored on what they were chosen for"))
    }
  }

  @Test("a file's fabric with such a base is fitted as the preset is")
  func base() throws {
    try withScratchFolder { folder in
      let (trace, file) = (try SmallTrace.write(in: folder), folder.path("f.yaml"))
      try write(
        "fabrics:\n  - {name: mine, base: best-static}\n  - {name: tree, base: fat-tree}\n".utf8,
        to: file)
      func rows(_ options: String...) throws -> [[String: Any]] {
        try succeeding(["replay", trace, "--format", "json"] + options).rows("fabrics")
      }
      let preset = try rows("--fabric", "best-static")
      let own = try rows("--fabrics", file)
      #expect(own.map { $0["fabric"] as? String } == ["mine", "tree"])
      #expect(own.map { $0["scored_iterations"] as? String } == ["1-2", "1-2"])
      for key in ["completion_ns", "cost_usd"] {
        #expect(try #require(own[0][key] as? Double) == preset[0][key] as? Double)
      }
      #expect(
        try rows("--fabrics", file, "--fabric", "mine", "--iteration", "1")[0]["fabric"] as? String
          == "mine, fitted to itself")
      #expect(
        try rows("--fabrics", file, "--fabric", "tree")[0]["scored_iterations"] is NSNull)
      let refused = mixtrace("replay", trace, "--fabrics", file, "--alpha", "1")
      #expect(refused.status == .wrongUsage)
      #expect(refused.errors.contains("they do with --fabric best-static"), "\(refused.errors)")
      try write(
        "fabrics: [{name: mine, base: best-static, optical: {nics: 1}}]".utf8, to: file)
      let optical = mixtrace("replay", trace, "--fabrics", file)
      #expect(optical.status == .wrongUsage)
      #expect(optical.errors.contains("or name --fabric best-static with"), "\(optical.errors)")
      try write("fabrics: [{name: mine, base: best-static}]".utf8, to: file)
      // Regions are judged on a fabric that changes circuits.
      try succeeding("analyze", trace, "--fabrics", file)
    }
  }

  @Test("a sweep scores the same iterations at all points")
  func sweep() throws {
    try withScratchFolder { folder in
      let file = folder.path("rows.csv")
      let trace = try SmallTrace.write(in: folder)
      let outcome = try succeeding(
        "sweep", trace, "--fabric", "best-static", "--fabric", "ideal", "--vary",
        "latency=1 us,2 us",
        "--format", "json", "-o", file)
      #expect(try outcome.sentences().contains("Every fabric is scored on iterations 1-2 only"))
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let lines = text.split(separator: "\n").map(fieldsOfCSV)
      let header = lines[0]
      func column(_ key: String) throws -> [String] {
        let index = try #require(header.firstIndex(of: key), "no column \(key)")
        return lines.dropFirst().map { $0[index] }
      }
      #expect(try column("effective_scored_iterations") == ["1-2", "1-2", "1-2", "1-2"])
      #expect(try column("effective_circuits_fitted_to_iterations") == ["0", "", "0", ""])
      #expect(try column("bound").allSatisfy { !$0.isEmpty })
      #expect(try column("of_bound_share").allSatisfy { Double($0).map { $0 <= 1 + 1e-9 } == true })
      #expect(try column("power_watts").map(\.isEmpty) == [false, true, false, true])
    }
  }
}
