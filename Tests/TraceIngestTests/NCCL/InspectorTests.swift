import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct InspectorTests {
  private func bytes(_ source: Int, _ destination: Int) -> Int64 {
    Int64(10_000 + 100 * source + destination) << 20
  }

  /// Two all-to-alls of three ranks, as messages.
  private func log(rank: Int, rounds: Int = 2) -> String {
    var lines: [String] = []
    for round in 0..<rounds {
      for peer in 0..<3 {
        let number = round * 3 + peer
        lines.append(
          inspectorLine(
            "p2p", "Send", number: number * 2 + 1, bytes: bytes(rank, peer), rank: rank, peer: peer)
        )
        lines.append(
          inspectorLine(
            "p2p", "Recv", number: number * 2 + 2, bytes: bytes(peer, rank), rank: rank,
            peer: peer))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test func roundsOfMessagesAreAllToAlls() throws {
    let found = try ingest(InspectorReader.self, ranks: (0..<3).map { log(rank: $0) })
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allToAll, .allToAll])
    for row in rows {
      #expect(
        found.matrix(of: row, size: 3)
          == (0..<3).map { source in
            (0..<3).map { bytes(source, $0) }
          })
    }
    #expect(found.notes(about: "disagree").isEmpty)
    #expect(found.notes(about: "sequence numbers are missing").isEmpty)
    #expect(found.isBalanced)
  }

  /// The log of a rank without some of its records.
  private func log(rank: Int, without lost: Set<Int>) -> String {
    log(rank: rank).split(separator: "\n").enumerated().filter { !lost.contains($0.offset) }
      .map { String($0.element) }.joined(separator: "\n")
  }

  @Test(arguments: [[4, 5], [0, 1]]) func aLogWithLossesHasNoRounds(lost: Set<Int>) throws {
    let found = try ingest(
      InspectorReader.self, ranks: [log(rank: 0, without: lost), log(rank: 1), log(rank: 2)])
    #expect(found.notes(about: "2 sequence numbers of messages are missing").count == 1)
    #expect(found.rows.operations.rows.map(\.kind) == [.allToAll, .allToAll])
    // What the other two recorded of their own is whole; rank 0's share for itself is not known.
    let matrix = found.matrix(of: found.rows.operations.rows[0], size: 3)
    #expect(matrix[0] == [0, bytes(0, 1), bytes(0, 2)])
    #expect(matrix[1] == [bytes(1, 0), bytes(1, 1), bytes(1, 2)])
    let left = found.skipped.filter { $0.key.contains("without gaps") }
    #expect(left.values.reduce(0, +) == 10)
    #expect(found.isBalanced)
  }

  @Test func aMessageThatIsTooSmallToBeRecordedIsNotTakenForNothing() throws {
    // Rank 0 has no record of what it sends to rank 2, and numbers none; rank 2 has it.
    let numbers = [1, 2, 3, 4, 6].enumerated()
    let texts = (0..<3).map { rank in
      guard rank == 0 else { return log(rank: rank, rounds: 1) }
      let lines = log(rank: 0, rounds: 1).split(separator: "\n").map(String.init)
      return numbers.map { offset, number in
        lines[number - 1].replacingOccurrences(
          of: "\"p2p_sn\": \(number),", with: "\"p2p_sn\": \(offset + 1),")
      }.joined(separator: "\n")
    }
    let found = try ingest(InspectorReader.self, ranks: texts)
    let matrix = found.matrix(of: try #require(found.rows.operations.rows.first), size: 3)
    #expect(matrix[0] == [bytes(0, 0), bytes(0, 1), bytes(0, 2)])
    #expect(found.notes(about: "disagree").isEmpty)
  }

  @Test func pipelinesInBothDirectionsAreCountedOnce() throws {
    // Four stages: each sends 9,000 bytes on and 9,100 bytes back.
    let texts = (0..<4).map { rank in
      var lines: [String] = []
      let add = { (name: String, peer: Int, bytes: Int64) in
        guard (0..<4).contains(peer) else { return }
        lines.append(
          inspectorLine(
            "p2p", name, number: lines.count + 1, bytes: bytes, rank: rank, size: 4, peer: peer))
      }
      add("Recv", rank - 1, 9_000)
      add("Send", rank + 1, 9_000)
      add("Recv", rank + 1, 9_100)
      add("Send", rank - 1, 9_100)
      return lines.joined(separator: "\n")
    }
    let found = try ingest(InspectorReader.self, ranks: texts)
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [OperationKind](repeating: .sendReceive, count: 6))
    #expect(found.rows.transfers.bytes.sorted() == [9_000, 9_000, 9_000, 9_100, 9_100, 9_100])
  }

  @Test func oneProcessMayDriveManyGPUs() throws {
    let text = (0..<3).map { rank in
      inspectorLine("coll", "AllReduce", number: 1, bytes: 3_000, rank: rank, process: 7)
    }.joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce])
    #expect(found.rows.transfers.bytes == [4_000, 4_000, 4_000])
    #expect(found.summary.layout?.rankCount == 3)
    #expect(found.notes(about: "processes with several GPUs").count == 1)
    #expect(found.isBalanced)
  }

  @Test func aGroupOfSomeGPUsOfOneProcessIsLeftOut() throws {
    let world = (0..<3).map { rank in
      inspectorLine("coll", "AllReduce", number: 1, bytes: 3_000, rank: rank, process: 7)
    }
    let pair = (0..<2).map { rank in
      inspectorLine(
        "coll", "AllReduce", number: 1, bytes: 10, rank: rank, size: 2, id: "0xb", process: 7)
    }
    let found = try ingest(
      InspectorReader.self, ranks: [(world + pair).joined(separator: "\n")])
    #expect(found.rows.operations.count == 1)
    #expect(found.skipped["the rank of the file is not known"] == 2)
    #expect(found.summary.layout?.rankCount == 3)
    #expect(found.isBalanced)
  }

  @Test func communicatorsOfDifferentRanksNumberThemOneAfterTheOther() throws {
    let texts = (0..<4).map { rank in
      inspectorLine(
        "coll", "AllReduce", number: 1, bytes: 1_000, rank: rank % 2, size: 2,
        id: rank < 2 ? "0xa" : "0xb", process: 100 + rank)
    }
    let found = try ingest(InspectorReader.self, ranks: texts)
    let rows = found.rows.operations.rows
    #expect(rows.count == 2)
    #expect(found.summary.layout?.rankCount == 4)
    #expect(found.rows.transfers.source == [0, 1, 2, 3])
    #expect(found.rows.transfers.destination == [1, 0, 3, 2])
    #expect(found.notes(about: "numbered by 2 communicators").count == 1)
  }

  @Test func aProcessesNumberIsNoRank() throws {
    // Rank 2 of the job recorded only its pair with rank 1.
    let texts = [
      inspectorLine("coll", "AllReduce", number: 1, bytes: 9, rank: 0),
      inspectorLine("coll", "AllReduce", number: 1, bytes: 9, rank: 1) + "\n"
        + inspectorLine(
          "coll", "AllReduce", number: 1, bytes: 9, rank: 0, size: 2, id: "0xb", process: 101),
      inspectorLine(
        "coll", "AllReduce", number: 1, bytes: 9, rank: 1, size: 2, id: "0xb", process: 2),
    ]
    let found = try ingest(InspectorReader.self, ranks: texts)
    #expect(found.rows.operations.count == 1)
    #expect(found.skipped["the rank of the file is not known"] == 1)
    #expect(found.summary.layout?.rankCount == 3)
    #expect(found.isBalanced)
  }

  @Test func numbersOfCollectivesCountByFunction() throws {
    let text = [
      inspectorLine("coll", "AllReduce", number: 4, bytes: 9_000, rank: 0),
      inspectorLine("coll", "AllGather", number: 9, bytes: 9_000, rank: 0),
      inspectorLine("coll", "AllReduce", number: 5, bytes: 9_000, rank: 0),
      inspectorLine("coll", "AllReduce", number: 6, bytes: -1, rank: 0),
      inspectorLine("coll", "AllDance", number: 7, bytes: 9_000, rank: 0),
      inspectorLine("coll", "AllReduce", number: 7, bytes: 9_000, rank: 0),
    ]
    let whole = try ingest(InspectorReader.self, ranks: [text.joined(separator: "\n")])
    #expect(whole.notes(about: "sequence numbers").isEmpty)
    let holes = try ingest(
      InspectorReader.self, ranks: [(text.prefix(1) + text.suffix(1)).joined(separator: "\n")])
    #expect(holes.notes(about: "2 sequence numbers of collectives are not recorded").count == 1)
    #expect(holes.notes(about: "lost the oldest").isEmpty)
  }

  @Test func theInspectorsOwnCountsAreReadAndNoRecords() throws {
    let counts = { (dropped: Int) in
      """
      {"header": {"id": "0xa", "comm_name": "world", "rank": 0, "n_ranks": 2}, "metadata": \
      {"hostname": "h", "pid": 100}, "dump_stats": {"coll_records": 1, "coll_dropped_total": 0, \
      "coll_dropped_since_last_dump": 0, "p2p_records": 0, "p2p_dropped_total": \(dropped), \
      "p2p_dropped_since_last_dump": 5}}
      """
    }
    let good = inspectorLine("coll", "AllReduce", number: 1, bytes: 8, rank: 0, size: 2)
    let found = try ingest(
      InspectorReader.self, ranks: [[counts(5), good, counts(12)].joined(separator: "\n")])
    #expect(found.rows.operations.count == 1)
    #expect(found.skipped["the Inspector's count of its own records"] == 2)
    #expect(found.notes(about: "it dropped 12 records").count == 1)
    #expect(found.malformed.isEmpty)
    #expect(found.isBalanced)
  }

  @Test func recordsThatContradictEachOtherAreRejected() throws {
    // The second says that the communicator is larger, and its rank is outside the first.
    let text = [
      inspectorLine("coll", "AllReduce", number: 1, bytes: 8, rank: 0, size: 2),
      inspectorLine("coll", "AllReduce", number: 2, bytes: 8, rank: 5, size: 6, process: 100),
      inspectorLine(
        "p2p", "Send", number: 1, bytes: 9_000, rank: 0, size: 6, peer: 5, process: 101),
    ].joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.rows.operations.count == 1)
    #expect(
      found.malformed == [
        "the number of ranks is not that of the communicator's first record": 2
      ])
    #expect(found.isBalanced)
  }

  @Test func absurdPeersOfCollectivesAreNothing() throws {
    let text = inspectorLine(
      "coll", "AllReduce", number: 1, bytes: 8, rank: 0, size: 2, peer: 1 << 40)
    #expect(try ingest(InspectorReader.self, ranks: [text]).rows.operations.count == 1)
  }

  @Test func aListOfRecordsHasABalanceToo() throws {
    let good = inspectorLine("coll", "AllReduce", number: 1, bytes: 8, rank: 0, size: 2)
    let found = try ingest(InspectorReader.self, ranks: ["[5, \(good), [], \"x\"]"])
    #expect(found.rows.operations.count == 1)
    #expect(found.malformed.values.reduce(0, +) == 3)
    #expect(found.isBalanced)
  }

  @Test func sizesOfCollectivesAreThoseOfThePlugin() throws {
    let texts = (0..<2).map { rank in
      [
        inspectorLine("coll", "AllReduce", number: 1, bytes: 1_000, rank: rank, size: 2),
        inspectorLine("coll", "ReduceScatter", number: 2, bytes: 1_000, rank: rank, size: 2),
        inspectorLine("coll", "AllGather", number: 3, bytes: 1_000, rank: rank, size: 2),
      ].joined(separator: "\n")
    }
    let found = try ingest(InspectorReader.self, ranks: texts)
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce, .reduceScatter, .allGather])
    #expect(found.rows.transfers.bytes == [Int64](repeating: 1_000, count: 6))
  }

  @Test func ranksOfSmallCommunicatorsBecomeThoseOfTheJob() throws {
    let texts = (0..<3).map { rank in
      inspectorLine("coll", "Broadcast", number: 1, bytes: 8, rank: rank)
        + (rank > 0
          ? "\n"
            + inspectorLine(
              "p2p", rank == 1 ? "Send" : "Recv", number: 1, bytes: 9_000, rank: 2 - rank, size: 2,
              peer: rank - 1, id: "0xb", words: "PIPELINE", process: 100 + rank) : "")
    }
    // Rank 1 is rank 1 of the pair and sends to its rank 0, which is rank 2 of the job.
    let found = try ingest(InspectorReader.self, ranks: texts)
    let message = try #require(found.rows.operations.rows.first { $0.kind == .sendReceive })
    #expect(message.role == .pipeline)
    #expect(found.matrix(of: message, size: 3)[1] == [0, 0, 9_000])
  }

  @Test func badRecordsAreCountedAndTheNextOnesAreRead() throws {
    let good = inspectorLine("coll", "AllReduce", number: 1, bytes: 8, rank: 0, size: 2)
    let text = [
      "noise", good, "{\"header\": {", "{\"header\": 5, \"coll_perf\": {}}",
      inspectorLine("coll", "AllDance", number: 2, bytes: 8, rank: 0, size: 2),
      inspectorLine("coll", "AllReduce", number: 3, bytes: 8, rank: 7, size: 2),
      inspectorLine("coll", "AllReduce", number: 4, bytes: -8, rank: 0, size: 2),
      good.replacingOccurrences(of: "\"coll_sn\": 1", with: "\"coll_sn\": 5"),
    ].joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.rows.operations.count == 2)
    #expect(found.skipped["a collective that is not known here"] == 1)
    let records = try #require(found.summary.ledgers.first { $0.unit == "records" })
    #expect(records.used == 2)
    #expect(records.malformedCount >= 4)
    #expect(found.isBalanced)
    let cut = try ingest(InspectorReader.self, ranks: [good + "\n" + String(good.prefix(80))])
    #expect(cut.rows.operations.count == 1)
    #expect(cut.summary.ledgers.contains { $0.truncation?.contains("ends too soon") == true })
  }

  @Test func anAllToAllOfTheLibraryIsEven() throws {
    let texts = (0..<3).map { rank in
      inspectorLine("coll", "AlltoAll", number: 1, bytes: 9_000, rank: rank)
    }
    let found = try ingest(InspectorReader.self, ranks: texts)
    let row = try #require(found.rows.operations.rows.first)
    #expect(row.kind == .allToAll)
    #expect(
      found.matrix(of: row, size: 3)
        == [[Int64]](repeating: [9_000, 9_000, 9_000], count: 3))
  }

  @Test func onlyWhatIsEqualIsTakenForACopy() throws {
    let good = inspectorLine("coll", "AllReduce", number: 1, bytes: 8, rank: 0, size: 2)
    let other = inspectorLine("coll", "AllReduce", number: 1, bytes: 9, rank: 0, size: 2)
    let found = try ingest(
      InspectorReader.self, ranks: [[good, good, other, good].joined(separator: "\n")])
    #expect(found.rows.operations.count == 1)
    #expect(
      found.skipped["a record that was read before, perhaps in a copy of the log"] == 2)
    #expect(found.skipped.filter { $0.key.contains("other bytes") }.values.first == 1)
    #expect(found.isBalanced)
  }

  @Test func communicatorsThatClaimManyRanksTakeNoListOfThemEach() throws {
    // One rank of each of 2,000 communicators over 131,072 ranks: 0.5 MiB for a list of each.
    let text = (0..<2_000).map { number in
      inspectorLine(
        "coll", "Broadcast", number: 1, bytes: 8, rank: number == 0 ? 0 : 1, size: 1 << 17,
        id: "0x\(number)", process: 100)
    }
    let clock = ContinuousClock()
    let log = text.joined(separator: "\n")
    var found: IngestedFiles?
    let time = try clock.measure { found = try ingest(InspectorReader.self, ranks: [log]) }
    #expect(found?.isBalanced == true)
    #expect(found?.skipped["of a process group whose members are not recorded"] == 1_999)
    #expect(time < .seconds(60))
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func thePluginsOwnExamplesAreRead() throws {
    let path = RealInputs.path("nccl/nvidia-readme-examples.json.txt")
    #expect(try TraceReaderCatalogue.identify(path) == InspectorReader.self)
    let found = try IngestedFiles(InspectorReader.self, paths: [path])
    #expect(
      found.rows.operations.rows.map(\.kind).sorted { $0.rawValue < $1.rawValue } == [
        .allReduce, .reduceScatter,
      ])
    // 2 · 7/8 of 16 GiB; and 7/8 of 8 · 2 GiB, by the plugin's own 418 GB/s in 41,057 µs.
    let largest = found.rows.transfers.bytes
    #expect(Set(largest) == [30_064_771_072, 15_032_385_536])
    // The two examples are of two jobs: neither is in the other's communicator.
    #expect(found.summary.layout?.rankCount == 16)
    #expect(found.notes(about: "numbered by 2 communicators").count == 1)
  }
}
