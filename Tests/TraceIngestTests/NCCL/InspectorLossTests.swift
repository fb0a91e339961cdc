import Testing
import TraceIngest
import TraceModel

/// Records that stand twice, that are lacking, or that say what cannot be.
@Suite struct InspectorLossTests {
  @Test func aLogThatIsReadUnderTwoNamesCountsOnce() throws {
    let text = [
      inspectorLine("coll", "AllReduce", number: 1, bytes: 9_000, rank: 0, size: 1),
      inspectorLine("coll", "AllGather", number: 1, bytes: 9_000, rank: 0, size: 1),
      inspectorLine("p2p", "Send", number: 1, bytes: 9_000, rank: 0, size: 1, peer: 0),
      inspectorLine("p2p", "Recv", number: 2, bytes: 9_000, rank: 0, size: 1, peer: 0),
    ].joined(separator: "\n")
    let once = try ingest(InspectorReader.self, ranks: [text])
    let twice = try ingest(
      InspectorReader.self, ranks: [text, text], named: ["h-pid7.log", "copy.log"])
    #expect(twice.rows.operations == once.rows.operations)
    #expect(twice.rows.transfers == once.rows.transfers)
    let again = twice.skipped.filter { $0.key.contains("read before") }
    #expect(again.values.reduce(0, +) == 4)
    #expect(twice.isBalanced)
  }

  @Test func absurdNumbersOfBadRecordsAreNotMissing() throws {
    let text = [
      inspectorLine("p2p", "Send", number: 1, bytes: 9_000, rank: 0, size: 2, peer: 1),
      inspectorLine("p2p", "Send", number: 4_000_000_000, bytes: -1, rank: 0, size: 2, peer: 1),
      inspectorLine("coll", "AllReduce", number: 7, bytes: 9_000, rank: 0, size: 2),
      inspectorLine("coll", "AllReduce", number: 4_000_000_000, bytes: -1, rank: 0, size: 2),
      inspectorLine("coll", "AllReduce", number: -4_000_000_000, bytes: -1, rank: 0, size: 2),
    ].joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.notes(about: "sequence numbers").isEmpty)
    #expect(found.malformed["the size is no number of bytes"] == 3)
    #expect(found.isBalanced)
  }

  @Test(arguments: [false, true]) func allToAllsAreSpokenOfWhereThereAreAny(isExchange: Bool) throws
  {
    // In a ring of four, two steps on is no neighbour.
    let text = inspectorLine(
      "p2p", "Send", number: 1, bytes: 9_000, rank: 0, size: 4, peer: isExchange ? 2 : 1)
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.notes(about: "were taken for all-to-alls").count == (isExchange ? 1 : 0))
    #expect(found.notes(about: "shares of experts").count == (isExchange ? 1 : 0))
    #expect(found.notes(about: "under 8,192 bytes").count == 1)
  }

  /// Bytes from one rank to another in a round.
  private func bytes(_ round: Int, _ source: Int, _ destination: Int) -> Int64 {
    Int64(10_000 + 1_000 * round + 100 * source + destination)
  }

  /// Three all-to-alls of three ranks; each sends to the next rank first and to itself last.
  private func log(rank: Int, isRecorded: (_ round: Int, _ source: Int, _ destination: Int) -> Bool)
    -> String
  {
    var lines: [String] = []
    for round in 0..<3 {
      for step in 1...3 {
        let peer = (rank + step) % 3
        if isRecorded(round, rank, peer) {
          lines.append(
            inspectorLine(
              "p2p", "Send", number: lines.count + 1, bytes: bytes(round, rank, peer), rank: rank,
              peer: peer))
        }
        if isRecorded(round, peer, rank) {
          lines.append(
            inspectorLine(
              "p2p", "Recv", number: lines.count + 1, bytes: bytes(round, peer, rank), rank: rank,
              peer: peer))
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  @Test func aShareStaysInItsRoundWhenTheOneBeforeWasTooSmall() throws {
    // Of the second round neither rank 0 nor rank 1 recorded what goes from one to the other.
    let isRecorded = { (round: Int, source: Int, destination: Int) in
      (round, source, destination) != (1, 0, 1)
    }
    let texts = (0..<3).map { log(rank: $0, isRecorded: isRecorded) }
    let found = try ingest(InspectorReader.self, ranks: texts)
    let rows = found.rows.operations.rows
    #expect(rows.count == 3)
    for (round, row) in rows.enumerated() {
      let expected = (0..<3).map { source in
        (0..<3).map { isRecorded(round, source, $0) ? bytes(round, source, $0) : 0 }
      }
      #expect(found.matrix(of: row, size: 3) == expected)
    }
  }
}
