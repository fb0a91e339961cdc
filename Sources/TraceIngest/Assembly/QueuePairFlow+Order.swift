internal import PacketFormats
internal import TraceModel

extension QueuePairFlow {
  mutating func hold(
    _ packet: QueuePairPacket, distance: Int32, into messages: inout AssembledMessages
  ) {
    var index = held.count
    while index > 0 {
      let other = SequenceNumber.distance(from: expected, to: held[index - 1].sequence)
      if other == distance { return repeated(packet) }
      if other < distance { break }
      index -= 1
    }
    held.insert(packet, at: index)
    if held.count > heldLimit { giveUpFirstGap(into: &messages) }
  }

  /// Declares the packets before the first held one missing.
  mutating func giveUpFirstGap(into messages: inout AssembledMessages) {
    guard let first = held.first else { return }
    noteMissing(before: first)
    expected = first.sequence
    openSpan = nil
    deliverHeld(into: &messages)
  }

  mutating func noteMissing(before packet: QueuePairPacket) {
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
      } else if isResponse {
        // Another response may have begun among them.
        unrequested.doubt(before: packet.sequence)
      }
      current?.addMissing(missing)
    }
    gaps.add(from: expected, to: packet.sequence, missing: missing, message: message)
  }

  /// The number after the last packet of the current READ response, when its length is known.
  var responseEnd: UInt32? {
    guard isResponse, pathMTU > 0, let current, let declared = current.declaredBytes else {
      return nil
    }
    let read = OutstandingRead(sequence: current.startSequence, byteCount: declared, time: 0)
    return SequenceNumber.advanced(
      current.startSequence, by: UInt32(truncatingIfNeeded: read.packetCount(pathMTU: pathMTU)))
  }

  /// Delivers held packets whose turn has come, and drops those whose turn is over.
  mutating func deliverHeld(into messages: inout AssembledMessages) {
    var count = 0
    while count < held.count {
      let packet = held[count]
      settleOpenSpan(before: packet.sequence)
      let distance = SequenceNumber.distance(from: expected, to: packet.sequence)
      if distance > 0 {
        // Never past what is held before it: those would then look like repeated ones.
        guard startsElsewhere(packet, distance: distance) else { break }
        deliver(elsewhere: packet, distance: distance, into: &messages)
      } else if distance == 0 {
        deliver(packet, into: &messages)
      } else {
        passed(packet, into: &messages)
      }
      count += 1
    }
    if count > 0 { held.removeFirst(count) }
  }

  /// Takes a packet whose turn is over: late when it was missing until now, else repeated.
  mutating func passed(_ packet: QueuePairPacket, into messages: inout AssembledMessages) {
    if !gaps.isEmpty, packet.operation != .readRequest {
      let (source, destination, channel) = (source, destination, channel)
      let isLate = gaps.take(
        packet, current: &current, missingBefore: &missingBefore, expected: expected
      ) {
        messages.append(
          $0.message(source: source, destination: destination, channel: channel), at: $0.place)
      }
      if isLate { return noteLateResponse(packet) }
    }
    repeated(packet)
  }

  /// A response that begins late has no other place; of another packet it is not known whose it is.
  private mutating func noteLateResponse(_ packet: QueuePairPacket) {
    guard isResponse else { return }
    if packet.place.begins {
      unrequested.note(packet, limit: unrequestedLimit)
    } else {
      unrequested.doubt(before: SequenceNumber.advanced(packet.sequence, by: 1))
    }
  }

  mutating func repeated(_ packet: QueuePairPacket) {
    if current == nil { current = MessageInProgress(kind: packet.kind, time: packet.time) }
    current?.repeatedBytes &+= packet.dataByteCount
  }
}
