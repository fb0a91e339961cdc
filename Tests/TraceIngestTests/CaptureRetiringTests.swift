import PacketFormats
import Testing
import TraceIngest
import TraceModel

/// Idle queue pairs are closed when there are too many; what that costs is told.
@Suite("Queue pairs that are closed to make room")
struct CaptureRetiringTests {
  private static func read(_ packets: [TimedPacket]) throws -> IngestedCapture {
    var options = IngestOptions()
    options.maximumQueuePairs = 64
    let capture = try IngestedCapture(bytes: pcap(packets), options: options)
    #expect(capture.ledger.isBalanced && capture.ledger.used == Int64(packets.count))
    return capture
  }

  @Test("of queue pairs of one time half are closed, those that appeared first")
  func equalTimes() throws {
    func packet(_ opcode: TransportOpcode, _ queuePair: Int, _ sequence: UInt32) -> TimedPacket {
      TimedPacket(
        time: 1_000,
        bytes: roceFrame(opcode, queuePair: UInt32(queuePair), sequence: sequence, bytes: 100))
    }
    let first = 1_000..<1_064
    let capture = try Self.read(
      first.map { packet(.reliableSendFirst, $0, 0) }
        + [packet(.reliableSendOnly, 2_000, 0)]
        + first.dropFirst(32).map { packet(.reliableSendLast, $0, 1) })
    let whole = capture.messages.filter { $0.packets == 2 }.map { Int($0.channel) }
    #expect(whole.sorted() == Array(first.dropFirst(32)))
    #expect(capture.messages.count == 65)
    #expect(
      capture.summary.notes.contains {
        $0.hasPrefix("32 idle queue pairs were closed") && $0.contains("32 messages were not whole")
      })
    #expect(!capture.summary.notes.contains { $0.contains("at the end of the capture") })
  }

  @Test("READ requests and responses are closed together, and lost ones stay told")
  func reads() throws {
    var packets: [TimedPacket] = []
    func add(_ bytes: [UInt8]) {
      packets.append(TimedPacket(time: Int64(packets.count) * 1_000, bytes: bytes))
    }
    func request(_ queuePair: UInt32, sequence: UInt32, declaring count: UInt32) {
      add(
        roceFrame(
          .reliableReadRequest, queuePair: queuePair, sequence: sequence, declaring: count))
    }
    request(5, sequence: 1, declaring: 4_096)
    let count: UInt32 = 500
    for connection in 0..<count {
      // Numbers come again in later connections.
      let sequence = 100 + connection % 7
      request(1_000 + connection, sequence: sequence, declaring: 2_048)
      for (index, opcode) in [
        TransportOpcode.reliableReadResponseFirst, .reliableReadResponseLast,
      ].enumerated() {
        add(
          roceFrame(
            opcode, from: 2, to: 1, queuePair: 5_000 + connection,
            sequence: sequence + UInt32(index), bytes: 1_024))
      }
    }
    let capture = try Self.read(packets)
    let answered = capture.messages.filter { $0.channel >= 5_000 }
    #expect(answered.map(\.channel).sorted() == (0..<count).map { 5_000 + $0 })
    #expect(answered.allSatisfy { $0.kind == .read && $0.bytes == 2_048 && $0.packets == 2 })
    #expect(capture.messages.count == Int(count) + 1)
    let notes = capture.summary.notes
    #expect(notes.contains { $0.contains("idle queue pairs were closed") })
    #expect(notes.contains { $0.contains("1 READ request has no captured response: its 4096") })
  }
}
