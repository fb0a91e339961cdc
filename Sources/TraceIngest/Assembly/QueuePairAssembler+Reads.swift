internal import PacketFormats
internal import TraceModel

/// READ requests and their responses: packets name only the queue pair that they go to, so the two
/// directions of a connection are found to belong together by sequence numbers.
extension QueuePairAssembler {
  /// How often a response flow looks for the flow of its requests before it stops trying.
  private static var maximumPairingAttempts: Int { 64 }

  /// Hands new requests to the flow of their responses, once that is known.
  mutating func noteRequest(flow index: Int, into messages: inout AssembledMessages) {
    if flows[index].partner == nil { pairBackwards(index) }
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
    handRequests(of: index, to: responses, into: &messages)
    if let read = flows[responses].awaitedReads.takeOverdue() {
      flows[responses].appendLost(read, into: &messages)
    }
  }

  /// Lets the flow of responses await the requests that it has not answered yet.
  private mutating func handRequests(
    of index: Int, to responses: Int, into messages: inout AssembledMessages
  ) {
    for read in flows[index].awaitedReads.takeAll() {
      switch flows[responses].answer(to: read) {
      case .toCome: flows[responses].awaitedReads.append(read)
      case .begun: flows[responses].takeLength(of: read)
      case .lost: flows[responses].appendLost(read, into: &messages)
      }
    }
  }

  /// Finds the flow whose READ requests this response's sequence number answers, between the same two
  /// addresses: packets name only the queue pair that they go to.
  mutating func pair(
    _ index: Int, with packet: QueuePairPacket, into messages: inout AssembledMessages
  ) {
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
      handRequests(of: match, to: index, into: &messages)
      return
    }
  }

  // MARK: Requests that are captured after their responses

  /// Remembers a response that begins before the flow of its request is known.
  mutating func noteResponse(_ packet: QueuePairPacket, flow index: Int) {
    guard packet.place.begins, flows[index].partner == nil else { return }
    recentResponses.note(
      requester: flows[index].destination, responder: packet.source, sequence: packet.sequence,
      time: packet.time, flow: index)
  }

  /// Finds the flow whose responses came before these requests.
  private mutating func pairBackwards(_ index: Int) {
    for read in flows[index].awaitedReads.news {
      let match = recentResponses.flow(
        requester: flows[index].source, responder: flows[index].destination, read: read,
        isPossible: { flows[$0].partner == nil && flows[$0].mayAnswer(read) })
      guard let match else { continue }
      flows[match].partner = index
      flows[index].partner = match
      return
    }
  }
}
