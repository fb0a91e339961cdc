internal import PacketFormats
internal import TraceModel

/// Sequence numbers that a flow went past, and the messages that miss them.
///
/// Captures of several places may show a packet thousands of packets late. Such a packet is taken
/// when it lies in a gap, and one of a gap's packets fewer is then missing. A message is handed on
/// once no gap of its own is left.
struct OpenGaps {
  /// `start` up to but not including `end`.
  private struct Gap {
    var start: UInt32
    var end: UInt32
    /// How many packets of it count as missing in its message.
    var missing: Int32
    /// The number of the message that misses it.
    var message: Int32
  }

  private var gaps = SlidingArray<Gap>()
  private var messages = SlidingArray<MessageInProgress>()
  /// A message of which all was late, and the sequence number that would continue it.
  private var late: (message: MessageInProgress, next: UInt32)?

  var isEmpty: Bool { gaps.isEmpty && messages.isEmpty && late == nil }

  var count: Int { gaps.count }

  /// How many messages wait for packets of theirs.
  var keptCount: Int { messages.count }

  /// The sequence number whose delivery makes the oldest gap too old, or nil without gaps.
  var forgetsAt: UInt32? {
    gaps.first.map { SequenceNumber.advanced($0.start, by: UInt32(QueuePairFlow.maximumJump)) }
  }

  /// True when a message has a gap that may still be filled.
  func isHoled(_ message: MessageInProgress) -> Bool {
    message.missingPackets > 0 && gaps.last.map { $0.message >= message.number } ?? false
  }

  /// Adds the numbers from `start` to `end`, `missing` of which count in the message numbered
  /// `message`.
  mutating func add(from start: UInt32, to end: UInt32, missing: Int64, message: Int32) {
    gaps.append(
      Gap(start: start, end: end, missing: Int32(clamping: missing), message: message))
  }

  /// Keeps a message that misses packets.
  mutating func keep(_ message: MessageInProgress) { messages.append(message) }

  /// Tells a kept response the length of the READ that it answers.
  mutating func takeLength(of read: OutstandingRead, pathMTU: Int64) {
    for index in 0..<messages.count where messages[index].answers(read, pathMTU: pathMTU) {
      messages[index].takeLength(of: read)
    }
  }

  /// The end of the gap in which a sequence number lies, or nil when it lies in none.
  func endOfGap(with sequence: UInt32, expected: UInt32) -> UInt32? {
    gap(with: sequence, expected: expected).map { gaps[$0].end }
  }

  /// True when a kept message goes on at a sequence number, and its first packets are missing.
  func keepsHeadless(at sequence: UInt32) -> Bool {
    (0..<messages.count).contains { messages[$0].isHeadless(at: sequence) }
  }

  /// The gap in which a sequence number lies, or nil.
  private func gap(with sequence: UInt32, expected: UInt32) -> Int? {
    let age = SequenceNumber.distance(from: sequence, to: expected)
    // The last gap that begins at or before the number; ages fall along the list.
    let index =
      gaps.partition { SequenceNumber.distance(from: $0.start, to: expected) >= age } - 1
    guard index >= 0, SequenceNumber.distance(from: sequence, to: gaps[index].end) > 0 else {
      return nil
    }
    return index
  }

  // MARK: Late packets

  /// Takes a packet that lies in a gap.
  ///
  /// `current` is the message under way, `missingBefore` what the next one misses, `expected` the
  /// number up to which the flow has come. False when the packet lies in no gap.
  mutating func take(
    _ packet: QueuePairPacket, current: inout MessageInProgress?, missingBefore: inout Int64,
    expected: UInt32, emit: (MessageInProgress) -> Void
  ) -> Bool {
    guard let index = gap(with: packet.sequence, expected: expected) else { return false }
    let gap = gaps[index]
    fill(index, with: packet.sequence)
    let owner = messages.partition { $0.number < gap.message }
    let isKept = owner < messages.count && messages[owner].number == gap.message
    let isCurrent = current?.number == gap.message
    if continuesLate(packet) {
      late?.message.add(packet)
      late?.next = SequenceNumber.advanced(packet.sequence, by: 1)
    } else if isCurrent, current?.takeLate(packet) == true {
      return true
    } else if isKept, messages[owner].takeLate(packet) {
      settle(emit)
      return true
    } else {
      begin(packet, emit)
    }
    if gap.missing > 0 {
      if isCurrent {
        current?.addMissing(-1)
      } else if isKept {
        messages[owner].addMissing(-1)
      } else {
        missingBefore = max(0, missingBefore - 1)
      }
    }
    settle(emit)
    return true
  }

  private func continuesLate(_ packet: QueuePairPacket) -> Bool {
    guard let late, !packet.place.begins else { return false }
    return late.next == packet.sequence && late.message.kind == packet.kind
  }

  /// A late packet of a message that nothing else was seen of.
  private mutating func begin(_ packet: QueuePairPacket, _ emit: (MessageInProgress) -> Void) {
    var message = MessageInProgress(kind: packet.kind, time: packet.time)
    message.add(packet)
    if packet.place == .only { return emit(message) }
    if let late { emit(late.message) }
    late = (message, SequenceNumber.advanced(packet.sequence, by: 1))
  }

  /// Takes one number out of a gap.
  private mutating func fill(_ index: Int, with sequence: UInt32) {
    let gap = gaps[index]
    let after = SequenceNumber.advanced(sequence, by: 1)
    gaps[index].missing = max(0, gap.missing - 1)
    if sequence == gap.start, after == gap.end {
      gaps.remove(at: index)
    } else if sequence == gap.start {
      gaps[index].start = after
    } else {
      gaps[index].end = sequence
      if after == gap.end { return }
      let before = SequenceNumber.distance(from: gap.start, to: sequence)
      let missing = gaps[index].missing
      gaps[index].missing = min(missing, before)
      gaps.insert(
        Gap(
          start: after, end: gap.end, missing: max(0, missing - before), message: gap.message),
        at: index + 1)
    }
  }

  // MARK: Giving up for good

  /// Forgets the oldest gaps beyond `limit` and those that lie too far back to be told from a new
  /// connection.
  mutating func trim(to limit: Int, expected: UInt32, emit: (MessageInProgress) -> Void) {
    var count = max(0, gaps.count - limit)
    while count < gaps.count,
      SequenceNumber.distance(from: gaps[count].start, to: expected) > QueuePairFlow.maximumJump
    {
      count += 1
    }
    if messages.count > limit, let oldest = messages.first?.number {
      while count < gaps.count, gaps[count].message <= oldest { count += 1 }
    }
    guard count > 0 else { return }
    gaps.removeFirst(count)
    settle(emit)
  }

  /// Forgets all gaps; what is missing stays missing.
  mutating func close(emit: (MessageInProgress) -> Void) {
    gaps.removeAll()
    settle(emit)
    if let late { emit(late.message) }
    late = nil
  }

  /// Hands on the oldest messages that no gap belongs to any more.
  private mutating func settle(_ emit: (MessageInProgress) -> Void) {
    var count = 0
    while count < messages.count,
      gaps.first.map({ $0.message > messages[count].number }) ?? true
    {
      emit(messages[count])
      count += 1
    }
    if count > 0 { messages.removeFirst(count) }
  }
}
