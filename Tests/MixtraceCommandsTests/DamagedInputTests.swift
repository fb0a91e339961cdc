import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Inputs that are cut or broken: what can be read is used, the loss is named, status 2.
@Suite("Damaged input")
struct DamagedInputTests {
  /// A capture that ends in the middle of its last packet.
  private func cutCapture(in folder: URL) throws -> (path: String, byteCount: Int) {
    let (capture, _) = try SmallTrace.writeCapture(in: folder)
    let whole = try bytes(of: capture)
    let path = folder.path("cut.pcap")
    try write(whole.dropLast(40), to: path)
    return (path, whole.count)
  }

  @Test("a capture cut in a packet: the rest is used, the warning says where it ends")
  func cutCapture() throws {
    try withScratchFolder { folder in
      let (capture, byteCount) = try cutCapture(in: folder)
      let trace = folder.path("run.mixt")
      let outcome = mixtrace("ingest", capture, "-o", trace, "--format", "json")
      #expect(outcome.status == .doneWithWarnings)
      #expect(outcome.errors.contains("mixtrace: warning: cut.pcap: "))
      let place = try #require(outcome.errors.firstMatch(of: /byte (\d+)/)?.1)
      let offset = try #require(Int(place))
      #expect(byteCount - 200 < offset && offset < byteCount)
      let ledger = try outcome.rows("ledger")
      #expect(ledger.contains { $0["outcome"] as? String == "cut off" })
      // The trace itself is whole and remembers what its input was like.
      #expect(try succeeding("info", trace).output.contains("cut off"))
      #expect(mixtrace("analyze", trace, "--no-regions").status == .done)
    }
  }

  @Test("--strict makes it an error that leaves no file behind")
  func strict() throws {
    try withScratchFolder { folder in
      let (capture, _) = try cutCapture(in: folder)
      let before = try folder.names()
      let outcome = mixtrace("ingest", capture, "-o", folder.path("run.mixt"), "--strict")
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("--strict"))
      #expect(outcome.errors.contains("cut.pcap"))
      #expect(outcome.errors.contains("byte "))
      #expect(outcome.output.isEmpty)
      #expect(try folder.names() == before)
    }
  }

  @Test("--strict has nothing against a whole capture")
  func strictAndWhole() throws {
    try withScratchFolder { folder in
      let (capture, _) = try SmallTrace.writeCapture(in: folder)
      try succeeding("ingest", capture, "-o", folder.path("run.mixt"), "--strict")
    }
  }

  @Test("an ingest that fails keeps what stood under its name before")
  func earlierOutput() throws {
    try withScratchFolder { folder in
      let (capture, _) = try cutCapture(in: folder)
      let trace = folder.path("run.mixt")
      try write("earlier".utf8, to: trace)
      #expect(mixtrace("ingest", capture, "-o", trace, "--strict").status == .failed)
      #expect(try bytes(of: trace) == Array("earlier".utf8))
    }
  }

  @Test("a log with a broken line: the line is counted and named")
  func brokenLine() throws {
    try withScratchFolder { folder in
      let logs = folder.path("logs")
      try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
      try succeeding(
        SmallTrace.synth + [
          "--router-logs", logs, "--log-form", "plain", "--layout-file",
          folder.path("layout.yaml"),
        ])
      let paths = try FileManager.default.contentsOfDirectory(atPath: logs).sorted()
        .map { logs + "/" + $0 }
      var text = try String(contentsOfFile: paths[0], encoding: .utf8).split(separator: "\n")
      text[1] = text[1].prefix(20)
      try write(text.joined(separator: "\n").utf8, to: paths[0])
      let outcome = mixtrace(
        ["ingest"] + paths + [
          "--layout", folder.path("layout.yaml"), "--model", "mixtral-8x7b",
          "-o", folder.path("run.mixt"),
        ])
      #expect(outcome.status == .doneWithWarnings)
      #expect(outcome.errors.contains("line 2"))
      #expect(mixtrace("replay", folder.path("run.mixt"), "--fabric", "ideal").status == .done)
    }
  }
}
