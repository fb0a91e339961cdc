import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// The program that `swift build -c release` leaves.
enum BuiltProgram {
  static let path = packageRoot.appendingPathComponent(".build/release/mixtrace").path
  static var exists: Bool { FileManager.default.isExecutableFile(atPath: path) }
}

/// What only a program of its own can show: pipes, exit codes, being killed.
@Suite(
  "The built program",
  .enabled(
    if: BuiltProgram.exists,
    "the program is absent: build it with `swift build -c release --product mixtrace`"))
struct BuiltProgramTests {
  private func program(_ arguments: String...) throws -> Programs.Outcome {
    try Programs.run([BuiltProgram.path] + arguments)
  }

  /// Runs a line of bash in which `$mixtrace` is the program and `$folder` a scratch folder.
  private func bash(_ line: String, in folder: URL) throws -> Programs.Outcome {
    try Programs.run(
      ["env", "mixtrace=\(BuiltProgram.path)", "folder=\(folder.path)", "bash", "-c", line])
  }

  @Test("exit codes are those of the verbs")
  func exitCodes() throws {
    #expect(try program("--version").status == 0)
    #expect(try program("info", "/absent.mixt").status == 1)
    #expect(try program("replay", "--alhpa").status == 64)
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      try write(try bytes(of: trace).dropLast(30), to: trace)
      #expect(try program("info", trace).status == 2)
    }
  }

  @Test("--version prints a version, errors go to standard error")
  func streams() throws {
    let version = try program("--version")
    #expect(version.output == mixtrace("--version").output)
    #expect(version.errors.isEmpty)
    let failure = try program("info", "/absent.mixt")
    #expect(failure.output.isEmpty)
    #expect(failure.errors.contains("/absent.mixt"))
  }

  @Test("a capture on standard input gives the trace that its file gives")
  func standardInput() throws {
    try withScratchFolder { folder in
      let (capture, layout) = try SmallTrace.writeCapture(in: folder, suffix: ".gz")
      try succeeding("ingest", capture, "--layout", layout, "-o", folder.path("file.mixt"))
      let outcome = try bash(
        "cat \"$folder/small.pcap.gz\" | \"$mixtrace\" ingest - --layout \"$folder/layout.yaml\" "
          + "-o \"$folder/pipe.mixt\"", in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      for subject in ["messages", "operations", "transfers"] {
        #expect(
          try succeeding("export", folder.path("pipe.mixt"), subject).output
            == succeeding("export", folder.path("file.mixt"), subject).output)
      }
    }
  }

  @Test("a reader that goes away ends the program without a word")
  func head() throws {
    try withScratchFolder { folder in
      let trace = folder.path("run.mixt")
      try succeeding(
        "synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--tokens-per-rank",
        "64", "--iterations", "8", "--trace", trace)
      let outcome = try bash(
        "\"$mixtrace\" export \"$folder/run.mixt\" routing | head -n 1", in: folder)
      #expect(outcome.output == "operation,source_rank,tokens,experts\n")
      #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    }
  }

  @Test("COLUMNS says how wide tables and sentences are, where no terminal does")
  func columns() throws {
    try withScratchFolder { folder in
      _ = try SmallTrace.write(in: folder)
      func widest(_ columns: String) throws -> Int {
        let outcome = try bash(
          "\(columns) \"$mixtrace\" replay \"$folder/small.mixt\" --fabric mixnet", in: folder)
        return outcome.output.split(separator: "\n").map(\.count).max() ?? 0
      }
      #expect(try widest("COLUMNS=60") <= 60)
      #expect(try widest("COLUMNS=nonsense") > 100)
    }
  }

  @Test("results that do not fit the disk are a failure")
  func fullDisk() throws {
    try withScratchFolder { folder in
      _ = try SmallTrace.write(in: folder)
      for verb in ["info", "replay --fabric fat-tree", "export"] {
        let subject = verb == "export" ? "routing" : ""
        let outcome = try bash(
          "\"$mixtrace\" \(verb) \"$folder/small.mixt\" \(subject) > /dev/full", in: folder)
        #expect(outcome.status == 1, "\(verb)")
        #expect(outcome.errors.contains("No space left on device"), "\(outcome.errors)")
      }
    }
  }

  @Test(
    "an ingest that is killed leaves no file that looks whole, and what it read can be looked at")
  func killed() throws {
    try withScratchFolder { folder in
      _ = try SmallTrace.writeCapture(in: folder)
      let outcome = try bash(
        """
        mkfifo "$folder/pipe"
        "$mixtrace" ingest - -o "$folder/run.mixt" < "$folder/pipe" & reader=$!
        exec 3> "$folder/pipe"
        cat "$folder/small.pcap" >&3
        for _ in $(seq 100); do ls "$folder" | grep -q partial && break; sleep 0.05; done
        kill -9 $reader
        exec 3>&-
        wait $reader
        """, in: folder)
      #expect(outcome.status == 137, "\(outcome)")
      let names = try folder.names()
      #expect(!names.contains("run.mixt"))
      let partial = try #require(names.first { $0.hasSuffix(".partial") })
      #expect(mixtrace("info", folder.path(partial)).status == .doneWithWarnings)
      // The next run is not in the way of what the killed one left.
      try succeeding("ingest", folder.path("small.pcap"), "-o", folder.path("run.mixt"))
      #expect(try folder.names().filter { $0.hasPrefix("run") } == ["run.mixt"])
    }
  }

  @Test("a reader of the results that goes away leaves the trace, and nothing beside it")
  func closedPipe() throws {
    try withScratchFolder { folder in
      _ = try SmallTrace.writeCapture(in: folder)
      _ = try bash(
        "\"$mixtrace\" ingest \"$folder/small.pcap\" -o \"$folder/run.mixt\" | true", in: folder)
      #expect(try folder.names().filter { $0.hasPrefix("run") } == ["run.mixt"])
      #expect(mixtrace("info", folder.path("run.mixt")).status == .done)
    }
  }
}
