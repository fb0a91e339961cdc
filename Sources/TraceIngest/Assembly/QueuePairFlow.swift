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
  /// Packets held back per flow, when there are few: more than switches reorder.
  ///
  /// What comes later still fills its gap.
  static let maximumHeld = 128
  /// Sequence numbers that responses may leave out and that may still come late.
  static let maximumSkip: Int32 = 512
  /// A larger jump of sequence numbers is a new connection on the same queue pair.
  static let maximumJump: Int32 = 65_536
  /// Packets sent before the first captured one that may still come late.
  static let openStart: UInt32 = 64

  let destination: Int32
  /// Destination queue pair.
  let channel: UInt32
  let isResponse: Bool
  var source: Int32
  var hasStarted = false
  /// True while all packets held at the start are SENDs and WRITEs that came in order.
  var startsInOrder = true
  /// The next packet's sequence number.
  var expected: UInt32 = 0
  /// Packets before their turn, by sequence number; before the start, all.
  var held: [QueuePairPacket] = []
  var current: MessageInProgress?
  /// The number of the last message that began.
  var messageNumber: Int32 = 0
  /// Packets found missing that belong to the next message.
  var missingBefore: Int64 = 0
  var gaps = OpenGaps()
  var gapLimit = 16
  var heldLimit = Self.maximumHeld
  /// Bytes per full packet, 0 while unknown.
  var pathMTU: Int64 = 0
  /// A READ request whose span is not known yet because the path MTU is not.
  var openSpan: OutstandingRead?

  /// READ requests of this flow or, for a flow of responses, those that it answers.
  var awaitedReads = AwaitedReads()
  /// For a flow of responses: those that began before their requests were captured.
  var unrequested = UnrequestedResponses()
  var unrequestedLimit = 16
  /// READs whose responses the capture does not hold.
  var lostReads: Int64 = 0
  /// Bytes that those asked for.
  var lostReadBytes: Int64 = 0
  /// The flow of the responses to this flow's requests, or of the requests to these responses.
  var partner: Int?
  var restarts: Int64 = 0

  init(source: Int32, destination: Int32, channel: UInt32, isResponse: Bool) {
    self.source = source
    self.destination = destination
    self.channel = channel
    self.isResponse = isResponse
  }

  /// Takes one packet.
  mutating func accept(
    _ packet: QueuePairPacket, limits: AssemblyLimits, into messages: inout AssembledMessages
  ) {
    gapLimit = isResponse ? min(16, limits.gaps) : limits.gaps
    heldLimit = limits.held
    unrequestedLimit = limits.gaps
    place(packet, into: &messages)
    if !hasStarted, !waitsToStart(packet, window: limits.startWindow) {
      settleStart(into: &messages)
    }
  }

  mutating func place(_ packet: QueuePairPacket, into messages: inout AssembledMessages) {
    if hasStarted {
      arrange(packet, into: &messages)
    } else {
      holdAtStart(packet, into: &messages)
    }
  }

  /// Puts a packet in its place among the others.
  mutating func arrange(
    _ packet: QueuePairPacket, into messages: inout AssembledMessages
  ) {
    if packet.source != source {
      restart(with: packet, into: &messages)
      return holdAtStart(packet, into: &messages)
    }
    settleOpenSpan(before: packet.sequence)
    let distance = SequenceNumber.distance(from: expected, to: packet.sequence)
    if distance == 0 {
      deliver(packet, into: &messages)
    } else if held.isEmpty, startsElsewhere(packet, distance: distance) {
      deliver(elsewhere: packet, distance: distance, into: &messages)
    } else if distance > Self.maximumJump || distance < -Self.maximumJump {
      return arrange(distant: packet, into: &messages)
    } else if distance > 0 {
      hold(packet, distance: distance, into: &messages)
    } else {
      passed(packet, into: &messages)
    }
    if !held.isEmpty { deliverHeld(into: &messages) }
  }

  /// Takes a packet too far from the others to be one of theirs: it begins a new connection, unless
  /// its READ request is known.
  private mutating func arrange(
    distant packet: QueuePairPacket, into messages: inout AssembledMessages
  ) {
    guard isResponse, packet.place.begins, awaitedReads.begins(at: packet.sequence) else {
      restart(with: packet, into: &messages)
      return holdAtStart(packet, into: &messages)
    }
    if !held.isEmpty {
      flushHeld(into: &messages)
      return arrange(packet, into: &messages)
    }
    if let current, !current.hasEnded {
      let toCome = responseEnd.map { SequenceNumber.distance(from: expected, to: $0) } ?? 1
      self.current?.addMissing(max(0, Int64(toCome)))
    }
    close(into: &messages)
    closeGaps(into: &messages)
    expected = packet.sequence
    deliver(packet, into: &messages)
  }

  mutating func deliver(
    elsewhere packet: QueuePairPacket, distance: Int32, into messages: inout AssembledMessages
  ) {
    // A known request explains what is skipped; otherwise responses may have been lost there.
    let isExplained = partner != nil && awaitedReads.begins(at: packet.sequence)
    if distance > 0, distance <= Self.maximumSkip, !isExplained {
      gaps.add(
        from: expected, to: packet.sequence, missing: 0, message: messageNumber &+ 1)
    }
    if distance < 0 { unrequested.start(at: packet.sequence) }
    expected = packet.sequence
    deliver(packet, into: &messages)
  }

  /// Requests that are no READs use up sequence numbers without a response, so a new response may
  /// begin anywhere ahead once the one before it is whole.
  func startsElsewhere(_ packet: QueuePairPacket, distance: Int32) -> Bool {
    isResponse && packet.place.begins && (distance > 0 || distance < -Self.maximumJump)
      && (current?.hasEnded ?? true) && !awaitedReads.isOvertaking(packet.sequence)
  }

  /// Ends what is under way because the packet belongs to another connection.
  mutating func restart(
    with packet: QueuePairPacket, into messages: inout AssembledMessages
  ) {
    end(into: &messages)
    restarts += 1
    hasStarted = false
    startsInOrder = true
    source = packet.source
    openSpan = nil
    missingBefore = 0
    pathMTU = 0
  }

  mutating func end(into messages: inout AssembledMessages) {
    while !packetsAtStart.isEmpty { settleStart(into: &messages) }
    flushHeld(into: &messages)
    close(into: &messages)
    closeGaps(into: &messages)
    for read in awaitedReads.takeAll() { appendLost(read, into: &messages) }
  }

  mutating func flushHeld(into messages: inout AssembledMessages) {
    while !held.isEmpty { giveUpFirstGap(into: &messages) }
  }
}
