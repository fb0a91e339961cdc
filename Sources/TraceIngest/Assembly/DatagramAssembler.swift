internal import PacketFormats
internal import TraceModel

/// Turns unreliable datagrams into messages: one packet is one message, and one that two captures
/// saw counts once.
///
/// Memory grows with the number of pairs of queue pairs.
struct DatagramAssembler {
  /// The datagrams from one queue pair to another.
  private struct Flow {
    /// The datagram that was seen last.
    var last: Message
    /// Sequence numbers of the last datagrams, the oldest overwritten first.
    var recent: [UInt32] = []
    var next = 0
  }

  /// Datagrams that two captures may show one after the other before both show the next.
  static let recentCount = 64

  private var addressPairs = KeyTable()
  private var senders = KeyTable()
  private var receivers = KeyTable()
  private var flows: [Flow] = []

  /// Takes a datagram.
  mutating func accept(
    _ packet: PacketSummary, time: Int64, source: Int32, destination: Int32,
    into messages: inout MessageTable
  ) {
    let message = Message(
      source: source, destination: destination, channel: packet.base.destinationQueuePair,
      kind: .datagram, start: time, end: time, bytes: Int64(packet.payloadByteCount), packets: 1)
    let index = number(packet, source: source, destination: destination)
    if index == flows.count {
      flows.append(Flow(last: message))
    } else if flows[index].recent.contains(packet.base.sequence) {
      flows[index].last.repeatedBytes &+= message.bytes
      return
    } else {
      messages.append(flows[index].last)
      flows[index].last = message
    }
    remember(packet.base.sequence, flow: index)
  }

  /// Sequence numbers count the datagrams of the sending queue pair.
  private mutating func number(
    _ packet: PacketSummary, source: Int32, destination: Int32
  ) -> Int {
    let addresses = addressPairs.number(
      of: UInt64(UInt32(bitPattern: source)) << 32 | UInt64(UInt32(bitPattern: destination)))
    let sender = senders.number(
      of: UInt64(UInt32(truncatingIfNeeded: addresses)) << 24
        | UInt64(packet.sourceQueuePair & 0xFF_FFFF))
    return receivers.number(
      of: UInt64(UInt32(truncatingIfNeeded: sender)) << 24
        | UInt64(packet.base.destinationQueuePair & 0xFF_FFFF))
  }

  private mutating func remember(_ sequence: UInt32, flow: Int) {
    if flows[flow].recent.count < Self.recentCount {
      flows[flow].recent.append(sequence)
    } else {
      flows[flow].recent[flows[flow].next] = sequence
      flows[flow].next = (flows[flow].next + 1) % Self.recentCount
    }
  }

  /// Emits the last datagram of each flow.
  mutating func finish(into messages: inout MessageTable) {
    for flow in flows { messages.append(flow.last) }
    flows = []
  }
}
