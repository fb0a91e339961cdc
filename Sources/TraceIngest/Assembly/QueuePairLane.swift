internal import TraceModel

/// What a queue pair needs while its packets come in order: 64 bytes, a cache line, looked at once
/// per packet.
///
/// Everything rarer (reordering, loss, READs) is the work of a `QueuePairFlow`, which exists only
/// for the queue pairs that ever needed it. A lane that is not `careful` owns the flow's `current`,
/// `expected` and `messageNumber`.
package struct QueuePairLane {
  enum Mode: UInt8 {
    /// All is left to the flow.
    case careful
    /// The first packets are held, in order so far.
    case starting
    /// In order; a message may be under way.
    case inOrder
  }

  /// What is true of the message under way, and of the lane.
  struct Marks: OptionSet {
    var rawValue: UInt8
    static let isWrite = Marks(rawValue: 1)
    static let hasEnded = Marks(rawValue: 2)
    static let isHeadless = Marks(rawValue: 4)
    static let hasDeclared = Marks(rawValue: 8)
    /// Packets before the first captured one may still come.
    static let isOpenAtStart = Marks(rawValue: 16)
    /// Kept from one message to the next.
    static let ofLane: Marks = [.isOpenAtStart]
  }

  /// In `orderChangesAt`: never, as no sequence number is this large.
  static let never = UInt32.max
  /// In `addresses`: none that the short way knows, as a source is never a broadcast address.
  static let noAddresses = UInt64.max

  // For the message's beginning and end; the array's own header shifts these sixteen bytes into
  // the cache line before.
  var declaredBytes: UInt32 = 0
  var messageNumber: Int32 = 0
  var start: Int64 = 0

  // For every packet.
  /// IPv4 source and destination.
  package var addresses = Self.noAddresses
  /// Of the message under way; while there is none, the time of the last packet.
  var end: Int64 = 0
  var bytes: Int64 = 0
  /// Destination queue pair, and bit 24 for READ responses.
  let channel: UInt32
  /// The next packet's sequence number.
  var expected: UInt32 = 0
  /// The sequence number at which the flow has something to do, or `never`.
  var orderChangesAt = Self.never
  /// Packets of the message under way, all in order, or 0; while starting, those held.
  var packets: Int32 = 0
  /// Index of the flow or, while starting, the place of the held packets; −1 without one.
  var flow: Int32 = -1
  var mode: Mode
  var marks: Marks = []
  /// Which of `OutstandingRead.pathMTUs`, plus one; 0 while unknown.
  var pathMTUCode: UInt8 = 0
  /// While starting, of the first packet; in order, that with which the message under way goes on,
  /// or `LaneOpcode.none` when the next packet is to be looked at more closely.
  var opcode = LaneOpcode.none

  /// - Parameter channel: destination queue pair, and bit 24 for READ responses.
  package init(channel: UInt32) {
    self.channel = channel
    mode = channel >> 24 == 0 ? .starting : .careful
  }

  var kind: MessageKind { marks.contains(.isWrite) ? .write : .send }

  @inline(__always)
  func message(_ endpoints: LaneEndpoints) -> Message {
    Message(
      source: endpoints.source, destination: endpoints.destination, channel: channel & 0xFF_FFFF,
      kind: kind, start: start, end: end, bytes: bytes, packets: packets)
  }
}

extension QueuePairLane {
  /// Appends the message under way, all of whose packets came in order.
  @inline(__always)
  func append(_ endpoints: LaneEndpoints, to messages: inout AssembledMessages) {
    let count = UInt32(bitPattern: packets)
    messages.append(
      message(endpoints),
      at: MessagePlace(sequence: (expected &- count) & SequenceNumber.mask, count: count))
  }
}

/// The numbers of the addresses between which a lane's packets go.
struct LaneEndpoints {
  var source: Int32
  var destination: Int32
}

