import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// One synthetic run in three forms, read back: the same bytes between the same servers.
@Suite("Synthesis and ingest")
struct SynthesisRoundTripTests {
  /// Four servers of one GPU: every byte between ranks is one between servers, on one NIC each.
  private static let run = [
    "synth", "mixtral-8x7b", "--servers", "4", "--gpus-per-server", "1", "--layers", "0-1",
    "--tokens-per-rank", "200", "--iterations", "3", "--seed", "11", "--byte-reduction", "64",
  ]

  private func matrix(
    _ trace: String, _ options: String...
  ) throws -> [[Int]] {
    try succeeding(["export", trace, "matrix", "--grain", "server"] + options).csv
      .map { row in try row.map { try #require(Int($0)) } }
  }

  private func withoutDiagonal(_ matrix: [[Int]]) -> [[Int]] {
    var matrix = matrix
    for index in matrix.indices { matrix[index][index] = 0 }
    return matrix
  }

  @Test("router logs give the server matrix of the trace, in every phase")
  func routerLogs() throws {
    try withScratchFolder { folder in
      let trace = folder.path("made.mixt")
      let layout = folder.path("layout.yaml")
      let logs = folder.path("logs")
      try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
      try succeeding(
        Self.run + ["--trace", trace, "--router-logs", logs, "--layout-file", layout])
      let paths = try FileManager.default.contentsOfDirectory(atPath: logs).sorted()
        .map { logs + "/" + $0 }
      #expect(paths.count == 4)
      let read = folder.path("read.mixt")
      try succeeding(
        ["ingest"] + paths + ["--layout", layout, "--model", "mixtral-8x7b", "-o", read])
      let tokens = try matrix(read, "--tokens-as-bytes")
      // Four ranks × 200 tokens × two experts, in three iterations × two layers × four phases.
      let total = tokens.joined().reduce(0, +)
      #expect(total == 38_400)
      #expect(try matrix(trace, "--tokens-as-bytes") == tokens)
      // The made trace says that each of its tokens stands for 40 of the preset's 8,192; logs do not.
      let scale = 40
      for phase in ["dispatch-forward", "combine-backward"] {
        let whole = try matrix(trace, "--phase", phase)
        let part = try matrix(read, "--phase", phase)
        let scaled = part.map { row in row.map { $0 * scale } }
        #expect(whole == scaled, "\(phase), × \(scale)")
      }
    }
  }

  @Test("a capture gives the server matrix of the trace, divided by its byte reduction")
  func capture() throws {
    try withScratchFolder { folder in
      let trace = folder.path("made.mixt")
      let layout = folder.path("layout.yaml")
      let capture = folder.path("run.pcap.zst")
      try succeeding(
        Self.run + ["--trace", trace, "--capture", capture, "--layout-file", layout])
      let read = folder.path("read.mixt")
      try succeeding("ingest", capture, "--layout", layout, "-o", read)
      let made = withoutDiagonal(try matrix(trace))
      let again = withoutDiagonal(try matrix(read))
      for (sent, seen) in zip(made.joined(), again.joined()) {
        // Messages are rounded up to whole bytes one by one: four phases, two layers, three times.
        #expect(abs(sent - seen * 64) <= 64 * 24, "\(sent) \(seen)")
      }
      #expect(again.joined().reduce(0, +) > 0)
    }
  }

  @Test("info tells what a synthetic trace holds, and that it is synthetic")
  func info() throws {
    try withScratchFolder { folder in
      let trace = try SmallTrace.write(in: folder)
      let info = try succeeding("info", trace, "--format", "json")
      let contents = try info.rows("contents").reduce(into: [String: Int]()) {
        $0[$1["kind"] as? String ?? ""] = $1["count"] as? Int
      }
      #expect(contents["iterations"] == 3)
      #expect(contents["layers"] == 2)
      // One expert group: three iterations × two layers × four phases.
      #expect(contents["operations"] == 24)
      #expect(contents["messages"] == 0)
      #expect(try info.sentences().contains("synthetic: "))
      #expect(try info.sentences().contains("seed 5"))
    }
  }
}
