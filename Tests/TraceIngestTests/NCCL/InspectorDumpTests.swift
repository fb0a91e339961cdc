import Foundation
import Testing
import TraceIngest
import TraceModel

/// Records of format v4.3, whose header stands once for each dump, and records with times.
struct InspectorDumpTests {
  private func dump(
    rank: Int, collectives: Int, messages: Int = 0, proxies: Int? = nil, version: String = "v4.3"
  ) -> String {
    let proxies = proxies.map { ", \"proxy_records\": \($0)" } ?? ""
    return """
      {"header": {"id": "0xa", "comm_name": "world", "rank": \(rank), "n_ranks": 2}, "metadata": \
      {"inspector_output_format_version": "\(version)", "hostname": "h", "pid": \(100 + rank)}, \
      "dump_stats": {"coll_records": \(collectives), "coll_dropped_total": 0, \
      "p2p_records": \(messages), "p2p_dropped_total": 0\(proxies)}}
      """
  }

  private func bare(_ number: Int) -> String {
    """
    {"coll_perf": {"coll": "AllReduce", "coll_sn": \(number), "coll_msg_size_bytes": 1000, \
    "coll_exec_time_us": 10}}
    """
  }

  @Test func bareRecordsBelongToTheDumpThatCountsThem() throws {
    // Two dumps of each of two processes, all in one file.
    let text = [
      dump(rank: 0, collectives: 2, proxies: 1), bare(1), "{\"proxy_trace\": {\"steps\": []}}",
      bare(2), dump(rank: 1, collectives: 3), bare(1), bare(2), bare(3),
      dump(rank: 0, collectives: 1), bare(3),
    ].joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce, .allReduce, .allReduce])
    #expect(found.summary.layout?.rankCount == 2)
    #expect(found.rows.transfers.bytes == [Int64](repeating: 1_000, count: 6))
    #expect(found.skipped["a trace of NCCL's proxy: steps of transfers"] == 1)
    #expect(found.notes(about: "files of").isEmpty)
    #expect(found.malformed.isEmpty)
    #expect(found.summary.ledgers.allSatisfy { $0.truncation == nil })
    #expect(found.isBalanced)
  }

  private static let orphan =
    "a record without header that no dump before it counts: whose it is is not known"

  @Test func recordsThatNoDumpCountsAreNobodys() throws {
    let text = [
      bare(9), dump(rank: 0, collectives: 1), bare(1), bare(2),
      dump(rank: 0, collectives: 5, version: "v4.2"), bare(3),
    ].joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.rows.operations.count == 1)
    #expect(found.malformed == [Self.orphan: 3])
    #expect(found.isBalanced)
    // Nothing is carried into the next file.
    let files = try ingest(
      InspectorReader.self, ranks: [dump(rank: 0, collectives: 2) + "\n" + bare(1), bare(2)])
    #expect(files.rows.operations.count == 1)
    #expect(files.malformed == [Self.orphan: 1])
  }

  @Test func recordsThatADumpCountsAndThatAreNotThereAreALoss() throws {
    let text = [
      dump(rank: 0, collectives: 3), bare(1), dump(rank: 0, collectives: 2), bare(2),
    ].joined(separator: "\n")
    let found = try ingest(InspectorReader.self, ranks: [text])
    #expect(found.rows.operations.count == 2)
    #expect(
      found.summary.ledgers.compactMap(\.truncation) == [
        "3 records that its dumps count are not there"
      ])
  }

  /// A verbose record of an operation that ran 500 µs, with times of its parts behind.
  private func verbose(rank: Int, number: Int, start: Int64) -> String {
    inspectorLine("coll", "AllReduce", number: number, bytes: 1_000, rank: rank, size: 2)
      .replacingOccurrences(
        of: "\"coll_exec_time_us\"",
        with: """
          "event_trace_sn": {"coll_start_sn": 1, "coll_stop_sn": 2}, "event_trace_ts": \
          {"coll_start_ts": \(start), "coll_stop_ts": \(start + 500), "kernel_events": \
          [{"channel_id": 0, "kernel_start_ts": 5}]}, "coll_exec_time_us"
          """)
  }

  @Test func verboseRecordsHaveTimes() throws {
    let first: Int64 = 1_700_000_000_000_000
    let texts = (0..<2).map { rank in
      (0..<2).map { verbose(rank: rank, number: $0, start: first + Int64(1_000 * $0 + 7 * rank)) }
        .joined(separator: "\n")
    }
    let found = try ingest(InspectorReader.self, ranks: texts)
    #expect(
      found.rows.operations.rows.map(\.start) == [(first + 7) * 1_000, (first + 1_007) * 1_000])
    #expect(
      found.rows.operations.rows.map(\.end) == [(first + 507) * 1_000, (first + 1_507) * 1_000])
    #expect(found.summary.provenance["operations.start"]?.origin == .measured)
    #expect(found.notes(about: "no times").isEmpty)
    // One record without them: an order alone is left.
    let mixed = try ingest(
      InspectorReader.self,
      ranks: texts.map {
        $0 + "\n" + inspectorLine("coll", "AllReduce", number: 2, bytes: 8, rank: 0, size: 2)
      }.prefix(1) + texts.suffix(1))
    #expect(mixed.rows.operations.rows.allSatisfy { $0.start == Operation.unknownTime })
    #expect(mixed.summary.provenance["operations.start"]?.origin == .absent)
    #expect(mixed.notes(about: "of 1 of 5 operations").count == 1)
  }
}