extension QueuePairLane {
  /// Takes a packet that does nothing but go on with the message under way, as most do.
  ///
  /// - Returns: false, and nothing is done, for every other packet.
  @inline(__always)
  fileprivate mutating func takeMiddle(_ packet: LanePacket, sequence: UInt32) -> Bool {
    guard packet.opcode.rawValue == opcode, sequence == expected, mode == .inOrder,
      sequence != orderChangesAt, packet.time >= end
    else { return false }
    end = packet.time
    bytes &+= Int64(packet.payloadByteCount)
    packets &+= 1
    expected = SequenceNumber.advanced(sequence, by: 1)
    return true
  }

  /// Takes the packet whose turn it is; a message that it follows is appended.
  ///
  /// - Returns: false, and nothing is done, when it needs more care.
  @inline(__always)
  mutating func takeInOrder(
    _ packet: LanePacket, sequence: UInt32, _ endpoints: Span<LaneEndpoints>, _ number: Int,
    into messages: inout AssembledMessages
  ) -> Bool {
    if packet.opcode.begins {
      if packets > 0 { append(endpoints[number], to: &messages) }
      begin(packet)
    } else {
      guard packets > 0, !marks.contains(.hasEnded),
        marks.contains(.isWrite) == packet.opcode.isWrite
      else { return false }
    }
    add(packet, sequence: sequence)
    return true
  }

  @inline(__always)
  private mutating func begin(_ packet: LanePacket) {
    messageNumber &+= 1
    marks.formIntersection(.ofLane)
    if packet.opcode.isWrite { marks.insert(.isWrite) }
    if packet.opcode.hasRemoteAccess { marks.insert(.hasDeclared) }
    declaredBytes = packet.wholeByteCount
    start = packet.time
    end = packet.time
    bytes = 0
    packets = 0
  }

  @inline(__always)
  private mutating func add(_ packet: LanePacket, sequence: UInt32) {
    opcode = LaneOpcode.none
    if packet.opcode.ends {
      marks.insert(.hasEnded)
    } else {
      if pathMTUCode == 0 { learn(packet.payloadByteCount) }
      if pathMTUCode > 0 { opcode = packet.opcode.middle }
    }
    expected = SequenceNumber.advanced(sequence, by: 1)
    bytes &+= Int64(packet.payloadByteCount)
    packets &+= 1
    start = min(start, packet.time)
    end = max(end, packet.time)
  }

  /// Takes the next packet even when the beginning of its message was not captured.
  mutating func takeAnyway(
    _ packet: LanePacket, sequence: UInt32, _ endpoints: Span<LaneEndpoints>, _ number: Int,
    into messages: inout AssembledMessages
  ) {
    if takeInOrder(packet, sequence: sequence, endpoints, number, into: &messages) { return }
    if packets > 0 { append(endpoints[number], to: &messages) }
    begin(packet)
    marks.insert(.isHeadless)
    add(packet, sequence: sequence)
  }

  /// The gap before the start is forgotten once the lane has gone far enough past it.
  mutating func forgetStart(before sequence: UInt32) {
    guard mode == .inOrder, marks.contains(.isOpenAtStart), sequence == orderChangesAt,
      sequence == expected
    else { return }
    marks.remove(.isOpenAtStart)
    orderChangesAt = Self.never
  }

  private mutating func learn(_ payloadByteCount: UInt16) {
    let found = OutstandingRead.pathMTUs.firstIndex(of: Int64(payloadByteCount))
    if let found { pathMTUCode = UInt8(truncatingIfNeeded: found + 1) }
  }

  var pathMTU: Int64 { pathMTUCode == 0 ? 0 : OutstandingRead.pathMTUs[Int(pathMTUCode) - 1] }
}

// MARK: - To and from the careful flow

extension QueuePairLane {
  /// The message under way as the flow keeps it.
  private var messageInProgress: MessageInProgress? {
    guard packets > 0 else { return nil }
    var message = MessageInProgress(kind: kind, time: start)
    message.end = end
    message.bytes = bytes
    message.packets = packets
    message.declaredBytes = marks.contains(.hasDeclared) ? Int64(declaredBytes) : nil
    message.hasEnded = marks.contains(.hasEnded)
    message.number = messageNumber
    message.startSequence = (expected &- UInt32(bitPattern: packets)) & SequenceNumber.mask
    message.isHeadless = marks.contains(.isHeadless)
    return message
  }

