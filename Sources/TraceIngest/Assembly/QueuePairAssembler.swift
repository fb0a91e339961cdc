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
  /// Flows with READ requests that no response flow has been matched to.
  private var unpairedRequesters: [Int] = []
  /// READ requests whose responses the capture does not hold.
  private(set) var unansweredReads: Int64 = 0
  private(set) var unfinishedMessages: Int64 = 0

  /// Queue pairs that started again at an unrelated sequence number.
  var restarts: Int64 { flows.reduce(0) { $0 + $1.restarts } }

  mutating func accept(
    _ summary: PacketSummary, time: Int64, source: Int32, destination: Int32,
    into messages: inout MessageTable
  ) {
    var packet = QueuePairPacket(summary, time: time, source: source)
    let isResponse = packet.operation == .readResponse
    let channel = summary.base.destinationQueuePair
    let key =
      UInt64(UInt32(bitPattern: destination)) << 32 | (isResponse ? 1 << 24 : 0) | UInt64(channel)
    let index = keys.number(of: key)
    if index == flows.count {
      flows.append(
        QueuePairFlow(
          source: source, destination: destination, channel: channel, isResponse: isResponse))
      pairingAttempts.append(0)
    }
    if isResponse, packet.place.begins { findRequest(of: &packet, flow: index) }
    flows[index].accept(packet, into: &messages)
    if packet.operation == .readRequest { noteRequest(flow: index, into: &messages) }
    if isResponse, let requests = flows[index].partner, packet.place != .only {
      flows[requests].learn(pathMTU: flows[index].pathMTU)
    }
  }

  // MARK: READ requests and their responses

  private mutating func noteRequest(flow index: Int, into messages: inout MessageTable) {
    if flows[index].partner == nil, !unpairedRequesters.contains(index) {
      unpairedRequesters.append(index)
    }
    if let read = flows[index].takeOverdueRead() {
      appendUnanswered(read, flow: index, into: &messages)
    }
  }

  private mutating func findRequest(of packet: inout QueuePairPacket, flow index: Int) {
    pair(index, with: packet)
    guard let requests = flows[index].partner,
      let (read, wasOldest) = flows[requests].takeRead(at: packet.sequence)
    else { return }
    packet.wholeByteCount = read.byteCount
    packet.answers = wasOldest ? .oldestRequest : .laterRequest
  }

  /// Finds the flow whose READ request has this response's sequence number, between the same two
  /// addresses: packets name only the queue pair that they go to.
  private mutating func pair(_ index: Int, with packet: QueuePairPacket) {
    guard flows[index].partner == nil, pairingAttempts[index] < Self.maximumPairingAttempts,
      !unpairedRequesters.isEmpty
    else { return }
    pairingAttempts[index] += 1
    let match = unpairedRequesters.firstIndex { candidate in
      flows[candidate].destination == packet.source
        && flows[candidate].source == flows[index].destination
        && flows[candidate].outstandingReads.contains { $0.sequence == packet.sequence }
    }
    guard let match else { return }
    let requests = unpairedRequesters.remove(at: match)
    flows[requests].partner = index
    flows[index].partner = requests
  }

  /// A READ of which only the request was captured: its length is known, and who holds the data.
  private mutating func appendUnanswered(
    _ read: OutstandingRead, flow index: Int, into messages: inout MessageTable
  ) {
    unansweredReads += 1
    let flow = flows[index]
    let pathMTU = flow.pathMTU > 0 ? flow.pathMTU : MessageInProgress.maximumPathMTU
    let missing = ReadSpan.packetCount(bytes: read.byteCount, pathMTU: pathMTU)
    messages.append(
      Message(
        source: flow.destination, destination: flow.source,
        channel: flow.partner.map { flows[$0].channel } ?? 0, kind: .read, start: read.time,
        end: read.time, bytes: read.byteCount, packets: 0,
        missingPackets: Int32(clamping: missing)))
  }

  /// Emits everything that is still open, in the order in which the queue pairs appeared.
  mutating func finish(into messages: inout MessageTable) {
    for index in flows.indices {
      if flows[index].finish(into: &messages) { unfinishedMessages += 1 }
    }
    for index in flows.indices {
      for read in flows[index].takeAllReads() {
        appendUnanswered(read, flow: index, into: &messages)
      }
    }
  }
}
