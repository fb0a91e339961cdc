internal import PacketFormats
internal import TraceModel

/// Packets to one queue pair of one address, put back into the order in which they were sent and
/// cut into messages.
///
/// Requests and READ responses to the same queue pair are two flows: responses carry the sequence
/// numbers of the other direction's requests. The first packets are held until the earliest of them
/// is likely known. Later, a packet that arrives before its turn is held back; when too many are
/// held, the packets that they wait for count as missing, until they come after all. Any other
/// packet whose turn is over was seen before: its bytes count as repeated.
struct QueuePairFlow {
  /// Packets held back per flow: more than switches reorder, little enough for many flows.
  static let maximumHeld = 512
  /// A larger jump of sequence numbers is a new connection on the same queue pair.
  static let maximumJump: Int32 = 65_536
  /// Packets sent before the first captured one that may still come late.
  static let openStart: UInt32 = 64

  let destination: Int32
  /// Destination queue pair.
  let channel: UInt32
  let isResponse: Bool
  var source: Int32
  private(set) var hasStarted = false
  /// The next packet's sequence number.
  private(set) var expected: UInt32 = 0
  /// Packets before their turn, by sequence number; before the start, all.
  private var held: [QueuePairPacket] = []
  private(set) var current: MessageInProgress?
  /// The number of the last message that began.
  private var messageNumber: Int32 = 0
  /// Packets found missing that belong to the next message.
  private var missingBefore: Int64 = 0
  private var gaps = OpenGaps()
  private var gapLimit = 16
  /// Bytes per full packet, 0 while unknown.
  private(set) var pathMTU: Int64 = 0
  /// A READ request whose span is not known yet because the path MTU is not.
  private var openSpan: OutstandingRead?

  /// READ requests of this flow or, for a flow of responses, those that it answers.
  var awaitedReads = AwaitedReads()
  /// READs whose responses the capture does not hold.
  private(set) var lostReads: Int64 = 0
  /// Bytes that those asked for.
  private(set) var lostReadBytes: Int64 = 0
  /// The flow of the responses to this flow's requests, or of the requests to these responses.
  var partner: Int?
  private(set) var restarts: Int64 = 0

  init(source: Int32, destination: Int32, channel: UInt32, isResponse: Bool) {
    self.source = source
    self.destination = destination
    self.channel = channel
    self.isResponse = isResponse
  }

  /// Takes one packet.
  mutating func accept(
    _ packet: QueuePairPacket, limits: AssemblyLimits, into messages: inout MessageTable
  ) {
    gapLimit = isResponse ? min(16, limits.gaps) : limits.gaps
    place(packet, into: &messages)
    if !hasStarted, !waitsToStart(packet, window: limits.startWindow) {
      settleStart(into: &messages)
    }
  }

  private mutating func place(_ packet: QueuePairPacket, into messages: inout MessageTable) {
    if hasStarted {
      arrange(packet, into: &messages)
    } else {
      holdAtStart(packet, into: &messages)
    }
  }

  // MARK: Start

  /// Packets held because the first sequence number is not settled.
  var packetsAtStart: [QueuePairPacket] { hasStarted ? [] : held }

  private mutating func holdAtStart(
    _ packet: QueuePairPacket, into messages: inout MessageTable
  ) {
    if let first = held.first {
      let distance = SequenceNumber.distance(from: first.sequence, to: packet.sequence)
      if packet.source != source || abs(distance) > Self.maximumJump / 2 {
        restart(with: packet, into: &messages)
      }
    }
    source = packet.source
    // Stable, so that of two equal packets the first seen counts.
    var index = held.count
    while index > 0,
      SequenceNumber.distance(from: held[index - 1].sequence, to: packet.sequence) < 0
    {
      index -= 1
    }
    held.insert(packet, at: index)
  }

  /// READ requests are wanted by the flow of their responses at once, and tell it where to start.
  private func waitsToStart(_ packet: QueuePairPacket, window: Int) -> Bool {
    packet.operation != .readRequest && partner == nil && held.count < window
  }

