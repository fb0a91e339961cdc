import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct InspectorTests {
  private func line(
    _ kind: String, _ name: String, number: Int, bytes: Int64, rank: Int, size: Int = 3,
    peer: Int? = nil, id: String = "0xa", words: String = "world", process: Int? = nil
  ) -> String {
    let peer = peer.map { "\"p2p_peer\": \($0), " } ?? ""
    return """
      {"header": {"id": "\(id)", "comm_name": "\(words)", "rank": \(rank), "n_ranks": \(size)}, \
      "metadata": {"hostname": "h", "pid": \(process ?? 100 + rank), "dump_timestamp_us": 5}, \
      "\(kind)_perf": {"\(kind)": "\(name)", "\(kind)_sn": \(number), \(peer)\
      "\(kind)_msg_size_bytes": \(bytes), "\(kind)_exec_time_us": 56.5}}
      """
  }

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
          line("p2p", "Send", number: number * 2, bytes: bytes(rank, peer), rank: rank, peer: peer))
        lines.append(
          line(
            "p2p", "Recv", number: number * 2 + 1, bytes: bytes(peer, rank), rank: rank,
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

  @Test func jumpsOfSequenceNumbersAreLosses() throws {
    let whole = log(rank: 0).split(separator: "\n")
    let text = whole.enumerated().filter { $0.offset != 4 && $0.offset != 5 }
      .map { String($0.element) }.joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.notes(about: "2 sequence numbers are missing").count == 1)
  }

  @Test func sizesOfCollectivesAreThoseOfThePlugin() throws {
    let texts = (0..<2).map { rank in
      [
        line("coll", "AllReduce", number: 1, bytes: 1_000, rank: rank, size: 2),
        line("coll", "ReduceScatter", number: 2, bytes: 1_000, rank: rank, size: 2),
        line("coll", "AllGather", number: 3, bytes: 1_000, rank: rank, size: 2),
      ].joined(separator: "\n")
    }
    let found = try ingest(InspectorReader.self, ranks: texts)
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce, .reduceScatter, .allGather])
    #expect(found.rows.transfers.bytes == [Int64](repeating: 1_000, count: 6))
  }

  @Test func ranksOfSmallCommunicatorsBecomeThoseOfTheJob() throws {
    let texts = (0..<3).map { rank in
      line("coll", "Broadcast", number: 1, bytes: 8, rank: rank)
        + (rank > 0
          ? "\n"
            + line(
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
    let good = line("coll", "AllReduce", number: 1, bytes: 8, rank: 0, size: 2)
    let text = [
      "noise", good, "{\"header\": {", "{\"header\": 5, \"coll_perf\": {}}",
      line("coll", "AllDance", number: 2, bytes: 8, rank: 0, size: 2),
      line("coll", "AllReduce", number: 3, bytes: 8, rank: 7, size: 2),
      line("coll", "AllReduce", number: 4, bytes: -8, rank: 0, size: 2),
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
    #expect(found.summary.layout?.rankCount == 8)
  }
}
