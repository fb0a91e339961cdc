import Foundation
import MixtraceCommands
import TestSupport
import Testing
import TraceFormat

/// `.mixt` files with a damaged block: every verb uses the rest, names the loss and ends with 2.
@Suite("Damaged traces")
struct DamagedTraceTests {
  /// A trace with routing in several blocks, of which the last is damaged.
  private func damagedRouting(in folder: URL) throws -> (path: String, offset: Int64) {
    let path = folder.path("damaged.mixt")
    try succeeding(
      "synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--tokens-per-rank",
      "160", "--iterations", "12", "--trace", path)
    let routing = try TraceFile(path: path).blocks.filter { $0.kind == .routing }
    try #require(routing.count > 1)
    let block = try #require(routing.last)
    try flipByte(at: block.offset + block.byteCount / 2, of: path)
    return (path, block.offset)
  }

  private func flipByte(at offset: Int64, of path: String) throws {
    var all = try bytes(of: path)
    all[Int(offset)] ^= 0x10
    try write(all, to: path)
  }

  @Test("verbs that read the damaged block use the rest and name the loss")
  func damagedRouting() throws {
    try withScratchFolder { folder in
      let (trace, offset) = try damagedRouting(in: folder)
      for arguments in [
        ["info", trace], ["analyze", trace, "--no-regions"],
        ["replay", trace, "--fabric", "ideal"],
        [
          "report", trace, "-o", folder.path("report.html"), "--fabric", "fat-tree", "--layer", "0",
        ],
        ["export", trace, "routing"], ["export", trace, "matrix"],
      ] {
        let outcome = mixtrace(arguments)
        #expect(outcome.status == .doneWithWarnings, "\(arguments): \(outcome.errors)")
        #expect(outcome.errors.contains("warning: \(trace): byte \(offset), "), "\(arguments)")
        #expect(outcome.errors.contains("rows of routing"))
        if arguments[0] != "report" { #expect(!outcome.output.isEmpty) }
      }
    }
  }

  @Test("what does not need the damaged block is read as if nothing had happened")
  func otherPart() throws {
    try withScratchFolder { folder in
      let (trace, _) = try damagedRouting(in: folder)
      let outcome = mixtrace("replay", trace, "--fabric", "ideal", "--iteration", "0")
      #expect(outcome.status == .done)
      #expect(outcome.errors.isEmpty)
    }
  }

  @Test("messages: export and attribute leave the damaged block out")
  func damagedMessages() throws {
    try withScratchFolder { folder in
      let (capture, layout) = try SmallTrace.writeCapture(in: folder)
      let trace = folder.path("run.mixt")
      try succeeding("ingest", capture, "--layout", layout, "-o", trace)
      let block = try #require(try TraceFile(path: trace).blocks.first { $0.kind == .messages })
      try flipByte(at: block.offset + block.byteCount / 2, of: trace)
      let export = mixtrace("export", trace, "messages")
      #expect(export.status == .doneWithWarnings)
      #expect(export.csv.count == 1)
      #expect(export.errors.contains("\(block.rowCount) rows of messages"))
      // Operations are elsewhere in the file.
      #expect(mixtrace("analyze", trace, "--no-regions").status == .done)
      #expect(mixtrace("info", trace).status == .doneWithWarnings)
    }
  }

  @Test("an unfinished file is used up to its last whole block")
  func unfinished() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let partial = folder.path("run.mixt.partial")
      try write(try bytes(of: trace).dropLast(30), to: partial)
      let outcome = mixtrace("info", partial, "--format", "json")
      #expect(outcome.status == .doneWithWarnings)
      #expect(outcome.errors.contains("warning: \(partial): byte "))
      #expect(try outcome.rows("losses").count == 1)
      let contents = try outcome.rows("contents")
      #expect(contents.first?["count"] as? Int ?? 0 > 0)
      #expect(mixtrace("replay", partial, "--fabric", "ideal").status == .doneWithWarnings)
    }
  }

  @Test("a file cut before its first block is an error")
  func nothingLeft() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      try write(try bytes(of: trace).prefix(20), to: trace)
      let outcome = mixtrace("info", trace)
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("nothing can be salvaged"))
    }
  }
}
