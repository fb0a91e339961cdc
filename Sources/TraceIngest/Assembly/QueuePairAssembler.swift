internal import PacketFormats
internal import TraceModel

/// Turns the packets of connected queue pairs into messages: one lane for each destination
/// address, destination queue pair and direction of the sequence numbers.
///
/// A lane takes packets as long as they come in order; the first that does not makes a flow, which
/// keeps account of everything else. Memory grows with the number of queue pairs, about 100 bytes
/// each, up to a limit beyond which idle ones are closed; never with the number of packets.
struct QueuePairAssembler {
  var keys = KeyTable()
  var lanes: [QueuePairLane] = []
  /// Between which addresses each lane's packets go; the source is that of the last packet.
  var endpoints: [LaneEndpoints] = []
  var index = LaneIndex()
  var starts = LaneStarts()
  private let usesLanes: Bool
  /// Lanes beyond which idle ones are closed.
  let maximumLanes: Int
  var retiresAt: Int
  /// Counts how often the lanes were numbered anew.
  var numbering = 0
  /// What queue pairs that were closed leave behind.
  var retired = RetiredQueuePairs()
  /// Flows that may be used again.
  var freeFlows: [Int] = []

  var flows: [QueuePairFlow] = []
  /// The lane of each flow.
  var lanesOfFlows: [Int] = []
  var pairingAttempts: [Int] = []
  private var limits = AssemblyLimits(flowCount: 0)
  var unpairedRequesters = UnpairedRequesters()
  var recentResponses = RecentResponses()
  /// At the end of the capture.
  var unfinishedMessages: Int64 = 0

  /// - Parameters:
  ///   - usesLanes: false to take every packet with all care, as tests do to compare.
  ///   - maximumLanes: beyond which idle ones are closed.
  init(usesLanes: Bool, maximumLanes: Int) {
    self.usesLanes = usesLanes
    self.maximumLanes = maximumLanes
    retiresAt = maximumLanes
  }

  /// READ requests whose responses the capture does not hold.
  var unansweredReads: Int64 { flows.reduce(retired.lostReads) { $0 + $1.lostReads } }

  /// Bytes that those asked for.
  var unansweredReadBytes: Int64 { flows.reduce(retired.lostReadBytes) { $0 &+ $1.lostReadBytes } }

  /// Queue pairs that started again at an unrelated sequence number.
  var restarts: Int64 { flows.reduce(retired.restarts) { $0 + $1.restarts } }

  // MARK: Lanes

  static func key(destination: Int32, channel: UInt32) -> UInt64 {
    UInt64(UInt32(bitPattern: destination)) << 32 | UInt64(channel)
  }

  /// The lane to which a packet belongs; its first packet makes it.
  ///
  /// Other lanes may be closed and all numbered anew to make room.
  mutating func lane(
    of packet: PacketSummary, source: Int32, destination: Int32,
    into messages: inout AssembledMessages
  ) -> Int {
    let isResponse = packet.operation == .readResponse
    let channel = packet.base.destinationQueuePair | (isResponse ? 1 << 24 : 0)
    let key = Self.key(destination: destination, channel: channel)
    if lanes.count >= retiresAt, keys.existingNumber(of: key) == nil {
      retireIdle(into: &messages)
    }
    let number = keys.number(of: key)
    if number == lanes.count {
      var lane = QueuePairLane(channel: channel)
      if !usesLanes { lane.mode = .careful }
      lanes.append(lane)
      endpoints.append(LaneEndpoints(source: source, destination: destination))
      tightenLimits()
    }
    return number
  }

  /// The lane of a packet between two IPv4 addresses that was noted, or nil.
  func notedLane(plainAddresses: UInt64, channel: UInt32) -> Int? {
    index.lane(addresses: plainAddresses, channel: channel, among: lanes)
  }

  /// Lets a lane be found by the addresses of its packets.
  mutating func note(_ number: Int, plainAddresses: UInt64) {
    guard lanes[number].addresses != plainAddresses else { return }
    lanes[number].addresses = plainAddresses
    index.add(number, among: lanes)
  }

  /// With more queue pairs each may remember less.
  private mutating func tightenLimits() {
    let new = AssemblyLimits(flowCount: lanes.count)
    guard new != limits else { return }
    limits = new
    // Flows look at the limits with each packet that they take.
    for number in lanes.indices where lanes[number].mode == .inOrder && lanes[number].flow >= 0 {
      _ = wake(number)
    }
  }

  // MARK: Packets

  /// Takes one packet of a lane.
  mutating func accept(
    _ summary: PacketSummary, time: Int64, source: Int32, lane number: Int,
    into messages: inout AssembledMessages
  ) {
    if lanes[number].mode != .careful, endpoints[number].source == source,
      let packet = LanePacket(summary, time: time)
    {
      let sequence = summary.base.sequence
      lanes[number].forgetStart(before: sequence)
      if takeShortWay(packet, sequence: sequence, lane: number, into: &messages) { return }
    }
    let flow = wake(number)
    if endpoints[number].source != source {
      endpoints[number].source = source
      lanes[number].addresses = QueuePairLane.noAddresses
    }
    lanes[number].end = time
    takeCarefully(
      QueuePairPacket(summary, time: time, source: source), flow: flow, into: &messages)
    // What is held is asked first: most flows that need care hold something.
    if usesLanes, flows[flow].held.isEmpty, lanes[number].mode == .careful, flows[flow].isInOrder {
      lanes[number].take(over: flows[flow])
    }
  }

