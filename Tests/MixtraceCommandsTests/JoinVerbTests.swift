import Foundation
import MixtraceCommands
import TestSupport
import Testing

@Suite("join")
struct JoinVerbTests {
  @Test("a capture and the router logs of one run become one trace that replays")
  func joined() throws {
    try withScratchFolder { folder in
      let (network, gates) = try inputs(in: folder)
      let output = folder.path("run.mixt")
      let outcome = try succeeding(["join", network, gates, "-o", output, "--format", "json"])
      let rules = try outcome.rows("copies")
      #expect(rules.count == 3)
      #expect((rules.first?["unexplained_share"] as? Double ?? 1) < 0.05)
      let provenance = try succeeding(["info", output, "--format", "json"]).rows("provenance")
      for column in ["operations.layer", "operations.iteration", "operations.phase"] {
        let row = provenance.first { $0["column"] as? String == column }
        #expect((row?["method"] as? String)?.contains("routing log") == true, "\(column)")
      }
      // The messages came along: attribution can be done again.
      _ = try succeeding(["attribute", output, "-o", folder.path("again.mixt")])
      // Recorded times stand; the model's compute would be guesses.
      let replayed = try succeeding(["replay", output, "--fabric", "fat-tree"]).output
      #expect(replayed.contains("gaps between recorded operations"))
    }
  }

  @Test("the wrong order, strangers and an output that is an input are refused")
  func refused() throws {
    try withScratchFolder { folder in
      let (network, gates) = try inputs(in: folder)
      let swapped = mixtrace("join", gates, network, "-o", folder.path("x.mixt"))
      #expect(swapped.status == .failed)
      #expect(swapped.errors.contains("network first"))
      let over = mixtrace("join", network, gates, "-o", gates)
      #expect(over.status == .wrongUsage)
      let (_, others) = try inputs(in: folder, seed: "9")
      let strangers = mixtrace("join", network, others, "-o", folder.path("x.mixt"))
      #expect(strangers.status == .failed)
      #expect(strangers.errors.contains("not what the routing says"))
      #expect(!FileManager.default.fileExists(atPath: folder.path("x.mixt")))
    }
  }

  /// The network's trace and the gates' trace of one synthesised run.
  private func inputs(in folder: URL, seed: String = "1") throws -> (String, String) {
    let (capture, layout) = (folder.path("run\(seed).pcap"), folder.path("layout\(seed).yaml"))
    let logs = folder.path("logs\(seed)")
    _ = try succeeding(
      ["synth", "mixtral-8x7b", "--servers", "8", "--gpus-per-server", "1", "--layers", "0-1"]
        + ["--tokens-per-rank", "64", "--iterations", "3", "--seed", seed, "--capture", capture]
        + ["--router-logs", logs, "--layout-file", layout])
    let (network, gates) = (folder.path("net\(seed).mixt"), folder.path("gates\(seed).mixt"))
    _ = try succeeding(["ingest", capture, "--layout", layout, "-o", network])
    let files = try FileManager.default.contentsOfDirectory(atPath: logs).sorted()
    _ = try succeeding(
      ["ingest"] + files.map { "\(logs)/\($0)" }
        + ["--layout", layout, "--model", "mixtral-8x7b", "-o", gates])
    return (network, gates)
  }
}
