import Foundation
import PacketFormats
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// Packets that come in order are taken a short way; with all care they must give the same.
@Suite("The short way of packets in order")
struct CaptureShortWayTests {
  /// What a capture gives either way, without the order in which messages end.
  private struct Outcome: Equatable {
    var messages: [[Int64]]
    var ledgers: [Ledger]
    var notes: [String]

    init(_ capture: IngestedCapture) {
      messages = capture.messages.map {
        [
          Int64($0.source), Int64($0.destination), Int64($0.channel), Int64($0.kind.rawValue),
          $0.start, $0.end, $0.bytes, $0.repeatedBytes, Int64($0.packets),
          Int64($0.missingPackets),
        ]
      }.sorted { $0.lexicographicallyPrecedes($1) }
      ledgers = capture.summary.ledgers
      notes = capture.summary.notes
    }
  }

  private func expectSame(
    _ packets: [TimedPacket], as container: Container = .nanosecondPcap
  ) throws {
    try withScratchFolder { folder in
      let paths = try container.files(packets).enumerated().map { index, bytes in
        let file = folder.appendingPathComponent("\(index).capture")
        try Data(bytes).write(to: file)
        return file.path
      }
      var options = IngestOptions()
      let short = try IngestedCapture(paths, options: options)
      options.takesShortWay = false
      let careful = try IngestedCapture(paths, options: options)
      #expect(Outcome(short) == Outcome(careful), "\(container)")
      #expect(short.summary.ledgers.allSatisfy { $0.isBalanced })
      // Comparing the careful way with itself would prove nothing.
      #expect(short.summary.shortWayPackets > 0, "\(container)")
      #expect(careful.summary.shortWayPackets == 0)
    }
  }

  /// How packets are stored.
  private enum Container: CaseIterable {
    case nanosecondPcap
    case microsecondPcap
    case littlePcapng
    case bigPcapng
    case overlappingFiles

    func files(_ packets: [TimedPacket]) -> [[UInt8]] {
      switch self {
      case .nanosecondPcap: [pcap(packets)]
      case .microsecondPcap: [pcap(packets, resolution: .microseconds)]
      case .littlePcapng: [Self.pcapng(packets, isBig: false)]
      case .bigPcapng: [Self.pcapng(packets, isBig: true)]
      case .overlappingFiles:
        [
          pcap(Array(packets.prefix(packets.count * 2 / 3))),
          pcap(Array(packets.dropFirst(packets.count / 3))),
        ]
      }
    }

    /// Packets by turns of two Ethernet interfaces that count nanoseconds and microseconds.
    private static func pcapng(_ packets: [TimedPacket], isBig: Bool) -> [UInt8] {
      var file = BlockWriter()
      file.section(isBig: isBig)
      file.interface(1, resolution: 9)
      file.interface(1, resolution: 6)
      for (index, packet) in packets.enumerated() {
        let number = UInt32(index % 2)
        let time = UInt64(packet.time)
        file.enhanced(number, ticks: number == 0 ? time : time / 1_000, packet.bytes)
      }
      return file.bytes
    }
  }

  /// How a queue pair's packets are damaged on the way.
  private struct Damage {
    var lossPerThousand = 0
    var repeatPerThousand = 0
    /// Places by which a packet may fall back.
    var delay = 0
  }

