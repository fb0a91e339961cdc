import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// `sweep`: every combination once, the same numbers as `replay`, nothing lost by an interruption.
@Suite("Sweep")
struct SweepTests {
  private func sweep(_ folder: URL, into name: String, vary: [String] = grid) throws -> String {
    let trace = folder.path("small.mixt")
    if !FileManager.default.fileExists(atPath: trace) { _ = try SmallTrace.write(in: folder) }
    let path = folder.path(name)
    try succeeding(
      ["sweep", trace, "-o", path, "--fabric", "fat-tree", "--fabric", "mixnet"]
        + vary.flatMap { ["--vary", $0] })
    return try String(decoding: bytes(of: path), as: UTF8.self)
  }

  private static let grid = ["alpha=1,2", "delay=10 us,1 ms", "nic-rate=100 Gb/s,400 Gb/s,1 Tb/s"]

  @Test("a row for every combination and fabric, the last option fastest")
  func rows() throws {
    try withScratchFolder { folder in
      let lines = try sweep(folder, into: "s.csv").split(separator: "\n")
      #expect(lines.count == 1 + 2 * 2 * 3 * 2)
      #expect(lines[0].hasPrefix("point,alpha,delay,nic_rate,fabric,completion_ns,"))
      #expect(lines[1].hasPrefix("0,1,10 us,100 Gb/s,fat-tree,"))
      #expect(lines[4].hasPrefix("1,1,10 us,400 Gb/s,mixnet,"))
      #expect(lines[24].hasPrefix("11,2,1 ms,1 Tb/s,mixnet,"))
    }
  }

  @Test("a row holds what replay prints for the same options")
  func sameAsReplay() throws {
    try withScratchFolder { folder in
      let lines = try sweep(folder, into: "s.csv").split(separator: "\n")
      let replayed = try succeeding(
        "replay", folder.path("small.mixt"), "--fabric", "mixnet", "--alpha", "1", "--delay",
        "1 ms", "--nic-rate", "400 Gb/s", "--format", "csv"
      ).csv
      let completion = try #require(replayed[0].firstIndex(of: "completion_ns"))
      let row = try #require(lines.first { $0.contains(",1,1 ms,400 Gb/s,mixnet,") })
      #expect(row.split(separator: ",")[5] == replayed[1][completion])
    }
  }

  @Test(
    "an interrupted sweep goes on where it was cut, to the same file", arguments: [0.1, 0.5, 0.98])
  func resume(share: Double) throws {
    try withScratchFolder { folder in
      let whole = try sweep(folder, into: "whole.csv")
      let cut = whole.utf8.prefix(Int(Double(whole.utf8.count) * share))
      try write(cut, to: folder.path("again.csv.partial"))
      #expect(try sweep(folder, into: "again.csv") == whole)
      #expect(!FileManager.default.fileExists(atPath: folder.path("again.csv.partial")))
    }
  }

  @Test("what another sweep left is not mixed in")
  func otherSweep() throws {
    try withScratchFolder { folder in
      let other = try sweep(folder, into: "other.csv", vary: ["alpha=1"])
      let partial = folder.path("again.csv.partial")
      try write(other.utf8, to: partial)
      let outcome = mixtrace(
        "sweep", folder.path("small.mixt"), "-o", folder.path("again.csv"), "--vary",
        "delay=1 ms")
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains(partial), "\(outcome.errors)")
      #expect(try bytes(of: partial) == Array(other.utf8))
    }
  }

  @Test(
    "a wrong option or value is named before anything runs",
    arguments: [
      ("alhpa=1", "alhpa"), ("alpha=two", "two"), ("alpha", "alpha=2,4,6"),
      ("delay=5 parsecs", "parsec"),
    ])
  func wrong(words: String, named: String) throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let outcome = mixtrace("sweep", trace, "-o", folder.path("s.csv"), "--vary", words)
      #expect(outcome.status == .wrongUsage)
      #expect(outcome.errors.contains(named), "\(outcome.errors)")
      #expect(try folder.names() == ["small.mixt"])
    }
  }

  @Test("a combination that cannot be replayed has a row that says why")
  func failure() throws {
    try withScratchFolder { folder in
      let text = try sweep(folder, into: "s.csv", vary: ["alpha=1,99"])
      let lines = text.split(separator: "\n")
      #expect(lines.contains { $0.hasPrefix("1,99,") && $0.contains("99") && $0.count > 40 })
    }
  }
}