  /// Takes the held packets in their order, from the earliest one on.
  mutating func settleStart(into messages: inout MessageTable) {
    guard !hasStarted, let first = held.first else { return }
    let packets = held
    held = []
    hasStarted = true
    // Even the earliest may have overtaken the one that begins its response.
    let read = isResponse ? awaitedReads.read(covering: first.sequence, pathMTU: pathMTU) : nil
    expected = read?.sequence ?? first.sequence
    gaps.add(
      from: (expected &- Self.openStart) & SequenceNumber.mask, to: expected, missing: 0,
      message: messageNumber &+ 1)
    for packet in packets { place(packet, into: &messages) }
  }

  /// Puts a packet in its place among the others.
  private mutating func arrange(
    _ packet: QueuePairPacket, into messages: inout MessageTable
  ) {
    if packet.source != source {
      restart(with: packet, into: &messages)
      return holdAtStart(packet, into: &messages)
    }
    settleOpenSpan(before: packet.sequence)
    let distance = SequenceNumber.distance(from: expected, to: packet.sequence)
    if distance == 0 {
      deliver(packet, into: &messages)
    } else if startsElsewhere(packet, distance: distance) {
      if distance > 0, distance <= Self.maximumHeld, partner == nil {
        gaps.add(
          from: expected, to: packet.sequence, missing: 0, message: messageNumber &+ 1)
      }
      expected = packet.sequence
      deliver(packet, into: &messages)
    } else if distance > Self.maximumJump || distance < -Self.maximumJump {
      restart(with: packet, into: &messages)
      return holdAtStart(packet, into: &messages)
    } else if distance > 0 {
      hold(packet, distance: distance, into: &messages)
    } else {
      passed(packet, into: &messages)
    }
    if !held.isEmpty { deliverHeld(into: &messages) }
  }

  /// Requests that are no READs use up sequence numbers without a response, so a new response may
  /// begin anywhere ahead once the one before it is whole.
  private func startsElsewhere(_ packet: QueuePairPacket, distance: Int32) -> Bool {
    isResponse && packet.place.begins && (distance > 0 || distance < -Self.maximumJump)
      && (current?.hasEnded ?? true) && !awaitedReads.isOvertaking(packet.sequence)
  }

  // MARK: Order

  private mutating func hold(
    _ packet: QueuePairPacket, distance: Int32, into messages: inout MessageTable
  ) {
    var index = held.count
    while index > 0 {
      let other = SequenceNumber.distance(from: expected, to: held[index - 1].sequence)
      if other == distance { return repeated(packet) }
      if other < distance { break }
      index -= 1
    }
    held.insert(packet, at: index)
    if held.count > Self.maximumHeld { giveUpFirstGap(into: &messages) }
  }

  /// Declares the packets before the first held one missing.
  private mutating func giveUpFirstGap(into messages: inout MessageTable) {
    guard let first = held.first else { return }
    noteMissing(before: first)
    expected = first.sequence
    openSpan = nil
    deliverHeld(into: &messages)
  }

  private mutating func noteMissing(before packet: QueuePairPacket) {
    let distance = Int64(SequenceNumber.distance(from: expected, to: packet.sequence))
    // A READ request of unknown span explains the gap.
    guard distance > 0, openSpan == nil else { return }
    var missing = distance
    var message = messageNumber
    if current?.hasEnded ?? true {
      // Numbers between two READs may belong to other requests, but a response has a first packet.
      if isResponse { missing = packet.place.begins ? 0 : 1 }
      missingBefore += missing
      message &+= 1
    } else {
      if let end = responseEnd {
        let toCome = Int64(SequenceNumber.distance(from: expected, to: end))
        missing = max(0, min(distance, toCome))
      } else if isResponse, packet.place.begins {
        missing = 1
      }
      current?.addMissing(missing)
    }
    gaps.add(from: expected, to: packet.sequence, missing: missing, message: message)
  }

  /// The number after the last packet of the current READ response, when its length is known.
  private var responseEnd: UInt32? {
    guard isResponse, pathMTU > 0, let current, let declared = current.declaredBytes else {
      return nil
    }
    let read = OutstandingRead(sequence: current.startSequence, byteCount: declared, time: 0)
    return SequenceNumber.advanced(
      current.startSequence, by: UInt32(truncatingIfNeeded: read.packetCount(pathMTU: pathMTU)))
  }

