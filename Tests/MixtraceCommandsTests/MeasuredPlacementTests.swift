import Foundation
import MixtraceCommands
import TestSupport
import Testing

/// Where the experts of the token matrix that MixNet's simulator ships should be: eight on eight servers.
@Suite(
  "Placing the experts of a measured matrix",
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct MeasuredPlacementTests {
  private func placed(in folder: URL, _ options: String...) throws -> CommandOutcome {
    let (layout, trace) = (folder.path("layout.yaml"), folder.path("matrix.mixt"))
    try write("servers: 8\ngpus_per_server: 1\nparallel: {expert: 8}\n".utf8, to: layout)
    try succeeding(
      "ingest", RealInputs.path("mixnet/mixnet_tokens_8x8_measured.txt"), "--layout", layout, "-o",
      trace)
    return try succeeding(["place", trace, "--format", "json"] + options)
  }

  private func numbers(_ outcome: CommandOutcome, _ key: String) throws -> [Double] {
    try outcome.rows("placements").map { row in
      try #require(row[key] as? Double ?? (row[key] as? Int).map(Double.init), "\(key) in \(row)")
    }
  }

  @Test("moving wins 1.6 % of the busiest port, replicas up to 2.37 of the busiest rank")
  func movesAndReplicas() throws {
    try withScratchFolder { folder in
      let outcome = try placed(in: folder, "--tokens-as-bytes")
      let copies = try numbers(outcome, "busiest_port_copies")
      #expect(copies[0] == 67_893 && copies[1] == 66_806 && copies[2] < 26_000, "\(copies)")
      // One byte for each of four phases.
      #expect(try numbers(outcome, "busiest_port_bytes") == copies.map { $0 * 4 })
      let wins = try numbers(outcome, "largest_win_ratio")
      #expect(wins[1] == 1 && abs(wins[2] - 77_703.0 / 32_768) < 1e-9, "\(wins)")
      let ranks = try numbers(outcome, "busiest_rank_assignments")
      #expect(ranks[0] == 77_703 && ranks[1] == 77_703 && ranks[2] < 77_703)
      let said = try outcome.sentences()
      for words in [
        "There is one iteration, so none can be held out",
        "passes 67,893 copies of tokens in contiguous blocks, 66,806 (1.60 % less, the best of every "
          + "order) re-placed",
        "moving experts can win nothing of it", "replicas in these slots at most 2.37",
        "Replicas cost, as long as they are kept, 16 bytes of memory for each of their parameters",
        "4 bytes sent in each iteration to sum its gradient",
      ] {
        #expect(said.contains(words), "\(words) in \(said)")
      }
      let slots = try outcome.rows("slots").filter { $0["placement"] as? String == "re-placed" }
      #expect(slots.count == 8 && slots.allSatisfy { $0["layer"] is NSNull })
    }
  }

  @Test("with a model the same tokens have bytes, and replicas a price")
  func model() throws {
    try withScratchFolder { folder in
      let outcome = try placed(in: folder, "--model", "mixtral-8x7b")
      #expect(try numbers(outcome, "busiest_port_copies").prefix(2) == [67_893, 66_806])
      // 4096 elements of two bytes in each of four phases.
      let bytesPerToken = 4.0 * 8_192
      let bytes = try numbers(outcome, "busiest_port_bytes")
      #expect(bytes[0] == 67_893 * bytesPerToken && bytes[1] == 66_806 * bytesPerToken)
      let parameters = 3.0 * 4_096 * 14_336
      let memory = try numbers(outcome, "replica_memory_bytes")[2]
      #expect(memory == 8 * parameters * 16)
      let gradients = try numbers(outcome, "gradient_bytes")[2]
      #expect(gradients == 8 * parameters * 4)
      let said = try outcome.sentences()
      #expect(
        said.contains(
          "22.5 GB of memory on all ranks for 8 more experts (16 bytes per parameter: 2 of weight, 2 of "
            + "gradient, 12 of optimizer state), and 5.64 GB sent in each iteration to sum their gradients"
        ),
        "\(said)")
    }
  }
}
