import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// The token matrix that MixNet's simulator ships, on eight servers with six optical NICs of eight.
@Suite(
  "A measured token matrix through the command line",
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct RealMatrixTests {
  /// 400 Gb/s: bytes, here tokens, that one NIC carries in a nanosecond.
  private static let nicBytesPerNanosecond = 50.0

  private func replay(in folder: URL, _ options: String...) throws -> CommandOutcome {
    let layout = folder.path("layout.yaml")
    try write(
      "servers: 8\ngpus_per_server: 1\nnics_per_server: 8\nparallel: {expert: 8}\n".utf8,
      to: layout)
    let trace = folder.path("matrix.mixt")
    try succeeding(
      "ingest", RealInputs.path("mixnet/mixnet_tokens_8x8_measured.txt"), "--layout", layout, "-o",
      trace)
    return try succeeding(
      ["replay", trace, "--tokens-as-bytes", "--alpha", "6", "--format", "json"] + options)
  }

  /// Tokens per unit rate of one NIC that a row's time stands for.
  private func tokens(_ key: String, of row: [String: Any]) throws -> Double {
    let nanoseconds = try #require(row[key] as? Double, "no \(key) in \(row)")
    return nanoseconds * Self.nicBytesPerNanosecond
  }

  @Test(
    "completion by sharing mode, in tokens per unit rate of one NIC",
    arguments: [("split-optimal", 8486.6), ("split-fair", 11_085.7), ("exclusive", 10_897.0)])
  func completion(sharing: String, expected: Double) throws {
    try withScratchFolder { folder in
      let rows = try replay(
        in: folder, "--fabric", "mixnet", "--delay", "instant", "--sharing", sharing,
        "--phase", "dispatch-forward"
      ).rows("fabrics")
      let row = try #require(rows.first)
      #expect(row["sharing"] as? String == sharing)
      #expect(abs(try tokens("completion_ns", of: row) - expected) < 0.1)
      #expect(abs(try tokens("bound_ns", of: row) - 8486.6) < 0.1)
      let share = try #require(row["of_bound_share"] as? Double)
      #expect(abs(share - 8486.6 / expected) < 1e-4)
    }
  }

  @Test("four phases without a barrier between them overlap, and stay above their bound")
  func readiness() throws {
    try withScratchFolder { folder in
      let row = try #require(
        try replay(in: folder, "--fabric", "mixnet", "--delay", "instant").rows("fabrics").first)
      let time = try tokens("completion_ns", of: row)
      // Bytes of the next phase share the circuits with the last ones of the phase before.
      #expect(time > 4 * 10_897 && time < 5 * 10_897)
      #expect(try tokens("bound_ns", of: row) <= time)
    }
  }

  @Test("topology value 0.2 %, reconfiguration value not measurable")
  func values() throws {
    try withScratchFolder { folder in
      let said = try replay(in: folder).sentences()
      #expect(said.contains("win 0.2 % over a fixed circulant"))
      #expect(said.contains("Reconfiguration value: "))
      #expect(said.contains("not measurable: a single distinct demand matrix"))
    }
  }

  @Test(
    "greedy places 24 circuits, the printed algorithm 6",
    arguments: [("mixnet", 24.0), ("mixnet-literal", 6.0)])
  func circuits(fabric: String, count: Double) throws {
    try withScratchFolder { folder in
      // This preset's delay is 41.1 ms and 0.35 ms for each circuit that is set up: it counts them.
      let phases = try replay(
        in: folder, "--fabric", fabric, "--delay", "mixnet-prototype", "--phases"
      ).rows("phases").filter { $0["fabric"] as? String == fabric }
      #expect(phases.count == 4)
      let delay = try #require(phases.first?["exposed_ns"] as? Double)
      #expect(abs((delay - 41.1e6) / 0.35e6 - count) < 0.01)
    }
  }

  @Test(
    "no scheduler beats the NIC bound of the matrix, and the greedy with the best split reaches it")
  func schedulers() throws {
    try withScratchFolder { folder in
      _ = try replay(in: folder)
      let rows = try succeeding(
        "circuits", folder.path("matrix.mixt"), "--tokens-as-bytes", "--alpha", "6", "--delay",
        "instant", "--sharing", "split-optimal", "--phase", "dispatch-forward", "--format", "json"
      ).rows("schedulers")
      #expect(rows.count > 25)
      for row in rows {
        let name = try #require(row["scheduler"] as? String)
        let time = try tokens("completion_ns", of: row)
        #expect(time > 8486.5, "\(name)")
        #expect(try tokens("bound_ns", of: row) <= time + 0.1, "\(name)")
        if name == "mixnet-continue" { #expect(abs(time - 8486.6) < 0.1) }
        if name == "circulant" { #expect(abs(time - 8504.6) < 0.1) }
      }
    }
  }

  @Test("tokens are not bytes: without a model or a word from the user there is no replay")
  func tokensAreNotBytes() throws {
    try withScratchFolder { folder in
      _ = try replay(in: folder, "--fabric", "ideal")
      let outcome = mixtrace("replay", folder.path("matrix.mixt"))
      #expect(outcome.status == .failed)
      #expect(outcome.errors.contains("no model says how many bytes a token has"))
      #expect(outcome.output.isEmpty)
    }
  }

  @Test("times of tokens that count as bytes are said to be no durations")
  func tokensWithoutSize() throws {
    try withScratchFolder { folder in
      let words = try replay(in: folder, "--fabric", "fat-tree").sentences()
      #expect(words.contains("Each token copy counts as one byte (--tokens-as-bytes)"))
    }
  }

  /// Whatever is fastest: the values are those of a region that holds the whole expert group.
  @Test("regions value topology where there is one to choose, and say where there is none")
  func valuesOfRegions() throws {
    try withScratchFolder { folder in
      let trace = folder.path("matrix.mixt")
      try succeeding(
        "ingest", RealInputs.path("mixnet/mixnet_tokens_8x8_measured.txt"), "--model",
        "mixtral-8x7b", "-o", trace)
      let words = try succeeding("regions", trace, "--format", "json").sentences()
      #expect(
        words.contains(
          "On regions of 8 servers, contiguous, 6 optical NICs, mems-3d: Circuits shaped to this demand win 0.2 % over a fixed circulant"
        ))
      #expect(words.contains("Reconfiguration value: not measurable: a single distinct demand"))
      #expect(words.contains("Optics do not pay in money"))
      let pairs = try succeeding(
        "regions", trace, "--region-sizes", "2,64", "--technologies", "silicon-photonics",
        "--format", "json")
      #expect(try pairs.sentences().contains("regions of two servers have one topology only"))
      let remarks = try #require(try pairs.json()["remarks"] as? [String])
      #expect(remarks.contains("Left out: a region of 64 servers: there are 8."))
      #expect(
        remarks.contains { $0.hasPrefix("No price of a port is published for silicon-photonics:") })
      let none = try succeeding("regions", trace, "--region-sizes", "64", "--format", "json")
      #expect(
        try none.sentences().contains(
          "Whether optics pay is not known: no network with circuits could be tried (a region of 64 servers: "
            + "there are 8)"))
    }
  }
}