  /// Gives a flow what the lane owned.
  func hand(to flow: inout QueuePairFlow) {
    flow.hasStarted = true
    flow.expected = expected
    flow.messageNumber = messageNumber
    flow.current = messageInProgress
    flow.pathMTU = pathMTU
    if marks.contains(.isOpenAtStart) {
      // That of the start is the only gap, and it ends where the lane began.
      let end = orderChangesAt &- (UInt32(QueuePairFlow.maximumJump) &- QueuePairFlow.openStart)
      flow.gaps.add(
        from: (end &- QueuePairFlow.openStart) & SequenceNumber.mask,
        to: end & SequenceNumber.mask, missing: 0, message: 1)
    }
  }

  /// Takes over from a flow that is in order.
  mutating func take(over flow: QueuePairFlow) {
    mode = .inOrder
    opcode = LaneOpcode.none
    marks = []
    packets = 0
    expected = flow.expected
    messageNumber = flow.messageNumber
    orderChangesAt = flow.gaps.forgetsAt ?? Self.never
    pathMTUCode = 0
    if let index = OutstandingRead.pathMTUs.firstIndex(of: flow.pathMTU) {
      pathMTUCode = UInt8(truncatingIfNeeded: index + 1)
    }
    guard let message = flow.current else { return }
    if message.kind == .write { marks.insert(.isWrite) }
    if message.hasEnded { marks.insert(.hasEnded) }
    if message.isHeadless { marks.insert(.isHeadless) }
    if let declared = message.declaredBytes {
      marks.insert(.hasDeclared)
      declaredBytes = UInt32(truncatingIfNeeded: declared)
    }
    start = message.start
    end = message.end
    bytes = message.bytes
    packets = message.packets
  }
}

extension QueuePairFlow {
  /// True when a lane can go on: nothing is held, missing, repeated or awaited.
  @inline(__always)
  var isInOrder: Bool {
    guard held.isEmpty, hasStarted, !isResponse, missingBefore == 0, openSpan == nil,
      awaitedReads.isEmpty, gaps.count <= gapLimit, gaps.keptCount <= gapLimit,
      // A READ request may have stepped over the number at which the oldest gap is forgotten.
      gaps.forgetsAt.map({ SequenceNumber.distance(from: expected, to: $0) >= 0 }) ?? true
    else { return false }
    guard let current else { return true }
    return current.packets > 0 && current.missingPackets == 0 && current.repeatedBytes == 0
      && (current.kind == .write || current.kind == .send)
      && SequenceNumber.distance(from: current.startSequence, to: expected) == current.packets
  }
}

extension QueuePairLane {
  /// Takes a packet into its lane, when its turn has come there.
  ///
  /// - Returns: false, and nothing is done, when it needs more care.
  @inline(__always)
  static func take(
    _ packet: LanePacket, sequence: UInt32, lane number: Int,
    _ lanes: inout MutableSpan<QueuePairLane>, _ endpoints: Span<LaneEndpoints>,
    _ starts: inout LaneStarts,
    into messages: inout AssembledMessages
  ) -> Bool {
    lanes[number].takeMiddle(packet, sequence: sequence)
      || takeOther(
        packet, sequence: sequence, lane: number, &lanes, endpoints, &starts, into: &messages)
  }

  // Apart, so that the loop over packets that only go on is short.
  @inline(never)
  private static func takeOther(
    _ packet: LanePacket, sequence: UInt32, lane number: Int,
    _ lanes: inout MutableSpan<QueuePairLane>, _ endpoints: Span<LaneEndpoints>,
    _ starts: inout LaneStarts,
    into messages: inout AssembledMessages
  ) -> Bool {
    switch lanes[number].mode {
    case .inOrder:
      guard sequence == lanes[number].expected, sequence != lanes[number].orderChangesAt else {
        return false
      }
      return lanes[number].takeInOrder(
        packet, sequence: sequence, endpoints, number, into: &messages)
    case .starting:
      return lanes[number].holdAtStart(
        packet, sequence: sequence, &starts, endpoints, number, into: &messages)
    case .careful: return false
    }
  }
}
