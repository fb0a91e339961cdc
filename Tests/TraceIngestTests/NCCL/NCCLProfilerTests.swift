import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct NCCLProfilerTests {
  private static let hash: UInt64 = 12_715_772_615_376_301_750

  private func event(
    _ name: String, _ category: String, _ phase: String, time: String = "0.000000",
    process: Int = 7, arguments: String? = nil
  ) -> String {
    "{\"name\": \"\(name)\", \"cat\": \"\(category)\", \"ph\": \"\(phase)\", \"id\": 0, "
      + "\"pid\": \(process), \"tid\": 1, \"ts\": \(time)"
      + (arguments.map { ", \"args\": {\($0)}" } ?? "") + "},"
  }

  /// A message with what stands inside it.
  private func message(
    _ name: String, rank: Int, peer: Int, count: Int, type: String = "\"ncclFloat32\"",
    time: String = "0.000000", inside: [String] = [], hash: UInt64 = hash, process: Int = 7
  ) -> [String] {
    let arguments =
      "\"CommHash\": \(hash), \"Rank\": \(rank), \"Peer\": \(peer), \"Count\": \(count), "
      + "\"Datatype\": \(type), \"nChannels\": 16"
    return [event(name, "P2P", "b", time: time, process: process, arguments: arguments)] + inside
      + [event(name, "P2P", "e", time: time, process: process)]
  }

  private func dump(_ events: [[String]]) -> String {
    "[\n" + events.joined().joined(separator: "\n") + "\n{}]\n"
  }

  private func kernel(time: String, start: Int = 0, stop: Int = 0) -> [String] {
    [
      event(
        "KernelCh", "GPU", "b", time: time,
        arguments: "\"Channel\": 1, \"StartGpuClk\": \(start), \"StopGpuClk\": \(stop)"),
      event("KernelCh", "GPU", "e"),
    ]
  }

  @Test(arguments: ["ncclFloat32", "\"ncclFloat32\""])
  func typesAndAddressesNeedNoQuotes(type: String) throws {
    let stream = type.hasPrefix("\"") ? "\"0x4142e90\"" : "0x4142e90"
    let text = dump([
      [event("Group API", "GROUP_API", "b", arguments: "\"groupApiId\": 0, \"groupDepth\":2")],
      [
        event(
          "Send", "P2P_API", "b",
          arguments: "\"count\": 9, \"datatype\": \(type), \"Stream\": \(stream)")
      ],
      message("Send", rank: 0, peer: 1, count: 10, type: type),
      message("Recv", rank: 1, peer: 0, count: 10, type: type),
    ])
    let found = try ingest(NCCLProfilerReader.self, ranks: [text])
    #expect(found.rows.operations.rows.map(\.kind) == [.sendReceive])
    #expect(found.rows.transfers.bytes == [40])
    #expect(found.notes(about: "disagree").isEmpty)
    #expect(found.isBalanced)
  }

  @Test func messagesOfOneGroupAreOneAllToAll() throws {
    func count(_ source: Int, _ destination: Int) -> Int { 100 + 10 * source + destination }
    var group = [event("Group API", "GROUP_API", "b", arguments: "\"groupApiId\": 0")]
    for rank in 0..<4 {
      for peer in 0..<4 {
        group += message("Send", rank: rank, peer: peer, count: count(rank, peer))
        group += message("Recv", rank: rank, peer: peer, count: count(peer, rank))
      }
    }
    group.append(event("Group API", "GROUP_API", "e"))
    let found = try ingest(NCCLProfilerReader.self, ranks: [dump([group, group])])
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allToAll, .allToAll])
    let expected = (0..<4).map { source in (0..<4).map { Int64(4 * count(source, $0)) } }
    for row in rows { #expect(found.matrix(of: row, size: 4) == expected) }
    #expect(found.notes(about: "disagree").isEmpty)
  }

  @Test func aCallBeginsWithItsKernelAndLastsAsLong() throws {
    let inside = kernel(time: "20.500000", start: 1_000, stop: 1_700) + kernel(time: "20.250000")
    let found = try ingest(
      NCCLProfilerReader.self,
      ranks: [
        dump([
          message("Send", rank: 0, peer: 1, count: 10, time: "10.000000", inside: inside),
          message("Send", rank: 0, peer: 1, count: 10, time: "30.125000"),
        ])
      ])
    let rows = found.rows.operations.rows
    #expect(rows.map(\.start) == [20_250, 30_125])
    #expect(rows.map(\.end) == [20_950, Operation.unknownTime])
  }

  @Test func clocksOfSeveralProcessesAreNotCompared() throws {
    let texts = (0..<2).map { rank in
      dump([
        message(
          rank == 0 ? "Send" : "Recv", rank: rank, peer: 1 - rank, count: 10, time: "10.0",
          process: 7 + rank)
      ])
    }
    let found = try ingest(NCCLProfilerReader.self, ranks: texts)
    #expect(found.rows.operations.rows.map(\.start) == [Operation.unknownTime])
    #expect(found.rows.transfers.bytes == [40])
    #expect(found.summary.provenance["operations.start"]?.origin == .absent)
  }

  @Test func badEventsAreCountedAndTheNextOnesAreRead() throws {
    let good = message("Send", rank: 0, peer: 1, count: 10)
    let events: [[String]] = [
      [String(good[0].prefix(150))], good, ["noise"],
      message("Send", rank: 0, peer: 1, count: 10, type: "\"ncclFloat3\""),
      message("Send", rank: 1 << 30, peer: 1, count: 10),
      message("Send", rank: 0, peer: -2, count: 10),
      message("Send", rank: 0, peer: 1, count: 1 << 52),
      [good[0].replacingOccurrences(of: "\"Send\"", with: "\"Wave\"")],
      [good[0].replacingOccurrences(of: "\"CommHash\": \(Self.hash), ", with: "")],
      good,
    ]
    let found = try ingest(NCCLProfilerReader.self, ranks: [dump(events)])
    #expect(found.rows.transfers.bytes == [40, 40])
    #expect(found.malformed["an event that is cut, or whose numbers are none"] == 3)
    #expect(found.malformed["elements of a type whose size is not known"] == 1)
    #expect(found.malformed["the rank is outside any communicator"] == 1)
    #expect(found.malformed["more elements than any buffer has"] == 1)
    #expect(found.malformed["an operation that is not known here"] == 1)
    #expect(found.malformed["a call without communicator, process or count"] == 1)
    #expect(found.isBalanced)
  }

  @Test func aDumpThatIsCutIsReadUpToThere() throws {
    let text = dump([
      message("Send", rank: 0, peer: 1, count: 10), message("Send", rank: 0, peer: 1, count: 20),
    ])
    let found = try ingest(NCCLProfilerReader.self, ranks: [String(text.prefix(text.count - 190))])
    #expect(found.rows.transfers.bytes == [40])
    #expect(
      found.summary.ledgers.contains { $0.truncation?.contains("ends inside an event") == true })
    #expect(found.isBalanced)
  }

  @Test func anEventWithoutEndIsNotHeldInMemory() throws {
    let good = message("Send", rank: 0, peer: 1, count: 10)
    let text =
      "[\n" + good.joined(separator: "\n") + "{\"name\": \""
      + String(repeating: "x", count: 100 << 20)
    let found = try ingest(NCCLProfilerReader.self, ranks: [text])
    #expect(found.rows.transfers.bytes == [40])
    #expect(found.summary.ledgers.contains { $0.truncation?.contains("limit of 16 MiB") == true })
  }

  @Test func aDumpWithoutCallsSaysWhatToRecord() throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(
        NCCLProfilerReader.self, ranks: [dump([[event("Idle", "PROXY", "b")]])])
    }
    #expect(error?.description.contains("NCCL_PROFILE_EVENT_MASK") == true)
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func theRealRingOfFourIsRead() throws {
    let path = RealInputs.path("nccl/nccl-example-profiler-p2p-ring-4ranks.json.txt")
    #expect(try TraceReaderCatalogue.identify(path) == NCCLProfilerReader.self)
    let found = try IngestedFiles(NCCLProfilerReader.self, paths: [path])
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [OperationKind](repeating: .sendReceive, count: 4))
    let matrix = rows.reduce([[Int64]](repeating: [0, 0, 0, 0], count: 4)) { sum, row in
      zip(sum, found.matrix(of: row, size: 4)).map { zip($0, $1).map(+) }
    }
    let share = Int64(268_435_456) * 4
    #expect(
      matrix == [[0, share, 0, 0], [0, 0, share, 0], [0, 0, 0, share], [share, 0, 0, 0]])
    let events = try #require(found.summary.ledgers.first { $0.unit == "events" })
    #expect(events.used == 8)
    #expect(events.read == 311)
    #expect(rows.allSatisfy { $0.start > 1_810_753_000 && $0.start < 1_824_050_000 })
    #expect(found.malformed.isEmpty)
    #expect(found.isBalanced)
  }
}
