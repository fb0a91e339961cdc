import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// The second pass of ingest again, without the capture.
@Suite("Attribution again")
struct AttributeTests {
  private func ingest(in folder: URL, _ options: String...) throws -> (
    trace: String, layout: String, capture: String
  ) {
    let (capture, layout) = try SmallTrace.writeCapture(in: folder)
    let trace = folder.path("run.mixt")
    try succeeding(["ingest", capture, "-o", trace] + options)
    return (trace, layout, capture)
  }

  private func matrix(_ trace: String) throws -> String {
    try succeeding("export", trace, "matrix", "--grain", "server").output
  }

  @Test("with a declared layout it gives what ingest gives with that layout")
  func layout() throws {
    try withScratchFolder { folder in
      let (trace, layout, capture) = try ingest(in: folder)
      let declared = folder.path("declared.mixt")
      try succeeding("ingest", capture, "--layout", layout, "-o", declared)
      let again = folder.path("again.mixt")
      try succeeding("attribute", trace, "--layout", layout, "-o", again)
      #expect(try matrix(again) == matrix(declared))
      #expect(
        try succeeding("export", again, "operations").output
          == succeeding("export", declared, "operations").output)
      // Derived from addresses there was one server for each of the eight NICs.
      #expect(try matrix(trace).split(separator: "\n").count == 8)
      #expect(try matrix(again).split(separator: "\n").count == 4)
      let origins = try succeeding("info", again, "--format", "json").rows("provenance")
      let origin = origins.first { $0["column"] as? String == "layout" }
      #expect(origin?["origin"] as? String == "declared")
    }
  }

  @Test("a layout that was written as a template can be read back")
  func template() throws {
    try withScratchFolder { folder in
      let template = folder.path("template.yaml")
      let (trace, _, _) = try ingest(in: folder, "--write-layout", template)
      let again = folder.path("again.mixt")
      try succeeding("attribute", trace, "--layout", template, "-o", again)
      #expect(try matrix(again) == matrix(trace))
    }
  }

  @Test("a gap longer than the capture makes one operation, the same bytes")
  func gap() throws {
    try withScratchFolder { folder in
      let (trace, _, _) = try ingest(in: folder)
      let again = folder.path("again.mixt")
      try succeeding("attribute", trace, "--idle-gap", "10 min", "-o", again)
      #expect(try succeeding("export", again, "operations").csv.count == 1 + 1)
      #expect(try succeeding("export", trace, "operations").csv.count > 2)
      #expect(try matrix(again) == matrix(trace))
      #expect(
        try succeeding("export", again, "messages").output
          == succeeding("export", trace, "messages").output)
    }
  }

  @Test("an address that the layout does not name is asked for")
  func unknownAddress() throws {
    try withScratchFolder { folder in
      let (trace, layout, _) = try ingest(in: folder)
      let lines = try String(contentsOfFile: layout, encoding: .utf8)
        .split(separator: "\n", omittingEmptySubsequences: false)
      let last = try #require(lines.lastIndex { $0.contains("address:") })
      var fewer = lines
      fewer.remove(at: last)
      try write(fewer.joined(separator: "\n").utf8, to: layout)
      let outcome = mixtrace("attribute", trace, "--layout", layout, "-o", folder.path("x.mixt"))
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("is not in the layout"))
    }
  }
}
