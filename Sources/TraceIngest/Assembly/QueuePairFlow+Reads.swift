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

  /// What a flow of responses knows of the response to a request.
  enum Answer {
    case toCome
    case begun
    /// Its turn is over, and it did not begin.
    case lost
  }

  /// For a flow of responses: the answer to a request that reaches it.
  ///
  /// A number before the next packet's turn does not show that a response began there: one whose
  /// packets are all lost is stepped over as what other requests use up.
  mutating func answer(to read: OutstandingRead) -> Answer {
    guard hasStarted else { return .toCome }
    let age = SequenceNumber.distance(from: read.sequence, to: expected)
    guard age > 0 else { return .toCome }
    // Of what lies further back it must also be sure that the numbers have not come round.
    let isNear = age <= Self.maximumJump
    let hasBegun = unrequested.take(
      read, pathMTU: pathMTU, within: isNear ? .max : RecentResponses.maximumNanoseconds)
    if hasBegun { return .begun }
    guard isNear else { return .toCome }
    guard let end = gaps.endOfGap(with: read.sequence, expected: expected) else {
      return unrequested.knows(read.sequence) ? .lost : .begun
    }
    let toCome = Int64(SequenceNumber.distance(from: read.sequence, to: end))
    if read.packetCount(pathMTU: pathMTU) > toCome { return .begun }
    // That count is the least one while the path MTU is unknown.
    let goesOn = current?.isHeadless(at: end) ?? false || gaps.keepsHeadless(at: end)
    return pathMTU == 0 && goesOn ? .begun : .toCome
  }

  /// False when what was seen of the response that begins there contradicts the request's length.
  func mayAnswer(_ read: OutstandingRead) -> Bool {
    guard hasStarted else { return mayAnswerAtStart(read) }
    if let current, current.startSequence == read.sequence, current.hasEnded,
      current.missingPackets == 0
    {
      return current.bytes == read.byteCount
    }
    return unrequested.hasRoom(for: read, pathMTU: pathMTU)
  }

  /// The same of the packets that are held at the start.
  private func mayAnswerAtStart(_ read: OutstandingRead) -> Bool {
    var next = read.sequence
    var bytes: Int64 = 0
    for packet in held
    where SequenceNumber.distance(from: read.sequence, to: packet.sequence) >= 0 {
      guard packet.sequence == next else { return true }
      next = SequenceNumber.advanced(next, by: 1)
      bytes &+= packet.dataByteCount
      if packet.place.ends { return bytes == read.byteCount }
    }
    return true
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
