import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Results on standard output and nothing else there, in forms that programs can read.
@Suite("Output forms")
struct OutputFormTests {
  /// Every verb with a form of its results, on one capture and one trace in a folder.
  private func commands(in folder: URL) throws -> [[String]] {
    let (capture, layout) = try SmallTrace.writeCapture(in: folder)
    let trace = try SmallTrace.write(in: folder)
    let captured = folder.path("captured.mixt")
    try succeeding("ingest", capture, "--layout", layout, "-o", captured)
    return [
      ["ingest", capture, "--layout", layout, "-o", folder.path("again.mixt")],
      ["attribute", captured, "-o", folder.path("again.mixt")],
      ["info", trace], ["analyze", trace], ["analyze", trace, "--by", "layer"],
      ["analyze", trace, "--no-regions", "--details"], ["analyze", trace, "--streaming"],
      ["analyze", captured, "--by", "iteration"], ["replay", trace],
      ["replay", captured, "--details"], ["replay", trace, "--fabric", "mixnet", "--phases"],
      SmallTrace.synth + ["--trace", folder.path("again.mixt")],
    ]
  }

  /// Endings of keys whose numbers have a unit.
  private static let units = [
    "_ns", "_bytes", "_usd", "_share", "_ratio", "_bits", "_over_mean", "_servers", "_musd",
    "_watts",
  ]
  /// Keys whose numbers are counted or have no dimension.
  private static let withoutUnit: Set<String> = [
    "circuits", "count", "operations", "ends", "reconfigurations", "receive_gini",
    "pair_normalised_entropy",
    "value", "low_value", "high_value", "iteration", "micro_batch", "layer", "lag", "cosine",
    "pair_cosine", "receipt_cosine", "receipt_order", "jaccard_above_chance",
  ]

  /// The keys of an object's numbers, nested ones included.
  private func numericKeys(_ value: Any, key: String = "") -> Set<String> {
    switch value {
    case let object as [String: Any]:
      object.reduce(into: []) { $0.formUnion(numericKeys($1.value, key: $1.key)) }
    case let list as [Any]: list.reduce(into: []) { $0.formUnion(numericKeys($1, key: key)) }
    case is NSNumber: [key]
    default: []
    }
  }

  @Test("JSON parses, and every number's key says its unit")
  func json() throws {
    try withScratchFolder { folder in
      for command in try commands(in: folder) {
        let outcome = try succeeding(command + ["--format", "json"])
        for key in numericKeys(try outcome.json()) {
          #expect(
            Self.withoutUnit.contains(key) || Self.units.contains { "_\(key)".hasSuffix($0) },
            "\(command[0]): \(key) has no unit")
        }
      }
    }
  }

  @Test("CSV has a header and rows of its width")
  func csv() throws {
    try withScratchFolder { folder in
      for command in try commands(in: folder) {
        let rows = try succeeding(command + ["--format", "csv"]).csv
        #expect(rows.count > 1, "\(command)")
        #expect(Set(rows.map(\.count)).count == 1, "\(command): \(rows)")
        #expect(Set(rows[0]).count == rows[0].count, "\(command): two columns of one name")
      }
    }
  }

  @Test("markdown has tables")
  func markdown() throws {
    try withScratchFolder { folder in
      for command in try commands(in: folder) {
        let text = try succeeding(command + ["--format", "markdown"]).output
        #expect(text.contains("| :---"), "\(text)")
      }
    }
  }

  @Test("tables fit the terminal", arguments: [80, 120])
  func width(columns: Int) throws {
    try withScratchFolder { folder in
      var tableCount = 0
      for command in try commands(in: folder) {
        let blocks = mixtrace(command, width: columns).output.components(separatedBy: "\n\n")
        for table in blocks where table.contains("───") {
          tableCount += 1
          // Notes under a table are wrapped with it; sentences before it are not.
          for line in table.split(separator: "\n") {
            #expect(line.count <= columns, "\(command[0]): \(line)")
          }
        }
      }
      #expect(tableCount >= 10)
    }
  }

  @Test("--quiet prints results without remarks, and nothing on standard error")
  func quiet() throws {
    try withScratchFolder { folder in
      for command in try commands(in: folder) {
        let loud = try succeeding(command)
        let quiet = try succeeding(command + ["--quiet"])
        #expect(quiet.errors.isEmpty, "\(command)")
        #expect(!quiet.output.isEmpty)
        #expect(!quiet.output.contains("Note: "))
        #expect(!quiet.output.contains("Wrote "))
        #expect(quiet.output.count <= loud.output.count)
      }
      let report = try succeeding(
        "report", folder.path("small.mixt"), "-o", folder.path("r.html"), "--quiet")
      #expect(report.output.isEmpty && report.errors.isEmpty)
    }
  }

  @Test("standard output holds results only; where a file went is said on standard error")
  func results() throws {
    try withScratchFolder { folder in
      for command in try commands(in: folder) {
        let outcome = try succeeding(command)
        #expect(!outcome.output.contains("Wrote "), "\(command)")
        #expect(outcome.errors.isEmpty || outcome.errors.hasPrefix("Wrote /"), "\(outcome.errors)")
      }
      let page = folder.path("report.html")
      let report = try succeeding("report", folder.path("small.mixt"), "-o", page)
      #expect(report.output.isEmpty)
      #expect(report.errors == "Wrote \(page).\n")
    }
  }

  @Test("sentences break at the terminal's width for a person, and never for a program")
  func sentences() throws {
    try withScratchFolder { folder in
      let command = ["replay", try SmallTrace.write(in: folder), "--fabric", "fat-tree"]
      func text(_ wrapsSentences: Bool, _ options: String...) -> String {
        let recorded = RecordedTerminal(width: 60, wrapsSentences: wrapsSentences)
        _ = run(command + options, on: recorded.terminal)
        return recorded.output
      }
      let person = text(true)
      #expect(person.split(separator: "\n").allSatisfy { $0.count <= 60 }, "\(person)")
      let program = text(false)
      #expect(program.split(separator: "\n").contains { $0.count > 60 })
      #expect(
        person.split(whereSeparator: \.isWhitespace)
          == program.split(whereSeparator: \.isWhitespace))
      #expect(text(true, "--format", "json") == text(false, "--format", "json"))
    }
  }

  @Test("what was synthesised is listed with its size on disk")
  func sizes() throws {
    try withScratchFolder { folder in
      let paths = [folder.path("a.mixt"), folder.path("c.pcap"), folder.path("l.yaml")]
      let logs = folder.path("logs")
      let rows = try succeeding(
        SmallTrace.synth + [
          "--trace", paths[0], "--capture", paths[1], "--layout-file", paths[2], "--router-logs",
          logs, "--format", "json",
        ]
      ).rows("written")
      for row in rows {
        let path = try #require(row["where"] as? String)
        let files =
          path == logs
          ? try FileManager.default.contentsOfDirectory(atPath: logs).map { logs + "/" + $0 }
          : [path]
        let size = try files.reduce(0) { try $0 + bytes(of: $1).count }
        #expect(size > 0 && row["size_bytes"] as? Int == size, "\(path)")
        #expect((row["contents"] as? String)?.isEmpty == false)
      }
      #expect(rows.count == 4)
    }
  }

  @Test("no progress, colours or cursor movement where nobody watches")
  func noProgress() throws {
    try withScratchFolder { folder in
      for command in try commands(in: folder) {
        let outcome = try succeeding(command)
        #expect(!(outcome.output + outcome.errors).contains { $0 == "\r" || $0 == "\u{1B}" })
      }
    }
  }
}
