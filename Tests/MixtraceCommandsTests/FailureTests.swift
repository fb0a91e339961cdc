import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Runs that cannot be done: status 1, the file that is to blame, no output file.
@Suite("Failures")
struct FailureTests {
  @Test("a missing file is named", arguments: ["info", "analyze", "replay", "report"])
  func missing(verb: String) throws {
    try withScratchFolder { folder in
      let outcome = mixtrace(
        [verb, folder.path("absent.mixt")]
          + (verb == "report" ? ["-o", folder.path("report.html")] : []))
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains(folder.path("absent.mixt")))
      #expect(outcome.errors.hasPrefix("mixtrace: "))
      #expect(outcome.output.isEmpty)
      let left = try folder.names()
      #expect(left.isEmpty)
    }
  }

  @Test("a missing input, layout or folder of ingest is named")
  func ingest() throws {
    try withScratchFolder { folder in
      let (capture, _) = try SmallTrace.writeCapture(in: folder)
      let before = try folder.names()
      let trace = folder.path("run.mixt")
      let absent = folder.path("absent")
      for arguments in [
        [absent, "-o", trace], [capture, "-o", trace, "--layout", absent],
        [capture, "-o", absent + "/run.mixt"], [capture, absent, "-o", trace],
      ] {
        let outcome = mixtrace(["ingest"] + arguments)
        #expect(outcome.status == .failed, "\(arguments)")
        #expect(outcome.errors.contains(absent), "\(outcome.errors)")
        #expect(try folder.names() == before)
      }
    }
  }

  @Test("an output that cannot be written is named, and there is none")
  func unwritable() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let nowhere = folder.path("absent/x")
      for arguments in [
        ["report", trace, "-o", nowhere], ["export", trace, "matrix", "-o", nowhere + ".npy"],
        ["export", trace, "transfers", "-o", nowhere + ".csv"],
        ["synth", "mixtral-8x7b", "--trace", nowhere],
      ] {
        let outcome = mixtrace(arguments)
        #expect(outcome.status == .failed, "\(arguments)")
        #expect(outcome.errors.contains(nowhere), "\(outcome.errors)")
      }
      #expect(try folder.names() == ["small.mixt"])
    }
  }

  @Test("an output never replaces an input, whatever the input is called")
  func outputOverInput() throws {
    try withScratchFolder { folder in
      let (capture, layout) = try SmallTrace.writeCapture(in: folder)
      let trace = try SmallTrace.write(in: folder)
      let otherName = folder.path("other-name.mixt")
      try FileManager.default.linkItem(atPath: trace, toPath: otherName)
      let kept = try [capture, layout, trace].map(bytes)
      let names = try folder.names()
      for arguments in [
        ["ingest", capture, "-o", capture],
        ["ingest", capture, "-o", folder.path("run.mixt"), "--layout", layout]
          + ["--write-layout", layout],
        ["attribute", trace, "--layout", layout, "-o", layout],
        ["report", trace, "-o", otherName], ["export", trace, "matrix", "-o", trace],
      ] {
        let outcome = mixtrace(arguments)
        #expect(outcome.status == .wrongUsage, "\(arguments)")
        #expect(outcome.errors.contains("would be written over"), "\(outcome.errors)")
      }
      #expect(try [capture, layout, trace].map(bytes) == kept)
      #expect(try folder.names() == names)
    }
  }

  @Test("a file of another kind is told apart")
  func otherKinds() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let again = mixtrace("ingest", trace, "-o", folder.path("again.mixt"))
      #expect(again.status == .failed)
      #expect(again.errors.contains("ingested already"))
      try write("hello\n".utf8, to: folder.path("note.txt"))
      #expect(mixtrace("info", folder.path("note.txt")).errors.contains("is not a .mixt file"))
      #expect(
        mixtrace("ingest", folder.path, "-o", folder.path("x.mixt")).errors.contains("note.txt"))
    }
  }

  @Test("a part of a trace that does not exist is no empty answer")
  func emptyPart() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      for part in [["--layer", "30"], ["--iteration", "9"], ["--role", "pipeline"]] {
        let outcome = mixtrace(["replay", trace] + part)
        #expect(outcome.status == .failed, "\(part)")
        #expect(outcome.errors.contains("no operation"))
      }
    }
  }

  @Test("a layer of operations without layers is answered with the reason")
  func layerOfCapture() throws {
    try withScratchFolder { folder in
      let (capture, _) = try SmallTrace.writeCapture(in: folder)
      let trace = folder.path("run.mixt")
      // One burst has no period, and so no layers.
      try succeeding("ingest", capture, "--idle-gap", "10 min", "-o", trace)
      let outcome = mixtrace("analyze", trace, "--layer", "0")
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("does not know their layers"))
    }
  }

  @Test("a trace without messages cannot be attributed again")
  func noMessages() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = mixtrace("attribute", trace, "-o", folder.path("again.mixt"))
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("holds no messages"))
      #expect(try folder.names() == ["small.mixt"])
    }
  }

  @Test("results that are lost on the way are a failure, whatever the verb says")
  func lostOutput() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let recorded = RecordedTerminal()
      var terminal = recorded.terminal
      #expect(run(["info", trace], on: terminal) == .done)
      terminal.lossOfOutput = { "the disk is full" }
      #expect(run(["info", trace], on: terminal) == .failed)
      #expect(recorded.errors.contains("could not be written: the disk is full"))
    }
  }
}
