import Foundation
import FoundationXML
import MixtraceCommands
import TestSupport
import Testing

/// The page that `report` writes: well-formed, and of one piece.
@Suite("The report's file")
struct ReportFileTests {
  private func page(in folder: URL, _ options: String...) throws -> String {
    let path = folder.path("report.html")
    try succeeding(["report", try SmallTrace.write(in: folder), "-o", path] + options)
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test("it is well-formed markup")
  func wellFormed() throws {
    try withScratchFolder { folder in
      let page = try page(in: folder)
      let markup = page.replacing(/^\s*<!doctype html>/.ignoresCase(), with: "")
      let parser = XMLParser(data: Data(markup.utf8))
      #expect(
        parser.parse(),
        "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")")
    }
  }

  @Test("it needs no network: no address, no linked file")
  func selfContained() throws {
    try withScratchFolder { folder in
      let page = try page(in: folder)
        .replacing("http://www.w3.org/2000/svg", with: "")
        .replacing("http://www.w3.org/1999/xhtml", with: "")
        .replacing("http://www.w3.org/1999/xlink", with: "")
      for word in ["http:", "https:", "url(//", "@import", "<link", "src=\"//"] {
        #expect(!page.lowercased().contains(word), "\(word)")
      }
    }
  }

  @Test("jobs that share the fabric have a table of their own")
  func jobs() throws {
    try withScratchFolder { folder in
      let job = try SmallTrace.write(in: folder, name: "other.mixt")
      let options = ["--fabric", "fat-tree"]
      let path = folder.path("jobs.html")
      try succeeding(
        ["report", try SmallTrace.write(in: folder), "-o", path, "--job", job] + options)
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains("Jobs that share the fabric") && text.contains("other.mixt"))
      #expect(try !page(in: folder, "--fabric", "fat-tree").contains("Jobs that share"))
    }
  }

  @Test("it has its title, its numbers as JSON, and the fabrics that were asked for")
  func contents() throws {
    try withScratchFolder { folder in
      let page = try page(
        in: folder, "--title", "A < B & C", "--fabric", "fat-tree", "--fabric", "mixnet")
      #expect(page.contains("<title>A &lt; B &amp; C</title>"))
      #expect(page.contains("completion_ns"))
      #expect(page.contains("mixnet, commodity NIC"))
      #expect(!page.contains("rail-optimised"))
      #expect(page.contains("seed 5"))
    }
  }
}
