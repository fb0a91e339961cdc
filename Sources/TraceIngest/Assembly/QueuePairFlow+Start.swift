internal import PacketFormats
internal import TraceModel

extension QueuePairFlow {
  /// Packets held because the first sequence number is not settled.
  var packetsAtStart: [QueuePairPacket] { hasStarted ? [] : held }

  /// Takes what a lane held at its start, by sequence number.
  mutating func hold(_ packets: [QueuePairPacket]) { held = packets }

  mutating func holdAtStart(
    _ packet: QueuePairPacket, into messages: inout AssembledMessages
  ) {
    if let first = held.first {
      let distance = SequenceNumber.distance(from: first.sequence, to: packet.sequence)
      if packet.source != source || abs(distance) > Self.maximumJump / 2 {
        restart(with: packet, into: &messages)
      }
    }
    source = packet.source
    startsInOrder =
      startsInOrder && packet.isPlain
      && held.last.map { SequenceNumber.distance(from: $0.sequence, to: packet.sequence) == 1 }
        ?? true
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
  func waitsToStart(_ packet: QueuePairPacket, window: Int) -> Bool {
    packet.operation != .readRequest && partner == nil && held.count < window
      && !(startsInOrder && held.count >= LaneStarts.settledCount)
  }

  /// Takes the held packets in their order, from the earliest one on.
  mutating func settleStart(into messages: inout AssembledMessages) {
    guard !hasStarted, let first = held.first else { return }
    let packets = held
    held = []
    hasStarted = true
    // Even the earliest may have overtaken the one that begins its response.
    let read = isResponse ? awaitedReads.read(covering: first.sequence, pathMTU: pathMTU) : nil
    expected = read?.sequence ?? first.sequence
    if isResponse { unrequested.start(at: expected) }
    gaps.add(
      from: (expected &- Self.openStart) & SequenceNumber.mask, to: expected, missing: 0,
      message: messageNumber &+ 1)
    for packet in packets { place(packet, into: &messages) }
  }
}
