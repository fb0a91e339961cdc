internal import TraceModel

/// Memory for any number of queue pairs: when there are too many, those that have been idle longest
/// are closed.
///
/// One that goes on afterwards is taken for a new one: its message under way becomes two.
extension QueuePairAssembler {
  /// Closes half of the lanes, those whose last packet is oldest.
  ///
  /// Of equal times, those that appeared first. READ requests and their responses are as old as the
  /// younger of the two.
  /// All lanes get new numbers. O(lanes · log lanes), once for every so many new lanes.
  mutating func retireIdle(into messages: inout AssembledMessages) {
    let times = lanes.indices.map { number in
      max(lanes[number].end, partner(of: number).map { lanes[$0].end } ?? .min)
    }
    let byAge = lanes.indices.sorted { (times[$0], $0) < (times[$1], $1) }
    var isClosed = [Bool](repeating: false, count: lanes.count)
    for number in byAge.prefix((lanes.count + 1) / 2) {
      isClosed[number] = true
      if let partner = partner(of: number) { isClosed[partner] = true }
    }
    let firstFree = freeFlows.count
    for number in lanes.indices where isClosed[number] { close(number, into: &messages) }
    forgetFlows(freeFlows[firstFree...])
    moveLanes(of: lanes.indices.filter { !isClosed[$0] })
  }

  /// The lane of the requests to these responses, or of the responses to these requests.
  private func partner(of number: Int) -> Int? {
    let lane = lanes[number]
    guard lane.mode != .starting, lane.flow >= 0 else { return nil }
    return flows[Int(lane.flow)].partner.map { lanesOfFlows[$0] }
  }

  private mutating func close(_ number: Int, into messages: inout AssembledMessages) {
    if lanes[number].mode == .starting {
      let endpoints = self.endpoints
      lanes[number].settle(&starts, endpoints.span, number, into: &messages)
    }
    retired.queuePairs += 1
    if finish(number, into: &messages) { retired.unfinishedMessages += 1 }
    guard lanes[number].flow >= 0 else { return }
    let index = Int(lanes[number].flow)
    retired.add(flows[index])
    flows[index] = QueuePairFlow(source: 0, destination: 0, channel: 0, isResponse: false)
    freeFlows.append(index)
  }

  /// Forgets what pairs requests and responses by numbers of flows that others will get.
  private mutating func forgetFlows(_ closed: ArraySlice<Int>) {
    var isClosed = [Bool](repeating: false, count: flows.count)
    for index in closed { isClosed[index] = true }
    recentResponses.forget { isClosed[$0] }
    unpairedRequesters.compact(flows)
  }

  /// Keeps these lanes, in their order, and numbers them anew.
  private mutating func moveLanes(of kept: [Int]) {
    var keys = KeyTable()
    for (number, old) in kept.enumerated() {
      lanes[number] = lanes[old]
      endpoints[number] = endpoints[old]
      let key = Self.key(destination: endpoints[number].destination, channel: lanes[number].channel)
      _ = keys.number(of: key)
      let lane = lanes[number]
      if lane.mode != .starting, lane.flow >= 0 { lanesOfFlows[Int(lane.flow)] = number }
    }
    lanes.removeLast(lanes.count - kept.count)
    endpoints.removeLast(endpoints.count - kept.count)
    self.keys = keys
    index.rebuild(lanes)
    numbering += 1
    retiresAt = max(maximumLanes, kept.count + maximumLanes / 2)
  }
}

/// What queue pairs that were closed leave behind: counts.
struct RetiredQueuePairs {
  /// Directions of queue pairs; READ responses count apart from requests.
  var queuePairs: Int64 = 0
  /// Messages that were not whole.
  var unfinishedMessages: Int64 = 0
  var restarts: Int64 = 0
  var lostReads: Int64 = 0
  var lostReadBytes: Int64 = 0

  mutating func add(_ flow: QueuePairFlow) {
    restarts += flow.restarts
    lostReads += flow.lostReads
    lostReadBytes &+= flow.lostReadBytes
  }
}
