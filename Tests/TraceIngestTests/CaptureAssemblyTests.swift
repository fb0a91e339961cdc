import PacketFormats
import Testing
import TraceIngest
import TraceModel

@Suite("Messages from packets")
struct CaptureAssemblyTests {
  /// Reads the frames, one microsecond apart, in the given order.
  static func read(
    _ frames: [[UInt8]], options: IngestOptions = IngestOptions()
  ) throws -> IngestedCapture {
    let packets = frames.enumerated().map {
      TimedPacket(time: 1_700_000_000_000_000_000 + Int64($0) * 1_000, bytes: $1)
    }
    let capture = try IngestedCapture(bytes: pcap(packets), options: options)
    #expect(capture.ledger.isBalanced)
    #expect(!capture.ledger.hasDamage)
    #expect(capture.ledger.read == Int64(frames.count))
    return capture
  }

  @Test("a SEND of three packets: first to last, payload only")
  func send() throws {
    let capture = try Self.read([
      roceFrame(.reliableSendFirst, sequence: 5, bytes: 1024),
      roceFrame(.reliableSendMiddle, sequence: 6, bytes: 1024),
      roceFrame(.reliableSendLastImmediate, sequence: 7, bytes: 3),
    ])
    #expect(
      capture.messages == [
        Message(
          source: 0, destination: 1, channel: 7, kind: .send, start: 1_700_000_000_000_000_000,
          end: 1_700_000_000_000_002_000, bytes: 2051, packets: 3)
      ])
    #expect(capture.summary.layout?.addresses.map(\.text) == ["10.0.0.1", "10.0.0.2"])
  }

  @Test("sequence numbers wrap at 2^24")
  func wrap() throws {
    let frames = (0..<6).map {
      roceFrame(.reliableSendOnly, sequence: 0xFF_FFFD &+ $0, bytes: 8)
    }
    let capture = try Self.read(frames)
    #expect(capture.messages.count == 6)
    #expect(capture.messages.allSatisfy { $0.missingPackets == 0 && $0.repeatedBytes == 0 })
  }

  @Test("a WRITE that lost its middle has its declared size; an absurd declaration adds little")
  func writeLength() throws {
    func write(declaring declared: UInt32) throws -> [Message] {
      try Self.read([
        roceFrame(.reliableWriteFirst, sequence: 1, bytes: 1024, declaring: declared),
        roceFrame(.reliableWriteMiddle, sequence: 2, bytes: 1024),
        roceFrame(.reliableWriteLast, sequence: 4, bytes: 100),
      ]).messages
    }
    #expect(try write(declaring: 3172).map(\.bytes) == [3172])
    #expect(try write(declaring: 3172).map(\.missingPackets) == [1])
    #expect(try write(declaring: .max).map(\.bytes) == [2148 + 4096])
    #expect(try write(declaring: 0).map(\.bytes) == [2148])
  }

  @Test("duplicates and gaps are told apart")
  func duplicatesAndGaps() throws {
    let capture = try Self.read([
      roceFrame(.reliableSendFirst, sequence: 10, bytes: 1024),
      roceFrame(.reliableSendMiddle, sequence: 11, bytes: 1024),
      roceFrame(.reliableSendMiddle, sequence: 11, bytes: 1024),
      roceFrame(.reliableSendLast, sequence: 13, bytes: 10),
    ])
    let message = try #require(capture.messages.first)
    #expect(capture.messages.count == 1)
    #expect(message.bytes == 2058)
    #expect(message.repeatedBytes == 1024)
    #expect(message.packets == 3)
    #expect(message.missingPackets == 1)
  }

  @Test("READs use up sequence numbers, whatever the path MTU and whoever was captured")
  func reads() throws {
    let request = roceFrame(.reliableReadRequest, sequence: 100, declaring: 4096)
    let next = roceFrame(.reliableSendOnly, sequence: 104, bytes: 16)
    func response(_ opcode: TransportOpcode, _ sequence: UInt32) -> [UInt8] {
      roceFrame(opcode, from: 2, to: 1, queuePair: 9, sequence: sequence, bytes: 1024)
    }
    let responses = [
      response(.reliableReadResponseFirst, 100), response(.reliableReadResponseMiddle, 101),
      response(.reliableReadResponseMiddle, 102), response(.reliableReadResponseLast, 103),
    ]
    let requester = NetworkAddress(ipv4: 0x0A00_0001).description
    for frames in [[request] + responses + [next], [request, next] + responses] {
      let capture = try Self.read(frames)
      #expect(capture.messages.count == 2)
      let read = try #require(capture.messages.first { $0.kind == .read })
      #expect(read.bytes == 4096)
      #expect(read.channel == 9)
      #expect(capture.text(read.destination) == requester)
      #expect(capture.messages.allSatisfy { $0.missingPackets == 0 && $0.repeatedBytes == 0 })
    }
    let onlyRequests = try Self.read([request, next])
    let read = try #require(onlyRequests.messages.first { $0.kind == .read })
    #expect(read.bytes == 4096)
    #expect(read.packets == 0)
    #expect(read.missingPackets == 4)
    #expect(onlyRequests.text(read.destination) == requester)
    #expect(onlyRequests.messages.first { $0.kind == .send }?.missingPackets == 0)
    #expect(
      onlyRequests.summary.notes.contains {
        $0.contains("no captured response: its 4096 bytes are those that it asked for")
      })
    let bytes = try #require(onlyRequests.summary.provenance["messages.bytes"])
    #expect(bytes.method.contains("partly declared (RETH)"))
    let onlyResponses = try Self.read(responses)
    #expect(onlyResponses.messages.map(\.bytes) == [4096])
    let lost = try Self.read([request, responses[0], responses[1], responses[3], next])
    let holed = try #require(lost.messages.first { $0.kind == .read })
    #expect(holed.bytes == 4096)
    #expect(holed.missingPackets == 1)
  }

  @Test("two addresses may use one queue pair number; a new connection may reuse it")
  func queuePairsAreLocal() throws {
    let capture = try Self.read([
      roceFrame(.reliableSendOnly, from: 1, to: 2, queuePair: 0x11, sequence: 1, bytes: 10),
      roceFrame(.reliableSendOnly, from: 2, to: 1, queuePair: 0x11, sequence: 900_000, bytes: 20),
      roceFrame(.reliableSendOnly, from: 1, to: 2, queuePair: 0x11, sequence: 2, bytes: 30),
      roceFrame(.reliableSendOnly, from: 3, to: 2, queuePair: 0x11, sequence: 700, bytes: 40),
      roceFrame(.reliableSendOnly, from: 3, to: 2, queuePair: 0x11, sequence: 5_000_000, bytes: 50),
    ])
    #expect(capture.messages.map(\.bytes).sorted() == [10, 20, 30, 40, 50])
    #expect(capture.messages.allSatisfy { $0.missingPackets == 0 && $0.repeatedBytes == 0 })
    #expect(capture.summary.notes.contains { $0.hasPrefix("2 times a queue pair") })
  }

  @Test("atomics, datagrams, acknowledgements, notifications: each under its own name")
  func otherOperations() throws {
    var refusal = RoCEFrame(
      source: NetworkAddress(ipv4: 0x0A00_0002), destination: NetworkAddress(ipv4: 0x0A00_0001),
      base: BaseTransportHeader(
        opcode: .reliableAcknowledge, destinationQueuePair: 9, sequence: 1))
    refusal.extensions.syndrome = 0x60
    var refused: [UInt8] = []
    appendRoCEFrame(refusal, to: &refused)
    let capture = try Self.read([
      roceFrame(.reliableFetchAdd, sequence: 1),
      roceFrame(.datagramSendOnly, queuePair: 55, sequence: 1, bytes: 77),
      roceFrame(.datagramSendOnly, queuePair: 1, sequence: 1, bytes: 256),
      roceFrame(.reliableAcknowledge, from: 2, to: 1, sequence: 1),
      roceFrame(.reliableAtomicAcknowledge, from: 2, to: 1, sequence: 1),
      roceFrame(.congestionNotification, from: 2, to: 1, sequence: 0, bytes: 16),
      roceFrame(TransportOpcode(rawValue: 0x1F), sequence: 3), refused,
    ])
    #expect(Set(capture.messages.map(\.kind)) == [.atomic, .datagram])
    #expect(capture.messages.first { $0.kind == .atomic }?.bytes == 8)
    #expect(capture.messages.first { $0.kind == .datagram }?.bytes == 77)
    #expect(capture.skipped(.connectionManagement) == 1)
    #expect(capture.skipped(.acknowledgement) == 2)
    #expect(capture.skipped(.negativeAcknowledgement) == 1)
    #expect(capture.skipped(.congestionNotification) == 1)
    #expect(capture.skipped(.undefinedOperation) == 1)
  }

  @Test("a datagram that two captures saw counts once; other senders have numbers of their own")
  func repeatedDatagrams() throws {
    func datagram(_ sequence: UInt32, from source: UInt32) -> [UInt8] {
      var frame = RoCEFrame(
        source: NetworkAddress(ipv4: 0x0A00_0001), destination: NetworkAddress(ipv4: 0x0A00_0002),
        base: BaseTransportHeader(
          opcode: .datagramSendOnly, destinationQueuePair: 77, sequence: sequence))
      frame.extensions.sourceQueuePair = source
      var bytes: [UInt8] = []
      appendRoCEFrame(frame, payload: [UInt8](repeating: 1, count: 64), to: &bytes)
      return bytes
    }
    let once = (0..<200).map { datagram(UInt32($0), from: 9) }
    let capture = try Self.read(once.flatMap { [$0, $0] } + [datagram(199, from: 10)])
    #expect(capture.messages.map(\.bytes) == [Int64](repeating: 64, count: 201))
    let repeated: Int64 = capture.messages.reduce(0) { $0 + $1.repeatedBytes }
    #expect(repeated == 200 * 64)
  }

  @Test("an address that two virtual networks use is noted")
  func virtualNetworks() throws {
    func frames(_ networks: [UInt32]) -> [[UInt8]] {
      networks.enumerated().map { index, network in
        Envelope.vxlan(network: network).wrapping(
          roceFrame(.reliableSendOnly, sequence: UInt32(index), bytes: 8))
      }
    }
    let note = "several virtual networks"
    let two = try Self.read(frames([1, 2]))
    #expect(two.summary.notes.contains { $0.hasPrefix("2 addresses") && $0.contains(note) })
    let one = try Self.read(frames([0, 0]))
    #expect(!one.summary.notes.contains { $0.contains(note) })
  }

  @Test("different addresses keep different numbers, also when their keys in the table agree")
  func collidingAddresses() throws {
    let factor: UInt64 = 0xD6E8_FEB8_6659_FD93
    let high: UInt64 = 0xFD00_0000_0000_0001
    let addresses = (0..<4).map { index in
      let other = high &+ UInt64(index)
      return NetworkAddress(high: other, low: 9 ^ (high &* factor) ^ (other &* factor))
    }
    var frames: [[UInt8]] = []
    for source in addresses {
      for destination in addresses where source != destination {
        let base = BaseTransportHeader(
          opcode: .datagramSendOnly, destinationQueuePair: 5, sequence: 1)
        var bytes: [UInt8] = []
        appendRoCEFrame(
          RoCEFrame(source: source, destination: destination, base: base), payload: [1], to: &bytes)
        frames.append(bytes)
      }
    }
    let capture = try Self.read(frames)
    #expect(capture.summary.layout?.addresses.map(\.text) == addresses.map(\.description))
    #expect(Set(capture.messages.map { [$0.source, $0.destination] }).count == 12)
  }

  @Test("a message that the capture cuts off is emitted with what was seen, and noted")
  func unfinished() throws {
    let capture = try Self.read([
      roceFrame(.reliableWriteFirst, sequence: 1, bytes: 1024, declaring: 1 << 20)
    ])
    #expect(capture.messages.map(\.bytes) == [1024])
    #expect(capture.summary.notes.contains { $0.contains("not whole at the end") })
  }

  @Test("TCP: retransmissions apart, late segments in place, idle gaps between messages")
  func tcp() throws {
    let start: UInt32 = .max - 150
    let capture = try Self.read([
      tcpSegment(sequence: start, bytes: 100),
      tcpSegment(sequence: start &+ 200, bytes: 100),
      tcpSegment(sequence: start &+ 100, bytes: 100),
      tcpSegment(sequence: start &+ 50, bytes: 100),
      tcpSegment(sequence: start &+ 400, bytes: 100),
      tcpSegment(from: 2, to: 1, ports: (2000, 1000), sequence: 1, bytes: 7),
      tcpSegment(sequence: start &+ 500, bytes: 0),
    ])
    #expect(capture.messages.count == 2)
    #expect(capture.messages[0].bytes == 400)
    #expect(capture.messages[0].repeatedBytes == 100)
    #expect(capture.messages[0].missingPackets == 1)
    #expect(capture.messages[0].channel == 1000 << 16 | 2000)
    #expect(capture.messages[1].bytes == 7)
    #expect(capture.skipped(.tcpWithoutPayload) == 1)
    #expect(
      capture.summary.notes.contains { $0.hasPrefix("there is no RDMA in this capture: 7 TCP") })
    var options = IngestOptions()
    options.idleGapNanoseconds = 999
    let cut = try Self.read(
      (0..<4).map { tcpSegment(sequence: UInt32($0) * 10, bytes: 10) }, options: options)
    #expect(cut.messages.map(\.bytes) == [10, 10, 10, 10])
    let reused = try Self.read([
      tcpSegment(sequence: 1000, bytes: 10), tcpSegment(sequence: 500, bytes: 0, flags: 2),
      tcpSegment(sequence: 501, bytes: 10),
    ])
    #expect(reused.messages.map(\.bytes) == [10, 10])
    #expect(reused.messages.allSatisfy { $0.repeatedBytes == 0 })
  }
}