  private mutating func takeShortWay(
    _ packet: LanePacket, sequence: UInt32, lane number: Int, into messages: inout AssembledMessages
  ) -> Bool {
    let endpoints = self.endpoints
    var lanes = takeLanes()
    defer { self.lanes = lanes }
    var span = lanes.mutableSpan
    return QueuePairLane.take(
      packet, sequence: sequence, lane: number, &span, endpoints.span, &starts, into: &messages)
  }

  /// Hands out the lanes, to be put back: spans of two arrays of one value cannot be had at a time.
  @inline(__always)
  mutating func takeLanes() -> [QueuePairLane] {
    var lanes: [QueuePairLane] = []
    swap(&lanes, &self.lanes)
    return lanes
  }

  private mutating func takeCarefully(
    _ packet: QueuePairPacket, flow index: Int, into messages: inout AssembledMessages
  ) {
    let isResponse = packet.operation == .readResponse
    if isResponse {
      if flows[index].partner == nil { pair(index, with: packet, into: &messages) }
      noteResponse(packet, flow: index)
    }
    flows[index].accept(packet, limits: limits, into: &messages)
    // Any packet may release READ requests that were held back.
    if !isResponse, !flows[index].awaitedReads.isEmpty { noteRequest(flow: index, into: &messages) }
    if isResponse, let requests = flows[index].partner, packet.place != .only {
      learn(pathMTU: flows[index].pathMTU, flow: requests)
    }
  }

  private mutating func learn(pathMTU: Int64, flow index: Int) {
    let number = lanesOfFlows[index]
    if lanes[number].mode == .inOrder {
      guard pathMTU > 0, lanes[number].pathMTUCode == 0 else { return }
      _ = wake(number)
    }
    flows[index].learn(pathMTU: pathMTU)
  }

  /// The flow of a lane, which is made when there is none; it then owns what the lane owned.
  private mutating func wake(_ number: Int) -> Int {
    let lane = lanes[number]
    if lane.mode == .careful, lane.flow >= 0 { return Int(lane.flow) }
    let existing = lane.mode == .inOrder && lane.flow >= 0 ? Int(lane.flow) : nil
    let index = existing ?? addFlow(of: number)
    switch lane.mode {
    case .careful: break
    case .inOrder: lane.hand(to: &flows[index])
    case .starting:
      flows[index].hold(lane.packetsAtStart(starts, source: endpoints[number].source))
      starts.giveBack(lane.flow)
    }
    lanes[number].mode = .careful
    lanes[number].flow = Int32(truncatingIfNeeded: index)
    return index
  }

  private mutating func addFlow(of number: Int) -> Int {
    let channel = lanes[number].channel
    let flow = QueuePairFlow(
      source: endpoints[number].source, destination: endpoints[number].destination,
      channel: channel & 0xFF_FFFF, isResponse: channel >> 24 != 0)
    if let free = freeFlows.popLast() {
      flows[free] = flow
      lanesOfFlows[free] = number
      pairingAttempts[free] = 0
      return free
    }
    flows.append(flow)
    lanesOfFlows.append(number)
    pairingAttempts.append(0)
    return flows.count - 1
  }

  // MARK: End

  /// Emits everything that is still open, in the order in which the queue pairs appeared.
  mutating func finish(into messages: inout AssembledMessages) {
    for number in lanes.indices {
      switch lanes[number].mode {
      case .inOrder: break
      case .starting:
        let endpoints = self.endpoints
        lanes[number].settle(&starts, endpoints.span, number, into: &messages)
      case .careful: if lanes[number].flow >= 0 { settleStart(Int(lanes[number].flow), &messages) }
      }
    }
    for number in lanes.indices {
      if finish(number, into: &messages) { unfinishedMessages += 1 }
    }
  }

  /// Emits what is open in a lane that has started.
  ///
  /// - Returns: true when its last message is not whole.
  mutating func finish(_ number: Int, into messages: inout AssembledMessages) -> Bool {
    if lanes[number].flow >= 0 { return flows[wake(number)].finish(into: &messages) }
    guard lanes[number].packets > 0 else { return false }
    lanes[number].append(endpoints[number], to: &messages)
    return !lanes[number].marks.contains(.hasEnded)
  }

  private mutating func settleStart(_ index: Int, _ messages: inout AssembledMessages) {
    if flows[index].isResponse {
      for packet in flows[index].packetsAtStart where flows[index].partner == nil {
        pair(index, with: packet, into: &messages)
      }
    }
    flows[index].settleStart(into: &messages)
  }
}
