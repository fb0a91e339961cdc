internal import PacketFormats
internal import TraceModel

/// Packets to one queue pair of one address, put back into the order in which they were sent and
/// cut into messages.
///
/// Requests and READ responses to the same queue pair are two flows: responses carry the sequence
/// numbers of the other direction's requests. A packet that arrives before its turn is held back;
/// when too many are held, the packets that they wait for count as missing. A packet whose turn is
/// over was seen before: its bytes count as repeated.
struct QueuePairFlow {
  /// Packets held back per flow: more than switches reorder, little enough for many flows.
  static let maximumHeld = 512
  /// A larger jump of sequence numbers is a new connection on the same queue pair.
  static let maximumJump: Int32 = 65_536

  let destination: Int32
  /// Destination queue pair.
  let channel: UInt32
  let isResponse: Bool
  var source: Int32
  private(set) var hasStarted = false
  /// The next packet's sequence number.
  private(set) var expected: UInt32 = 0
  /// Packets before their turn, by sequence number.
  private var held: [QueuePairPacket] = []
  private(set) var current: MessageInProgress?
  /// Packets found missing that belong to the next message.
  private var missingBefore: Int64 = 0
  /// Bytes per full packet, 0 while unknown.
  private(set) var pathMTU: Int64 = 0
  /// A READ request whose span is not known yet because the path MTU is not.
  private var openSpan: OutstandingRead?

  /// READ requests of this flow or, for a flow of responses, those that it answers.
  var awaitedReads = AwaitedReads()
  /// The sequence number of the current message's first packet, seen or not.
  private var currentStart: UInt32 = 0
  /// READs whose responses the capture does not hold.
  private(set) var lostReads: Int64 = 0
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
  mutating func accept(_ packet: QueuePairPacket, into messages: inout MessageTable) {
    if !hasStarted {
      hasStarted = true
      // The first packet may have overtaken the one that begins its response.
      expected =
        (isResponse ? awaitedReads.read(covering: packet.sequence, pathMTU: pathMTU) : nil)?
        .sequence ?? packet.sequence
      source = packet.source
    } else if packet.source != source {
      restart(with: packet, into: &messages)
    }
    settleOpenSpan(before: packet.sequence)
    let distance = SequenceNumber.distance(from: expected, to: packet.sequence)
    if distance == 0 {
      deliver(packet, into: &messages)
    } else if startsElsewhere(packet, distance: distance) {
      expected = packet.sequence
      deliver(packet, into: &messages)
    } else if distance > Self.maximumJump || distance < -Self.maximumJump {
      restart(with: packet, into: &messages)
      deliver(packet, into: &messages)
    } else if distance > 0 {
      hold(packet, distance: distance, into: &messages)
    } else {
      repeated(packet)
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
    if current?.hasEnded ?? true {
      // Numbers between two READs may belong to other requests, but a response has a first packet.
      missingBefore += isResponse ? (packet.place.begins ? 0 : 1) : distance
    } else if let end = responseEnd {
      let toCome = Int64(SequenceNumber.distance(from: expected, to: end))
      current?.addMissing(max(0, min(distance, toCome)))
    } else {
      current?.addMissing(isResponse && packet.place.begins ? 1 : distance)
    }
  }

  /// The number after the last packet of the current READ response, when its length is known.
  private var responseEnd: UInt32? {
    guard isResponse, pathMTU > 0, let declared = current?.declaredBytes else { return nil }
    let read = OutstandingRead(sequence: currentStart, byteCount: declared, time: 0)
    return SequenceNumber.advanced(
      currentStart, by: UInt32(truncatingIfNeeded: read.packetCount(pathMTU: pathMTU)))
  }

  /// Delivers held packets whose turn has come, and drops those whose turn is over.
  private mutating func deliverHeld(into messages: inout MessageTable) {
    var count = 0
    while count < held.count {
      let packet = held[count]
      settleOpenSpan(before: packet.sequence)
      let distance = SequenceNumber.distance(from: expected, to: packet.sequence)
      if distance > 0 { break }
      if distance == 0 { deliver(packet, into: &messages) } else { repeated(packet) }
      count += 1
    }
    if count > 0 { held.removeFirst(count) }
  }

  private mutating func repeated(_ packet: QueuePairPacket) {
    if current == nil { current = MessageInProgress(kind: packet.kind, time: packet.time) }
    current?.repeatedBytes &+= packet.dataByteCount
  }

  private mutating func restart(
    with packet: QueuePairPacket, into messages: inout MessageTable
  ) {
    flushHeld(into: &messages)
    close(into: &messages)
    for read in awaitedReads.takeAll() { appendLost(read, into: &messages) }
    restarts += 1
    source = packet.source
    expected = packet.sequence
    openSpan = nil
    missingBefore = 0
    pathMTU = 0
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
    if !continues(packet) { begin(packet, into: &messages) }
    current?.add(time: packet.time, bytes: packet.dataByteCount)
    if packet.place.ends { current?.hasEnded = true }
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
    currentStart = packet.sequence
    if packet.place.begins { message.declaredBytes = packet.wholeByteCount }
    if isResponse {
      let (read, lost) = awaitedReads.take(covering: packet.sequence, pathMTU: pathMTU)
      for read in lost { appendLost(read, into: &messages) }
      if let read {
        message.declaredBytes = read.byteCount
        currentStart = read.sequence
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
    messages.append(
      Message(
        source: isResponse ? source : destination, destination: isResponse ? destination : source,
        channel: isResponse ? channel : 0, kind: .read, start: read.time, end: read.time,
        bytes: read.byteCount, packets: 0,
        missingPackets: Int32(clamping: read.packetCount(pathMTU: pathMTU))))
  }

  private mutating func close(into messages: inout MessageTable) {
    guard let current else { return }
    if current.packets > 0 || current.repeatedBytes > 0 {
      messages.append(
        current.message(source: source, destination: destination, channel: channel))
    }
    self.current = nil
  }

  /// Emits what is left at the end of the input.
  ///
  /// True when the last message was not whole.
  mutating func finish(into messages: inout MessageTable) -> Bool {
    flushHeld(into: &messages)
    let isUnfinished = current.map { !$0.hasEnded && $0.packets > 0 } ?? false
    close(into: &messages)
    for read in awaitedReads.takeAll() { appendLost(read, into: &messages) }
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
