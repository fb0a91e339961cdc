import Foundation
import MixtraceCommands
import TestSupport
import Testing

@Suite("Folders and pairs of recordings through the command line")
struct IngestFolderTests {
  private static let line =
    #"{"step": 0, "layer": 0, "rank": 0, "num_tokens": 1, "topk": 1, "top_indices": [[1]]}"#

  @Test("what a folder holds besides a trace is left out, counted and named")
  func otherFiles() throws {
    try withScratchFolder { folder in
      let logs = folder.appendingPathComponent("logs")
      try FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
      try write("how this was recorded\n".utf8, to: logs.path("README.txt"))
      try write((Self.line + "\n").utf8, to: logs.path("router_trace_rank0.jsonl"))
      let outcome = try succeeding(
        "ingest", logs.path, "-o", folder.path("run.mixt"), "--format", "json")
      let left = try outcome.rows("ledger").filter { $0["outcome"] as? String == "skipped" }
      #expect(left.map { $0["count"] as? Int } == [1])
      let place = try #require(left.first?["first"] as? String)
      #expect(place.contains("README.txt"))
      // Without a trace the folder is refused, and the file is said to be what it is.
      try FileManager.default.removeItem(atPath: logs.path("router_trace_rank0.jsonl"))
      let refused = mixtrace("ingest", logs.path, "-o", folder.path("none.mixt"))
      #expect(refused.status == .failed && refused.errors.contains("README.txt"))
    }
  }

  @Test(
    "execution traces and Kineto profiles of one run become one trace",
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func profiledTrace() throws {
    try withScratchFolder { folder in
      let outcome = try succeeding(
        "ingest", RealInputs.path("pytorch-et/param-dlrm-8ranks-et-1.0.1.tar.gz"),
        RealInputs.path("kineto/param-dlrm-8ranks-kineto.tar.gz"), "-o",
        folder.path("run.mixt"), "--format", "json")
      #expect(try outcome.sentences().contains("64 calls of 8 ranks got the times of the profiles"))
    }
  }

  @Test("a matrix between more ends than memory holds is refused with advice")
  func tooManyEnds() throws {
    try withScratchFolder { folder in
      let line = Self.line.replacingOccurrences(of: "\"rank\": 0", with: "\"rank\": 65535")
      try write((line + "\n").utf8, to: folder.path("rank.jsonl"))
      try write(
        "servers: 8192\ngpus_per_server: 8\nparallel: {expert: 8, data: 65536}\n".utf8,
        to: folder.path("layout.yaml"))
      let trace = folder.path("run.mixt")
      try succeeding(
        "ingest", folder.path("rank.jsonl"), "--layout", folder.path("layout.yaml"), "--model",
        "mixtral-8x7b", "-o", trace)
      for verb in [["export", trace, "matrix"], ["analyze", trace]] {
        let outcome = mixtrace(verb + ["--grain", "rank"])
        #expect(outcome.status == .failed && outcome.errors.contains("--grain server"), "\(verb)")
      }
    }
  }
}
