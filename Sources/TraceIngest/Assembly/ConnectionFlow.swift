internal import TraceModel

/// One direction of a TCP connection: each byte counted once, cut into messages by idle gaps.
struct ConnectionFlow {
  /// Bytes of a gap or of a step back beyond which it is a new connection on the same ports.
  static let maximumJump: Int32 = 1 << 28
  /// Gaps remembered per flow, so that late segments fill them.
  static let maximumGaps = 16
  /// Bytes sent before the first captured segment that may still come late.
  static let openStart: UInt32 = 1 << 16

  /// Sequence numbers that were passed over, `start` up to but not including `end`.
  private struct Gap {
    var start: UInt32
    var end: UInt32
    /// False for what precedes the first captured segment.
    var isMissing = true
    var byteCount: UInt32 { end &- start }
  }

  let source: Int32
  let destination: Int32
  let channel: UInt32
  private var hasStarted = false
  private var expected: UInt32 = 0
  private var gaps: [Gap] = []
  private var largestSegment: Int64 = 1
  private var current: MessageInProgress?
  /// Where the new bytes of the message under way lie, `start` up to but not including `end`.
  private var span: (start: UInt32, end: UInt32)?
  /// The time of the last segment.
  private(set) var lastTime = Int64.min

  init(source: Int32, destination: Int32, channel: UInt32) {
    self.source = source
    self.destination = destination
    self.channel = channel
  }

  /// Takes a segment with payload; `opens` when it also opens the connection.
  mutating func accept(
    sequence: UInt32, byteCount: Int, opens: Bool, time: Int64, idleGap: Int64,
    into messages: inout AssembledMessages
  ) {
    lastTime = time
    if !hasStarted { start(at: sequence, opens: opens) }
    var distance = Int32(bitPattern: sequence &- expected)
    if distance > Self.maximumJump || distance < -Self.maximumJump {
      restart(into: &messages)
      start(at: sequence, opens: opens)
      distance = 0
    }
    let count = Int32(truncatingIfNeeded: byteCount)
    var fresh = Int64(max(0, min(count, distance &+ count)))
    if distance < 0 { fresh += fillGaps(from: sequence, byteCount: min(count, 0 &- distance)) }
    if fresh > 0, let open = current, Self.isIdle(from: open.end, to: time, longerThan: idleGap) {
      close(into: &messages)
    }
    if distance > 0 { addGap(Gap(start: expected, end: sequence)) }
    if distance &+ count > 0 { expected = sequence &+ UInt32(truncatingIfNeeded: byteCount) }
    largestSegment = max(largestSegment, Int64(byteCount))
    if current == nil { current = MessageInProgress(kind: .tcp, time: time) }
    if fresh > 0 {
      current?.add(time: time, bytes: fresh)
      extendSpan(from: sequence, to: sequence &+ UInt32(truncatingIfNeeded: byteCount))
    }
    current?.repeatedBytes &+= Int64(byteCount) - fresh
  }

  private mutating func start(at sequence: UInt32, opens: Bool) {
    hasStarted = true
    expected = sequence
    // The first captured segment may have overtaken others, unless it is the first of all.
    if !opens {
      gaps.append(Gap(start: sequence &- Self.openStart, end: sequence, isMissing: false))
    }
  }

  /// Times come from the file and may lie further apart than 64 bits can say.
  private static func isIdle(from end: Int64, to time: Int64, longerThan gap: Int64) -> Bool {
    time > end && UInt64(bitPattern: time &- end) > UInt64(max(0, gap))
  }

  /// A new connection on the same ports.
  mutating func restart(into messages: inout AssembledMessages) {
    finish(into: &messages)
    hasStarted = false
  }

  mutating func finish(into messages: inout AssembledMessages) {
    while !gaps.isEmpty { giveUpOldestGap() }
    close(into: &messages)
  }

  private mutating func close(into messages: inout AssembledMessages) {
    guard let current else { return }
    messages.append(
      current.message(source: source, destination: destination, channel: channel),
      at: MessagePlace(
        sequence: span?.start ?? expected, count: span.map { $0.end &- $0.start } ?? 0))
    self.current = nil
    span = nil
  }

  private mutating func extendSpan(from start: UInt32, to end: UInt32) {
    guard let old = span else {
      span = (start, end)
      return
    }
    span = (
      Int32(bitPattern: start &- old.start) < 0 ? start : old.start,
      Int32(bitPattern: end &- old.end) > 0 ? end : old.end
    )
  }

  private mutating func addGap(_ gap: Gap) {
    if gaps.count == Self.maximumGaps { giveUpOldestGap() }
    gaps.append(gap)
  }

  private mutating func giveUpOldestGap() {
    let gap = gaps.removeFirst()
    guard gap.isMissing else { return }
    current?.addMissing((Int64(gap.byteCount) + largestSegment - 1) / largestSegment)
  }

  /// Bytes of a segment that lie in gaps; they are gaps no longer.
  private mutating func fillGaps(from sequence: UInt32, byteCount: Int32) -> Int64 {
    var filled: Int64 = 0
    var index = 0
    while index < gaps.count {
      let gap = gaps[index]
      // Relative to the gap's start, where wrapping does no harm.
      let start = max(0, Int32(bitPattern: sequence &- gap.start))
      let end = min(
        Int32(truncatingIfNeeded: gap.byteCount),
        Int32(bitPattern: sequence &- gap.start) &+ byteCount)
      guard start < end else {
        index += 1
        continue
      }
      filled += Int64(end - start)
      gaps.remove(at: index)
      let tail = Gap(
        start: gap.start &+ UInt32(end), end: gap.end, isMissing: gap.isMissing)
      if tail.byteCount > 0 { gaps.insert(tail, at: index) }
      if start > 0 {
        gaps.insert(
          Gap(
            start: gap.start, end: gap.start &+ UInt32(start), isMissing: gap.isMissing),
          at: index)
      }
      index += (start > 0 ? 1 : 0) + (tail.byteCount > 0 ? 1 : 0)
    }
    return filled
  }
}