  /// Delivers held packets whose turn has come, and drops those whose turn is over.
  private mutating func deliverHeld(into messages: inout MessageTable) {
    var count = 0
    while count < held.count {
      let packet = held[count]
      settleOpenSpan(before: packet.sequence)
      let distance = SequenceNumber.distance(from: expected, to: packet.sequence)
      if distance > 0 { break }
      if distance == 0 {
        deliver(packet, into: &messages)
      } else {
        passed(packet, into: &messages)
      }
      count += 1
    }
    if count > 0 { held.removeFirst(count) }
  }

  /// Takes a packet whose turn is over: late when it was missing until now, else repeated.
  private mutating func passed(_ packet: QueuePairPacket, into messages: inout MessageTable) {
    if !gaps.isEmpty, packet.operation != .readRequest {
      let (source, destination, channel) = (source, destination, channel)
      let isLate = gaps.take(
        packet, current: &current, missingBefore: &missingBefore, expected: expected
      ) { messages.append($0.message(source: source, destination: destination, channel: channel)) }
      if isLate { return }
    }
    repeated(packet)
  }

  private mutating func repeated(_ packet: QueuePairPacket) {
    if current == nil { current = MessageInProgress(kind: packet.kind, time: packet.time) }
    current?.repeatedBytes &+= packet.dataByteCount
  }

  /// Ends what is under way because the packet belongs to another connection.
  private mutating func restart(
    with packet: QueuePairPacket, into messages: inout MessageTable
  ) {
    end(into: &messages)
    restarts += 1
    hasStarted = false
    source = packet.source
    openSpan = nil
    missingBefore = 0
    pathMTU = 0
  }

  private mutating func end(into messages: inout MessageTable) {
    while !packetsAtStart.isEmpty { settleStart(into: &messages) }
    flushHeld(into: &messages)
    close(into: &messages)
    closeGaps(into: &messages)
    for read in awaitedReads.takeAll() { appendLost(read, into: &messages) }
  }

  private mutating func flushHeld(into messages: inout MessageTable) {
    while !held.isEmpty { giveUpFirstGap(into: &messages) }
  }

  // MARK: Messages

  private mutating func deliver(
    _ packet: QueuePairPacket, into messages: inout MessageTable
  ) {
    expected = SequenceNumber.advanced(packet.sequence, by: 1)
    if packet.operation == .readRequest { return request(packet) }
    if !gaps.isEmpty { trimGaps(into: &messages) }
    if !continues(packet) { begin(packet, into: &messages) }
    current?.add(packet)
    if packet.place == .first || packet.place == .middle {
      learn(pathMTU: packet.payloadByteCount)
    }
  }

  /// True when the packet belongs to the message that is under way.
  private func continues(_ packet: QueuePairPacket) -> Bool {
    guard !packet.place.begins, let current, !current.hasEnded, current.kind == packet.kind else {
      return false
    }
    return responseEnd.map { SequenceNumber.distance(from: packet.sequence, to: $0) > 0 } ?? true
  }

  private mutating func begin(_ packet: QueuePairPacket, into messages: inout MessageTable) {
    close(into: &messages)
    var message = MessageInProgress(kind: packet.kind, time: packet.time)
    messageNumber &+= 1
    message.number = messageNumber
    message.startSequence = packet.sequence
    message.isHeadless = !packet.place.begins
    if packet.place.begins { message.declaredBytes = packet.wholeByteCount }
    if isResponse {
      let (read, lost) = awaitedReads.take(covering: packet.sequence, pathMTU: pathMTU)
      for read in lost { appendLost(read, into: &messages) }
      // The bytes of what is lost are counted: its packets must not add them again.
      if !lost.isEmpty { closeGaps(into: &messages) }
      if let read {
        message.declaredBytes = read.byteCount
        message.startSequence = read.sequence
        message.isHeadless = false
        missingBefore = Int64(SequenceNumber.distance(from: read.sequence, to: packet.sequence))
      }
    }
    message.addMissing(missingBefore)
    missingBefore = 0
    current = message
  }

