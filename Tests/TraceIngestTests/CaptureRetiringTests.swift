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

/// The same for TCP connections and datagrams.
@Suite("Connections and datagrams that are forgotten to make room")
struct CaptureRetiringOthersTests {
  /// SEND only on an unreliable datagram queue pair.
  private static let datagram = TransportOpcode(rawValue: 0x64)

  @Test("idle TCP connections end their message, busy ones go on, and it is told")
  func connections() throws {
    var packets: [TimedPacket] = []
    func add(_ port: UInt16, _ sequence: Int) {
      packets.append(
        TimedPacket(
          time: Int64(packets.count) * 1_000,
          bytes: tcpSegment(
            ports: (port, 80), sequence: UInt32(truncatingIfNeeded: sequence), bytes: 100)))
    }
    let count = 2_000
    for index in 0..<count {
      if index % 10 == 0 { add(7, 1_000 + index * 10) }
      add(UInt16(1_000 + index), 5_000)
    }
    var options = IngestOptions()
    options.maximumConnections = 64
    options.idleGapNanoseconds = 1_000_000_000
    let capture = try IngestedCapture(bytes: pcap(packets), options: options)
    #expect(capture.ledger.isBalanced && capture.ledger.used == Int64(packets.count))
    let busy = capture.messages.filter { $0.channel >> 16 == 7 }
    #expect(busy.map(\.bytes) == [Int64(count / 10 * 100)])
    let short = capture.messages.filter { $0.channel >> 16 >= 1_000 }
    #expect(short.count == count && short.allSatisfy { $0.bytes == 100 })
    #expect(capture.summary.notes.contains { $0.contains("idle TCP connections (directions)") })
    options.maximumConnections = 4_096
    let roomy = try IngestedCapture(bytes: pcap(packets), options: options)
    #expect(roomy.messages.count == capture.messages.count)
    #expect(!roomy.summary.notes.contains { $0.contains("idle TCP") })
  }

  @Test("pairs of datagram queue pairs that come and go lose nothing but their memory")
  func datagrams() throws {
    var packets: [TimedPacket] = []
    func add(_ queuePair: Int, _ sequence: Int) {
      packets.append(
        TimedPacket(
          time: Int64(packets.count) * 1_000,
          bytes: roceFrame(
            Self.datagram, queuePair: UInt32(queuePair),
            sequence: UInt32(sequence),
            bytes: 50)))
    }
    for index in 0..<1_000 {
      add(5_000 + index, 1)
      // Seen twice at once.
      if index % 5 == 0 { for _ in 0..<2 { add(77, index) } }
    }
    var options = IngestOptions()
    options.maximumDatagramPairs = 32
    let capture = try IngestedCapture(bytes: pcap(packets), options: options)
    #expect(capture.ledger.isBalanced && capture.ledger.used == Int64(packets.count))
    #expect(capture.messages.count == 1_200)
    let busy = capture.messages.filter { $0.channel == 77 }
    #expect(busy.count == 200 && busy.allSatisfy { $0.bytes == 50 && $0.repeatedBytes == 50 })
    #expect(
      capture.summary.notes.contains {
        $0.contains("idle pairs of datagram queue pairs")
      })
  }
}