  /// One direction of a queue pair: messages of every operation, READ requests now and then.
  private func schedule(
    _ random: inout RandomStream, source: UInt32, queuePair: UInt32, messages: Int,
    damage: Damage
  ) -> [TimedPacket] {
    var sequence = UInt32(random.below(1 << 24))
    var frames: [[UInt8]] = []
    // Captures begin in the middle of messages.
    var isFirst = random.below(2) == 0
    func add(_ opcode: UInt8, _ count: Int, _ declared: UInt32) {
      frames.append(
        roceFrame(
          TransportOpcode(rawValue: opcode), from: source, to: 9, queuePair: queuePair,
          sequence: sequence, bytes: count, declaring: declared))
      sequence &+= 1
    }
    for _ in 0..<messages {
      let base: UInt8 = random.below(3) == 0 ? 0 : 6
      let immediate: UInt8 = random.below(4) == 0 ? 1 : 0
      let count = random.below(2) == 0 ? 1 : 2 + random.below(20)
      let tail = random.below(257)
      let declared = UInt32((count - 1) * 256 + tail)
      if random.below(40) == 0 {
        add(12, 0, 100)
      } else if random.below(40) == 0 {
        add(20, 0, 0)
      } else if count == 1 {
        add(base + 4 + immediate, tail, declared)
      } else {
        if !isFirst { add(base, 256, declared) }
        for _ in 0..<count - 2 { add(base + 1, 256, 0) }
        add(base + 2 + immediate, tail, 0)
      }
      isFirst = false
    }
    var packets: [TimedPacket] = []
    for (index, frame) in frames.enumerated() {
      if random.below(1_000) < damage.lossPerThousand { continue }
      let copies = random.below(1_000) < damage.repeatPerThousand ? 2 : 1
      for copy in 0..<copies {
        let place = index + copy * 3 + (damage.delay > 0 ? random.below(damage.delay) : 0)
        packets.append(TimedPacket(time: Int64(place) * 1_000 + Int64(queuePair), bytes: frame))
      }
    }
    return packets
  }

  private static let damages = [
    Damage(), Damage(lossPerThousand: 20), Damage(repeatPerThousand: 20), Damage(delay: 40),
    Damage(lossPerThousand: 100, repeatPerThousand: 100, delay: 40),
    Damage(lossPerThousand: 2, delay: 2),
  ]

