internal import PacketFormats
internal import TraceModel

extension QueuePairFlow {
  /// True when one of this flow's READ requests can have the packet for its response.
  func awaitsResponse(_ packet: QueuePairPacket) -> Bool {
    if packet.place.begins { return awaitedReads.begins(at: packet.sequence) }
    let full = pathMTU == 0 && packet.place == .middle ? packet.payloadByteCount : pathMTU
    return awaitedReads.read(covering: packet.sequence, pathMTU: full) != nil
  }

  mutating func request(_ packet: QueuePairPacket) {
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

  mutating func advance(over read: OutstandingRead) {
    let count = read.packetCount(pathMTU: pathMTU)
    expected = SequenceNumber.advanced(read.sequence, by: UInt32(truncatingIfNeeded: count))
    openSpan = nil
  }

  /// With the path MTU unknown, the next request's number tells it, when it fits one of the five.
  mutating func settleOpenSpan(before sequence: UInt32) {
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

  /// For a flow of responses: true when it has gone past the response to a request.
  ///
  /// That lies before the next packet's turn, and not wholly among packets that may still come.
  func hasPassed(_ read: OutstandingRead) -> Bool {
    guard hasStarted else { return false }
    let age = SequenceNumber.distance(from: read.sequence, to: expected)
    guard age > 0, age <= Self.maximumJump else { return false }
    guard let end = gaps.endOfGap(with: read.sequence, expected: expected) else { return true }
    let toCome = Int64(SequenceNumber.distance(from: read.sequence, to: end))
    if read.packetCount(pathMTU: pathMTU) > toCome { return true }
    // That count is the least one while the path MTU is unknown.
    return pathMTU == 0 && (current?.isHeadless(at: end) ?? false || gaps.keepsHeadless(at: end))
  }

  /// Takes the length from a request that is captured after its response.
  mutating func takeLength(of read: OutstandingRead) {
    if current?.answers(read, pathMTU: pathMTU) ?? false {
      current?.takeLength(of: read)
    } else {
      gaps.takeLength(of: read, pathMTU: pathMTU)
    }
  }
}
