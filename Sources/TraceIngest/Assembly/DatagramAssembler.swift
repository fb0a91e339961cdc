internal import PacketFormats
internal import TraceModel

/// Turns unreliable datagrams into messages: one packet is one message, and one that two captures
/// saw counts once.
///
/// Memory grows with the number of pairs of queue pairs, about 400 bytes each, up to a limit beyond
/// which those that are idle longest are forgotten.
struct DatagramAssembler {
  /// The datagrams from one queue pair to another.
  private struct Flow {
    /// The datagram that was seen last, and its sequence number.
    var last: Message
    var sequence: UInt32
    let sourceQueuePair: UInt32
    /// Sequence numbers of the last datagrams, the oldest overwritten first.
    var recent: [UInt32] = []
    var next = 0
  }

  /// Datagrams that two captures may show one after the other before both show the next.
  static let recentCount = 64

  /// Pairs of queue pairs beyond which idle ones are forgotten.
  private let maximumFlows: Int
  private var addressPairs = KeyTable()
  private var senders = KeyTable()
  private var receivers = KeyTable()
  private var flows: [Flow] = []
  /// Pairs of queue pairs that were forgotten to make room.
  private(set) var retiredFlows: Int64 = 0

  init(maximumFlows: Int) { self.maximumFlows = max(2, maximumFlows) }

  /// Takes a datagram.
  mutating func accept(
    _ packet: PacketSummary, time: Int64, source: Int32, destination: Int32,
    into messages: inout AssembledMessages
  ) {
    let message = Message(
      source: source, destination: destination, channel: packet.base.destinationQueuePair,
      kind: .datagram, start: time, end: time, bytes: Int64(packet.payloadByteCount), packets: 1)
    let sender = packet.sourceQueuePair & 0xFF_FFFF
    let sequence = packet.base.sequence
    if flows.count >= maximumFlows, existingNumber(message, sender: sender) == nil {
      retireIdle(into: &messages)
    }
    let index = number(message, sender: sender)
    if index == flows.count {
      flows.append(Flow(last: message, sequence: sequence, sourceQueuePair: sender))
    } else if flows[index].recent.contains(sequence) {
      flows[index].last.repeatedBytes &+= message.bytes
      return
    } else {
      emit(flows[index], into: &messages)
      flows[index].last = message
      flows[index].sequence = sequence
    }
    remember(sequence, flow: index)
  }

  private func emit(_ flow: Flow, into messages: inout AssembledMessages) {
    messages.append(
      flow.last,
      at: MessagePlace(sequence: flow.sequence, count: 1, sender: flow.sourceQueuePair))
  }

  // MARK: Numbers

  private static func pairKey(_ message: Message) -> UInt64 {
    UInt64(UInt32(bitPattern: message.source)) << 32
      | UInt64(UInt32(bitPattern: message.destination))
  }

  /// Of something numbered and a queue pair.
  private static func key(_ number: Int, _ queuePair: UInt32) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: number)) << 24 | UInt64(queuePair & 0xFF_FFFF)
  }

  /// Sequence numbers count the datagrams of the sending queue pair.
  private mutating func number(_ message: Message, sender: UInt32) -> Int {
    let addresses = addressPairs.number(of: Self.pairKey(message))
    return receivers.number(
      of: Self.key(senders.number(of: Self.key(addresses, sender)), message.channel))
  }

  private func existingNumber(_ message: Message, sender: UInt32) -> Int? {
    addressPairs.existingNumber(of: Self.pairKey(message))
      .flatMap { senders.existingNumber(of: Self.key($0, sender)) }
      .flatMap { receivers.existingNumber(of: Self.key($0, message.channel)) }
  }

  private mutating func remember(_ sequence: UInt32, flow: Int) {
    if flows[flow].recent.count < Self.recentCount {
      flows[flow].recent.append(sequence)
    } else {
      flows[flow].recent[flows[flow].next] = sequence
      flows[flow].next = (flows[flow].next + 1) % Self.recentCount
    }
  }

  // MARK: Making room

  /// Forgets the half of the pairs whose last datagram is oldest; of equal times, those that
  /// appeared first.
  ///
  /// A datagram of such a pair that another capture shows later counts twice. O(pairs · log pairs),
  /// once for every so many new ones.
  private mutating func retireIdle(into messages: inout AssembledMessages) {
    let isClosed = idleHalf(of: flows.count) { flows[$0].last.end }
    let old = flows
    addressPairs = KeyTable()
    senders = KeyTable()
    receivers = KeyTable()
    flows.removeAll(keepingCapacity: true)
    for (index, flow) in old.enumerated() {
      if isClosed[index] {
        emit(flow, into: &messages)
        retiredFlows += 1
      } else {
        _ = number(flow.last, sender: flow.sourceQueuePair)
        flows.append(flow)
      }
    }
  }

  /// Emits the last datagram of each flow.
  mutating func finish(into messages: inout AssembledMessages) {
    for flow in flows { emit(flow, into: &messages) }
    flows = []
  }
}
