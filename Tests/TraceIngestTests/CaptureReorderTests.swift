import PacketFormats
import Testing
import TraceIngest
import TraceModel

/// Random messages on random queue pairs, damaged on the way, against the plainest possible
/// reassembly: sort by sequence number, cut at first and last.
@Suite("Messages survive reordering, duplication and loss")
struct CaptureReorderTests {
  /// One packet of a made-up schedule.
  struct Piece {
    var time: Int64 = 0
    /// Position in its queue pair's order, before wrapping.
    var order: Int
    var isWrite: Bool
    var place: TransportOpcode.Place
    var bytes: Int
    var declared: UInt32

    var opcode: TransportOpcode {
      let base: UInt8 = isWrite ? 6 : 0
      switch place {
      case .first: return TransportOpcode(rawValue: base)
      case .middle: return TransportOpcode(rawValue: base + 1)
      case .last: return TransportOpcode(rawValue: base + 2)
      case .only: return TransportOpcode(rawValue: base + 4)
      }
    }
  }

  static func schedule(_ random: inout RandomStream, messages: Int) -> [Piece] {
    var pieces: [Piece] = []
    for _ in 0..<messages {
      let isWrite = random.below(2) == 0
      let count = 1 + random.below(5)
      let tail = random.below(257)
      let declared = UInt32((count - 1) * 256 + tail)
      for index in 0..<count {
        let place: TransportOpcode.Place =
          count == 1
          ? .only : index == 0 ? .first : index == count - 1 ? .last : .middle
        pieces.append(
          Piece(
            order: pieces.count, isWrite: isWrite, place: place,
            bytes: index == count - 1 ? tail : 256, declared: declared))
      }
    }
    return pieces
  }

  /// Sizes and losses of the messages of one queue pair, by sorting everything first.
  static func expectation(of seen: [Piece]) -> [[Int64]] {
    var unique: [Int: Piece] = [:]
    for piece in seen { unique[piece.order] = piece }
    var rows: [[Int64]] = []
    var isOpen = false
    var isWrite = false
    var declared: [Int64?] = []
    var next = seen.map(\.order).min() ?? 0
    for piece in unique.values.sorted(by: { $0.order < $1.order }) {
      let missing = Int64(piece.order - next)
      next = piece.order + 1
      if isOpen { rows[rows.count - 1][1] += missing }
      let continues =
        isOpen && isWrite == piece.isWrite && (piece.place == .middle || piece.place == .last)
      if !continues {
        rows.append([0, isOpen ? 0 : missing, 0])
        let begins = piece.place == .first || piece.place == .only
        declared.append(begins && piece.isWrite ? Int64(piece.declared) : nil)
      }
      rows[rows.count - 1][0] += Int64(piece.bytes)
      rows[rows.count - 1][2] += 1
      isWrite = piece.isWrite
      isOpen = piece.place == .first || piece.place == .middle
    }
    for index in rows.indices where rows[index][1] > 0 {
      if let declared = declared[index] {
        rows[index][0] = max(rows[index][0], min(declared, rows[index][0] + rows[index][1] * 4096))
      }
    }
    return rows
  }