  @Test("gives the same messages, counts and notes as all care", arguments: 0..<60)
  func sameMessages(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 11)
    var packets: [TimedPacket] = []
    for queuePair in 0..<UInt32(1 + random.below(30)) {
      let damage = Self.damages[(seed + random.below(2)) % Self.damages.count]
      packets += schedule(
        &random, source: 1 + queuePair % 3, queuePair: 16 + queuePair, messages: 80,
        damage: damage)
      // The same queue pair, used by another sender afterwards.
      if random.below(8) == 0 {
        packets += schedule(
          &random, source: 5, queuePair: 16 + queuePair, messages: 20, damage: Damage()
        ).map { TimedPacket(time: $0.time + 10_000_000, bytes: $0.bytes) }
      }
    }
    for index in 0..<40 {
      packets.append(
        TimedPacket(
          time: Int64(index) * 9_000,
          bytes: roceFrame(.reliableAcknowledge, from: 9, to: 1, sequence: UInt32(index))))
    }
    let order = packets.indices.sorted { (packets[$0].time, $0) < (packets[$1].time, $1) }
    let sorted = order.map { packets[$0] }
    try expectSame(sorted)
    let others = Container.allCases.dropFirst()
    try expectSame(sorted, as: others[others.startIndex + seed % others.count])
  }

  @Test("a packet from before the start is late, repeated or a new connection as with all care")
  func longRun() throws {
    for (count, back) in [(60_000, 3), (65_470, 3), (65_473, 3), (65_473, 70), (70_000, 5)] {
      var packets: [TimedPacket] = []
      func add(_ sequence: Int) {
        packets.append(
          TimedPacket(
            time: Int64(packets.count) * 100,
            bytes: roceFrame(
              .reliableSendOnly, sequence: UInt32(truncatingIfNeeded: sequence), bytes: 8)))
      }
      let start = (1 << 24) - 1_000
      for index in 0..<count { add(start + index) }
      add(start - back)
      for index in 0..<20 { add(start + count + index) }
      try expectSame(packets)
    }
  }

  @Test("a READ may step over the number at which the start is forgotten")
  func steppingOver() throws {
    var packets: [TimedPacket] = []
    func add(_ bytes: [UInt8]) {
      packets.append(TimedPacket(time: Int64(packets.count) * 100, bytes: bytes))
    }
    func send(_ sequence: UInt32) {
      add(roceFrame(.reliableSendOnly, sequence: sequence, bytes: 8))
    }
    func read(_ sequence: UInt32, count: UInt32) {
      add(roceFrame(.reliableReadRequest, sequence: sequence, declaring: count * 256))
      for index in 0..<count {
        let opcode: TransportOpcode =
          index == 0
          ? .reliableReadResponseFirst
          : index == count - 1 ? .reliableReadResponseLast : .reliableReadResponseMiddle
        add(
          roceFrame(
            opcode, from: 2, to: 1, queuePair: 9, sequence: sequence + index, bytes: 256))
      }
    }
    let start: UInt32 = 1_000
    for index in 0..<UInt32(20) { send(start + index) }
    read(start + 20, count: 4)
    for index in 24..<UInt32(65_465) { send(start + index) }
    read(start + 65_465, count: 20)
    for index in 65_485..<UInt32(65_490) { send(start + index) }
    // From before the start: by now that is forgotten, and the packet is a repeated one.
    send(start - 3)
    for index in 65_490..<UInt32(65_495) { send(start + index) }
    try expectSame(packets)
  }

  @Test("queue pairs that come and go in great numbers are closed, and busy ones are not")
  func retiring() throws {
    var packets: [TimedPacket] = []
    func add(_ opcode: TransportOpcode, _ queuePair: Int, _ sequence: Int, _ count: Int = 100) {
      packets.append(
        TimedPacket(
          time: Int64(packets.count) * 1_000,
          bytes: roceFrame(
            opcode, queuePair: UInt32(queuePair), sequence: UInt32(sequence), bytes: count)))
    }
    // One message that never pauses for long, one that loses a packet, and many short ones.
    let count = 3_000
    for index in 0..<count {
      if index % 10 == 0 {
        let place = index / 10
        let last = count / 10 - 1
        add(
          place == 0
            ? .reliableSendFirst : place == last ? .reliableSendLast : .reliableSendMiddle,
          7, place)
        if place != 20 { add(.reliableSendOnly, 8, place) }
      }
      add(.reliableSendFirst, 1_000 + index, 0)
      add(.reliableSendLast, 1_000 + index, 1, 11)
    }
    var options = IngestOptions()
    options.maximumQueuePairs = 64
    let capture = try IngestedCapture(bytes: pcap(packets), options: options)
    #expect(capture.ledger.isBalanced && capture.ledger.used == Int64(packets.count))
    let busy = capture.messages.filter { $0.channel == 7 }
    #expect(busy.map(\.packets) == [Int32(count / 10)])
    let short = capture.messages.filter { $0.channel >= 1_000 }
    #expect(short.count == count)
    #expect(short.allSatisfy { $0.bytes == 111 && $0.packets == 2 && $0.missingPackets == 0 })
    let lossy = capture.messages.filter { $0.channel == 8 }
    #expect(lossy.count == count / 10 - 1)
    #expect(lossy.reduce(0) { $0 + $1.missingPackets } == 1)
  }

  @Test("reads the same from the operation codes as their table says")
  func opcodes() {
    for code in UInt8.min...UInt8.max {
      let whole = TransportOpcode(rawValue: code)
      let isConnected =
        whole.service == .reliableConnection || whole.service == .unreliableConnection
      let isPlain = code & 0x1F < 12 && isConnected
      guard let lane = LaneOpcode(code) else {
        #expect(!isPlain)
        continue
      }
      #expect(isPlain)
      #expect(lane.isWrite == (whole.operation == .write))
      #expect(lane.begins == whole.place.begins)
      #expect(lane.ends == whole.place.ends)
      #expect(lane.hasRemoteAccess == whole.extensions.contains(.remoteAccess))
      #expect(lane.extensionByteCount == whole.extensions.byteCount)
    }
  }
}
