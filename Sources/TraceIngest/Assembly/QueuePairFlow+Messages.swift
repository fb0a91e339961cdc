internal import PacketFormats
internal import TraceModel

extension QueuePairFlow {
  mutating func deliver(
    _ packet: QueuePairPacket, into messages: inout AssembledMessages
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
  func continues(_ packet: QueuePairPacket) -> Bool {
    guard !packet.place.begins, let current, !current.hasEnded, current.kind == packet.kind else {
      return false
    }
    return responseEnd.map { SequenceNumber.distance(from: packet.sequence, to: $0) > 0 } ?? true
  }

  mutating func begin(_ packet: QueuePairPacket, into messages: inout AssembledMessages) {
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
        unrequested.pass(read)
      } else {
        unrequested.note(packet, limit: unrequestedLimit)
      }
    }
    message.addMissing(missingBefore)
    if message.isHeadless { message.missingAtStart = message.missingPackets }
    if message.startSequence == packet.sequence {
      message.precedingPackets = message.missingPackets
    }
    missingBefore = 0
    current = message
  }

  /// Appends a READ of which only the request was captured: its length is known, and its ends.
  mutating func appendLost(_ read: OutstandingRead, into messages: inout AssembledMessages) {
    lostReads += 1
    lostReadBytes &+= read.byteCount
    messages.append(
      Message(
        source: isResponse ? source : destination, destination: isResponse ? destination : source,
        channel: isResponse ? channel : 0, kind: .read, start: read.time, end: read.time,
        bytes: read.byteCount, packets: 0,
        missingPackets: Int32(clamping: read.packetCount(pathMTU: pathMTU))),
      at: MessagePlace(
        sequence: read.sequence,
        count: UInt32(clamping: read.packetCount(pathMTU: pathMTU)), isRequestOnly: true))
  }

  mutating func close(into messages: inout AssembledMessages) {
    guard let current else { return }
    if gaps.isHoled(current) {
      gaps.keep(current)
    } else if current.packets > 0 || current.repeatedBytes > 0 {
      messages.append(
        current.message(source: source, destination: destination, channel: channel),
        at: current.place)
    }
    self.current = nil
  }

  mutating func trimGaps(into messages: inout AssembledMessages) {
    let (source, destination, channel) = (source, destination, channel)
    gaps.trim(to: gapLimit, expected: expected) {
      messages.append(
        $0.message(source: source, destination: destination, channel: channel), at: $0.place)
    }
  }

  mutating func closeGaps(into messages: inout AssembledMessages) {
    let (source, destination, channel) = (source, destination, channel)
    gaps.close {
      messages.append(
        $0.message(source: source, destination: destination, channel: channel), at: $0.place)
    }
  }

  /// Emits what is left at the end of the input.
  ///
  /// True when the last message was not whole.
  mutating func finish(into messages: inout AssembledMessages) -> Bool {
    while !packetsAtStart.isEmpty { settleStart(into: &messages) }
    flushHeld(into: &messages)
    let isUnfinished = current.map { !$0.hasEnded && $0.packets > 0 } ?? false
    end(into: &messages)
    return isUnfinished
  }
}