  /// Appends a READ of which only the request was captured: its length is known, and its ends.
  mutating func appendLost(_ read: OutstandingRead, into messages: inout MessageTable) {
    lostReads += 1
    lostReadBytes &+= read.byteCount
    messages.append(
      Message(
        source: isResponse ? source : destination, destination: isResponse ? destination : source,
        channel: isResponse ? channel : 0, kind: .read, start: read.time, end: read.time,
        bytes: read.byteCount, packets: 0,
        missingPackets: Int32(clamping: read.packetCount(pathMTU: pathMTU))))
  }

  private mutating func close(into messages: inout MessageTable) {
    guard let current else { return }
    if gaps.isHoled(current) {
      gaps.keep(current)
    } else if current.packets > 0 || current.repeatedBytes > 0 {
      messages.append(
        current.message(source: source, destination: destination, channel: channel))
    }
    self.current = nil
  }

  private mutating func trimGaps(into messages: inout MessageTable) {
    let (source, destination, channel) = (source, destination, channel)
    gaps.trim(to: gapLimit, expected: expected) {
      messages.append($0.message(source: source, destination: destination, channel: channel))
    }
  }

  private mutating func closeGaps(into messages: inout MessageTable) {
    let (source, destination, channel) = (source, destination, channel)
    gaps.close {
      messages.append($0.message(source: source, destination: destination, channel: channel))
    }
  }

  /// Emits what is left at the end of the input.
  ///
  /// True when the last message was not whole.
  mutating func finish(into messages: inout MessageTable) -> Bool {
    while !packetsAtStart.isEmpty { settleStart(into: &messages) }
    flushHeld(into: &messages)
    let isUnfinished = current.map { !$0.hasEnded && $0.packets > 0 } ?? false
    end(into: &messages)
    return isUnfinished
  }

  // MARK: READ requests

  /// True when one of this flow's READ requests can have the packet for its response.
  func awaitsResponse(_ packet: QueuePairPacket) -> Bool {
    if packet.place.begins { return awaitedReads.begins(at: packet.sequence) }
    let full = pathMTU == 0 && packet.place == .middle ? packet.payloadByteCount : pathMTU
    return awaitedReads.read(covering: packet.sequence, pathMTU: full) != nil
  }

  private mutating func request(_ packet: QueuePairPacket) {
    guard let byteCount = packet.wholeByteCount else {
      // The capture cut the length: the next packet shows where the span ends.
      openSpan = OutstandingRead(sequence: packet.sequence, byteCount: .max, time: packet.time)
      return
    }
    let read = OutstandingRead(
      sequence: packet.sequence, byteCount: byteCount, time: packet.time)
    awaitedReads.append(read)
    if pathMTU > 0 { advance(over: read) } else { openSpan = read }
  }

  private mutating func advance(over read: OutstandingRead) {
    let count = read.packetCount(pathMTU: pathMTU)
    expected = SequenceNumber.advanced(read.sequence, by: UInt32(truncatingIfNeeded: count))
    openSpan = nil
  }

  /// With the path MTU unknown, the next request's number tells it, when it fits one of the five.
  private mutating func settleOpenSpan(before sequence: UInt32) {
    guard let read = openSpan else { return }
    let distance = Int64(SequenceNumber.distance(from: read.sequence, to: sequence))
    guard distance > 0 else { return }
    if read.byteCount == .max {
      expected = sequence
      openSpan = nil
      return
    }
    for pathMTU in OutstandingRead.pathMTUs where read.packetCount(pathMTU: pathMTU) == distance {
      expected = sequence
      openSpan = nil
      if distance > 1 { self.pathMTU = pathMTU }
      return
    }
  }

  /// Full packets show the path MTU, to this flow or, for responses, to that of the requests.
  mutating func learn(pathMTU value: Int64) {
    guard pathMTU == 0, OutstandingRead.pathMTUs.contains(value) else { return }
    pathMTU = value
    if let read = openSpan, read.byteCount != .max { advance(over: read) }
  }
}