  @Test("random schedules", arguments: 0..<40)
  func schedules(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    let queuePairs = 1 + random.below(3)
    let lossPercent = [0, 0, 3, 20][seed % 4]
    let repeatPercent = [0, 10, 0, 10][seed % 4]
    var packets: [TimedPacket] = []
    var seen: [[Piece]] = []
    var repeatedBytes: Int64 = 0
    for queuePair in 0..<queuePairs {
      let start = random.below(1 << 24)
      var pieces: [Piece] = []
      for piece in Self.schedule(&random, messages: 60) {
        if random.below(100) < lossPercent { continue }
        pieces.append(piece)
        if random.below(100) < repeatPercent {
          pieces.append(piece)
          repeatedBytes += Int64(piece.bytes)
        }
      }
      for index in pieces.indices {
        // Up to 40 places of reordering.
        pieces[index].time = Int64(index + random.below(40)) * 1_000 + Int64(queuePair)
      }
      pieces.sort { ($0.time, $0.order) < ($1.time, $1.order) }
      seen.append(pieces)
      for piece in pieces {
        packets.append(
          TimedPacket(
            time: 1_700_000_000_000_000_000 + piece.time,
            bytes: roceFrame(
              piece.opcode, from: 1, to: 2, queuePair: UInt32(queuePair + 3),
              sequence: UInt32(start + piece.order), bytes: piece.bytes,
              declaring: piece.declared)))
      }
    }
    packets.sort { $0.time < $1.time }
    let capture = try IngestedCapture(bytes: pcap(packets))
    #expect(capture.ledger.isBalanced)
    #expect(capture.ledger.used == Int64(packets.count))
    for queuePair in 0..<queuePairs {
      let rows = capture.messages.filter { $0.channel == UInt32(queuePair + 3) }
        .map { [$0.bytes, Int64($0.missingPackets), Int64($0.packets)] }
      // Messages that miss packets wait for these.
      #expect(
        rows.sorted { $0.lexicographicallyPrecedes($1) }
          == Self.expectation(of: seen[queuePair]).sorted { $0.lexicographicallyPrecedes($1) })
    }
    let repeated: Int64 = capture.messages.reduce(0) { $0 + $1.repeatedBytes }
    #expect(repeated == repeatedBytes)
  }

  static func write(_ sequence: UInt32) -> [UInt8] {
    roceFrame(.reliableWriteOnly, sequence: sequence, bytes: 1000, declaring: 1000)
  }

  @Test("packets that precede the first captured one are delivered")
  func reorderedStart() throws {
    let capture = try CaptureAssemblyTests.read([3, 2, 1, 0, 4, 5, 6].map(Self.write))
    #expect(capture.messages.map(\.bytes) == [Int64](repeating: 1000, count: 7))
    #expect(capture.messages.allSatisfy { $0.repeatedBytes == 0 && $0.missingPackets == 0 })
    let segments = try CaptureAssemblyTests.read(
      [3, 2, 1, 0, 4, 5, 6].map { tcpSegment(sequence: 1000 + 100 * $0, bytes: 100) })
    #expect(segments.messages.map(\.bytes) == [700])
    #expect(segments.messages.map(\.repeatedBytes) == [0])
    #expect(segments.messages.map(\.missingPackets) == [0])
  }

  @Test("two mirrors that see every other packet each, one a thousand packets later than the other")
  func alternatingMirrors() throws {
    let count: UInt32 = 6_000
    var packets: [TimedPacket] = []
    for sequence in 0..<count {
      let delay: Int64 = sequence % 2 == 0 ? 2_000 : 0
      packets.append(
        TimedPacket(time: (Int64(sequence) + delay) * 300, bytes: Self.write(sequence)))
    }
    let order = packets.indices.sorted { (packets[$0].time, $0) < (packets[$1].time, $1) }
    let capture = try IngestedCapture(bytes: pcap(order.map { packets[$0] }))
    #expect(capture.messages.map(\.bytes) == [Int64](repeating: 1000, count: Int(count)))
    #expect(capture.messages.allSatisfy { $0.repeatedBytes == 0 && $0.missingPackets == 0 })
  }

  @Test("the middle of a message that comes after its place was given up completes it")
  func lateMiddle() throws {
    let late = [
      roceFrame(.reliableSendMiddle, sequence: 1, bytes: 1024),
      roceFrame(.reliableSendMiddle, sequence: 1, bytes: 1024),
    ]
    let capture = try CaptureAssemblyTests.read(
      [roceFrame(.reliableSendFirst, sequence: 0, bytes: 1024)]
        + [roceFrame(.reliableSendLast, sequence: 2, bytes: 10)] + (3..<900).map(Self.write)
        + late)
    let sends = capture.messages.filter { $0.kind == .send }
    #expect(sends.map(\.bytes) == [2058])
    #expect(sends.map(\.packets) == [3])
    #expect(capture.messages.allSatisfy { $0.missingPackets == 0 })
    let repeated: Int64 = capture.messages.reduce(0) { $0 + $1.repeatedBytes }
    #expect(repeated == 1024)
  }

  @Test("TCP against the set of bytes seen", arguments: 0..<20)
  func streams(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 1)
    let start = UInt32(truncatingIfNeeded: random.next())
    var seenBytes = Set<Int>()
    var total = 0
    var segments: [(offset: Int, count: Int)] = []
    var offset = 0
    for _ in 0..<100 {
      let count = 1 + random.below(50)
      if segments.isEmpty || random.below(100) >= 10 { segments.append((offset, count)) }
      offset += count
      if random.below(5) == 0, let other = segments.randomElement(using: &random) {
        segments.append((other.offset + random.below(other.count), 1 + random.below(20)))
      }
    }
    // Neighbours change places now and then; a repeat may run past what was sent in order.
    for index in stride(from: 1, to: segments.count, by: 3) where random.below(2) == 0 {
      segments.swapAt(index - 1, index)
    }
    var frames: [[UInt8]] = []
    for segment in segments {
      frames.append(
        tcpSegment(sequence: start &+ UInt32(segment.offset), bytes: segment.count))
      seenBytes.formUnion(segment.offset..<segment.offset + segment.count)
      total += segment.count
    }
    let capture = try CaptureAssemblyTests.read(frames)
    let bytes: Int64 = capture.messages.reduce(0) { $0 + $1.bytes }
    let repeated: Int64 = capture.messages.reduce(0) { $0 + $1.repeatedBytes }
    #expect(bytes == Int64(seenBytes.count))
    #expect(bytes + repeated == Int64(total))
  }
}
