internal import PacketFormats
internal import TraceModel

/// Turns the packets of connected queue pairs into messages: one flow for each destination
/// address, destination queue pair and direction of the sequence numbers.
///
/// Memory grows with the number of queue pairs, not with that of packets.
struct QueuePairAssembler {
  /// How often a response flow looks for the flow of its requests before it stops trying.
  private static let maximumPairingAttempts = 64

  private var keys = KeyTable()
  private var flows: [QueuePairFlow] = []
  private var pairingAttempts: [Int] = []
  private var limits = AssemblyLimits(flowCount: 0)
  private var unpairedRequesters = UnpairedRequesters()
  private(set) var unfinishedMessages: Int64 = 0

  /// READ requests whose responses the capture does not hold.
  var unansweredReads: Int64 { flows.reduce(0) { $0 + $1.lostReads } }

  /// Bytes that those asked for.
  var unansweredReadBytes: Int64 { flows.reduce(0) { $0 &+ $1.lostReadBytes } }

  /// Queue pairs that started again at an unrelated sequence number.
  var restarts: Int64 { flows.reduce(0) { $0 + $1.restarts } }

  /// The flow to which a packet belongs; its first packet makes it.
  mutating func flow(of packet: PacketSummary, source: Int32, destination: Int32) -> Int {
    let isResponse = packet.operation == .readResponse
    let channel = packet.base.destinationQueuePair
    let key =
      UInt64(UInt32(bitPattern: destination)) << 32 | (isResponse ? 1 << 24 : 0) | UInt64(channel)
    let index = keys.number(of: key)
    if index == flows.count {
      flows.append(
        QueuePairFlow(
          source: source, destination: destination, channel: channel, isResponse: isResponse))
      pairingAttempts.append(0)
      limits = AssemblyLimits(flowCount: flows.count)
    }
    return index
  }

  /// Takes one packet of a flow.
  mutating func accept(
    _ summary: PacketSummary, time: Int64, source: Int32, flow index: Int,
    into messages: inout MessageTable
  ) {
    let packet = QueuePairPacket(summary, time: time, source: source)
    let isResponse = packet.operation == .readResponse
    if isResponse, flows[index].partner == nil { pair(index, with: packet) }
    flows[index].accept(packet, limits: limits, into: &messages)
    // Any packet may release READ requests that were held back.
    if !isResponse, !flows[index].awaitedReads.isEmpty { noteRequest(flow: index, into: &messages) }
    if isResponse, let requests = flows[index].partner, packet.place != .only {
      flows[requests].learn(pathMTU: flows[index].pathMTU)
    }
  }

  // MARK: READ requests and their responses

  /// Hands new requests to the flow of their responses, once that is known.
  private mutating func noteRequest(flow index: Int, into messages: inout MessageTable) {
    guard let responses = flows[index].partner else {
      for read in flows[index].awaitedReads.takeNews() {
        unpairedRequesters.add(
          flow: index, sequence: read.sequence, requester: flows[index].source,
          responder: flows[index].destination, among: flows)
      }
      if let read = flows[index].awaitedReads.takeOverdue() {
        flows[index].appendLost(read, into: &messages)
      }
      return
    }
    flows[responses].learn(pathMTU: flows[index].pathMTU)
    for read in flows[index].awaitedReads.takeAll() { flows[responses].awaitedReads.append(read) }
    if let read = flows[responses].awaitedReads.takeOverdue() {
      flows[responses].appendLost(read, into: &messages)
    }
  }

  /// Finds the flow whose READ requests this response's sequence number answers, between the same two
  /// addresses: packets name only the queue pair that they go to.
  private mutating func pair(_ index: Int, with packet: QueuePairPacket) {
    guard pairingAttempts[index] < Self.maximumPairingAttempts,
      let pair = unpairedRequesters.pair(
        requester: flows[index].destination, responder: packet.source)
    else { return }
    pairingAttempts[index] += 1
    // The packets before this one may be lost.
    let furthest = packet.place.begins ? 0 : UnpairedRequesters.maximumLostStart
    for back in 0...furthest {
      let sequence = (packet.sequence &- back) & SequenceNumber.mask
      let match = unpairedRequesters.flow(pair: pair, sequence: sequence, among: flows)
      guard let match, flows[match].awaitsResponse(packet) else { continue }
      flows[match].partner = index
      flows[index].partner = match
      for read in flows[match].awaitedReads.takeAll() { flows[index].awaitedReads.append(read) }
      return
    }
  }

  /// Emits everything that is still open, in the order in which the queue pairs appeared.
  mutating func finish(into messages: inout MessageTable) {
    for index in flows.indices where !flows[index].packetsAtStart.isEmpty {
      if flows[index].isResponse {
        for packet in flows[index].packetsAtStart where flows[index].partner == nil {
          pair(index, with: packet)
        }
      }
      flows[index].settleStart(into: &messages)
    }
    for index in flows.indices {
      if flows[index].finish(into: &messages) { unfinishedMessages += 1 }
    }
  }
}
