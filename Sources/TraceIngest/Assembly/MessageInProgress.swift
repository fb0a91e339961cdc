internal import PacketFormats
internal import TraceModel

/// What has been seen so far of one message.
struct MessageInProgress {
  /// The largest path MTU of InfiniBand and RoCE.
  static let maximumPathMTU: Int64 = 4096

  var kind: MessageKind
  var start: Int64
  var end: Int64
  /// Payload seen, each byte once.
  var bytes: Int64 = 0
  /// What RETH says that the whole message has, or nil.
  var declaredBytes: Int64?
  var repeatedBytes: Int64 = 0
  var packets: Int32 = 0
  var missingPackets: Int32 = 0
  /// How many of those are missing before the first packet that was seen; of a READ response whose
  /// request is not known, one stands for any number.
  var missingAtStart: Int32 = 0
  /// Of those, packets before the first one that was seen, whose message nobody knows.
  var precedingPackets: Int32 = 0
  /// True once its last packet was seen.
  var hasEnded = false
  /// Counts the messages of a flow.
  var number: Int32 = 0
  /// The sequence number of its first packet, seen or known to be missing.
  var startSequence: UInt32 = 0
  /// True when its first packet was not seen and its number is not known.
  var isHeadless = false

  init(kind: MessageKind, time: Int64) {
    self.kind = kind
    start = time
    end = time
  }

  mutating func add(time: Int64, bytes count: Int64) {
    bytes &+= count
    packets &+= 1
    start = min(start, time)
    end = max(end, time)
  }

  mutating func add(_ packet: QueuePairPacket) {
    add(time: packet.time, bytes: packet.dataByteCount)
    if packet.place.ends { hasEnded = true }
  }

  mutating func addMissing(_ count: Int64) {
    missingPackets = Int32(clamping: max(0, Int64(missingPackets) + count))
  }

  /// Takes a packet that was counted as missing, when it is one of this message's.
  mutating func takeLate(_ packet: QueuePairPacket) -> Bool {
    guard packet.kind == kind, packet.place != .only else { return false }
    let distance = SequenceNumber.distance(from: startSequence, to: packet.sequence)
    if isHeadless, distance == -1, packet.place != .last {
      startSequence = packet.sequence
      isHeadless = packet.place != .first
      if packet.place == .first { declaredBytes = packet.wholeByteCount }
      add(packet)
      // What was not counted at the start is none of those missing further on.
      if missingAtStart > 0 {
        missingAtStart -= 1
        addMissing(-1)
      }
      return true
    } else if packet.place == .first ? distance != 0 : distance < 0 {
      return false
    }
    add(packet)
    addMissing(-1)
    return true
  }

  /// True for a READ response that answers a request; its first packets may be missing.
  func answers(_ read: OutstandingRead, pathMTU: Int64) -> Bool {
    guard kind == .read else { return false }
    let distance = SequenceNumber.distance(from: read.sequence, to: startSequence)
    if distance == 0 { return true }
    let full = pathMTU > 0 ? pathMTU : OutstandingRead.pathMTUs[0]
    return isHeadless && distance > 0 && Int64(distance) < read.packetCount(pathMTU: full)
  }

  func isHeadless(at sequence: UInt32) -> Bool { isHeadless && startSequence == sequence }

  /// Takes its length from the request, and where its first packet would have been.
  mutating func takeLength(of read: OutstandingRead) {
    if isHeadless {
      let before = SequenceNumber.distance(from: read.sequence, to: startSequence)
      addMissing(Int64(before) - Int64(min(missingAtStart, missingPackets)))
      missingAtStart = before
    }
    declaredBytes = read.byteCount
    startSequence = read.sequence
    isHeadless = false
  }

  /// Bytes delivered.
  ///
  /// What was seen when nothing is missing. Otherwise the declared length, as far as the missing
  /// packets can have carried the rest: a damaged length then adds little.
  var deliveredBytes: Int64 {
    guard missingPackets > 0, let declaredBytes else { return bytes }
    return max(bytes, min(declaredBytes, bytes + Int64(missingPackets) * Self.maximumPathMTU))
  }

  /// Where it lies, without the packets that are missing before it.
  var place: MessagePlace {
    let within = max(0, missingPackets - precedingPackets)
    return MessagePlace(
      sequence: startSequence, count: UInt32(clamping: Int64(packets) + Int64(within)))
  }

  func message(source: Int32, destination: Int32, channel: UInt32) -> Message {
    Message(
      source: source, destination: destination, channel: channel, kind: kind, start: start,
      end: end, bytes: deliveredBytes, repeatedBytes: repeatedBytes, packets: packets,
      missingPackets: missingPackets)
  }
}
