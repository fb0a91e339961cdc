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
    hasAsked = true
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

  /// For a flow of responses: takes the length from a request that comes after its response.
  ///
  /// - Returns: false when the response's packets still wait for their turn.
  mutating func hasTakenResponse(to read: OutstandingRead) -> Bool {
    guard hasStarted, !held.contains(where: { $0.sequence == read.sequence }) else { return false }
    if current?.startSequence == read.sequence, current?.kind == .read {
      current?.declaredBytes = read.byteCount
    } else {
      gaps.declare(read)
    }
    return true
  }
}
