import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// What the command line says about captures that nobody here made.
@Suite(
  "Real captures through the command line",
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct RealCaptureTests {
  private static let oferby = RealInputs.path("roce/oferby-huawei-rc-send.pcap")

  /// The messages of a capture as `export` prints them, without its header.
  private func messages(of capture: String, in folder: URL) throws -> [[String]] {
    let trace = folder.path("run.mixt")
    try succeeding("ingest", capture, "-o", trace)
    return Array(try succeeding("export", trace, "messages").csv.dropFirst())
  }

  @Test("Huawei NICs: 123 packets in the ledger, 35 messages of known sizes")
  func huawei() throws {
    try withScratchFolder { folder in
      let trace = folder.path("run.mixt")
      let ingest = try succeeding("ingest", Self.oferby, "-o", trace, "--format", "json")
      let ledger = try ingest.rows("ledger")
      let count = { (outcome: String) in
        ledger.filter { $0["outcome"] as? String == outcome }
          .reduce(0) { $0 + ($1["count"] as? Int ?? 0) }
      }
      #expect(count("read") == 123)
      #expect(count("used") + count("skipped") + count("malformed") == 123)
      #expect(count("malformed") == 0)
      #expect(ledger.contains { $0["reason"] as? String == "RDMA acknowledgement" })

      let sends = try messages(of: Self.oferby, in: folder).filter { $0[3] == "send" }
      #expect(
        sends.compactMap { Int($0[6]) }.sorted() == [4, 141, 1497]
          + Array(repeating: 2048, count: 32))
      #expect(Set(sends.map { $0[2] }) == ["69", "72"])
      #expect(sends.allSatisfy { $0[7] == "0" && $0[9] == "0" })
    }
  }

  @Test("the same messages from a gzip, zstd, snapped and nanosecond copy")
  func copies() throws {
    try withScratchFolder { folder in
      let expected = try messages(of: Self.oferby, in: folder)
      let recipes: [(name: String, program: String, words: [String])] = [
        ("a.pcap.gz", "gzip", ["sh", "-c", "gzip -c \"$1\" > \"$2\"", "sh"]),
        ("b.pcap.zst", "zstd", ["sh", "-c", "zstd -qc \"$1\" > \"$2\"", "sh"]),
        ("c.pcap", "editcap", ["editcap", "-s", "64"]),
        ("d.pcap", "editcap", ["editcap", "-F", "nsecpcap"]),
      ]
      for recipe in recipes where Programs.exists(recipe.program) {
        let copy = folder.path(recipe.name)
        let made = try Programs.run(recipe.words + [Self.oferby, copy])
        try #require(made.status == 0, "\(recipe): \(made.errors)")
        #expect(try messages(of: copy, in: folder) == expected, "\(recipe.name)")
      }
    }
  }

  @Test("a filter leaves packets out and counts them")
  func filter() throws {
    try withScratchFolder { folder in
      let outcome = try succeeding(
        "ingest", Self.oferby, "-o", folder.path("run.mixt"), "--filter", "udp dst port 4791",
        "--format", "json")
      let ledger = try outcome.rows("ledger")
      let used = ledger.first { $0["outcome"] as? String == "used" }
      #expect(used?["count"] as? Int == 68)
      #expect(ledger.first?["count"] as? Int == 123)
    }
  }

  @Test("Soft-RoCE: 18 B written, 4096 B read in the responder's direction, no management")
  func softRoCE() throws {
    try withScratchFolder { folder in
      let capture = RealInputs.path("roce/montybeatnik-softroce-read-write.pcap")
      let messages = try messages(of: capture, in: folder)
      #expect(messages.map { $0[3] } == ["write", "read"])
      #expect(messages.map { $0[6] } == ["18", "4096"])
      // The requester of both is .5: a write goes from it, a read's bytes come to it.
      #expect(messages.map { $0[0] } == ["192.168.65.5", "192.168.65.4"])
      #expect(messages.map { $0[1] } == ["192.168.65.4", "192.168.65.5"])
    }
  }

  @Test("a capture without RDMA is said to hold none")
  func decoy() throws {
    try withScratchFolder { folder in
      let capture = RealInputs.path("roce/decoy-no-rdma-inside.pcap")
      let outcome = try succeeding("ingest", capture, "-o", folder.path("run.mixt"))
      #expect(outcome.output.contains("there is no RDMA in this capture"))
    }
  }

  @Test("Git LFS pointer: refused by its name, and nothing is written")
  func pointer() throws {
    try withScratchFolder { folder in
      let outcome = mixtrace(
        "ingest", RealInputs.path("routing/git-lfs-pointer-decoy.jsonl"), "-o",
        folder.path("run.mixt"))
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("Git LFS pointer"))
      #expect(outcome.errors.contains("git lfs pull"))
      #expect(outcome.output.isEmpty)
      let left = try folder.names()
      #expect(left.isEmpty)
    }
  }
}
