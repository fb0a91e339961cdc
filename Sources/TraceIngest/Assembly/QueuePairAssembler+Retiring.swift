internal import TraceModel

/// Memory for any number of queue pairs: when there are too many, those that have been idle longest
/// are closed.
///
/// One that goes on afterwards is taken for a new one: its message under way becomes two.
extension QueuePairAssembler {
  /// Closes half of the lanes that can be closed, those whose last packet is oldest.
  ///
  /// All lanes get new numbers. O(lanes · log lanes), once for every so many new lanes.
  mutating func retireIdle(into messages: inout MessageTable) {
    let times = lanes.map(\.end)
    let closable = lanes.indices.filter { canRetire($0) }
    guard !closable.isEmpty else { return moveLanes(of: Array(lanes.indices)) }
    let median = closable.map { times[$0] }.sorted()[(closable.count - 1) / 2]
    var kept: [Int] = []
    kept.reserveCapacity(lanes.count)
    for number in lanes.indices {
      if times[number] <= median, canRetire(number) {
        close(number, into: &messages)
      } else {
        kept.append(number)
      }
    }
    moveLanes(of: kept)
  }

  /// READs and what pairs them refer to flows by number: such flows stay.
  private func canRetire(_ number: Int) -> Bool {
    let lane = lanes[number]
    if lane.mode == .starting || lane.flow < 0 { return true }
    let flow = flows[Int(lane.flow)]
    return !flow.isResponse && !flow.hasAsked && flow.partner == nil
  }

  private mutating func close(_ number: Int, into messages: inout MessageTable) {
    if lanes[number].mode == .starting {
      let ends = self.ends
      lanes[number].settle(&starts, ends.span, number, into: &messages)
    }
    finish(number, into: &messages)
    guard lanes[number].flow >= 0 else { return }
    let index = Int(lanes[number].flow)
    retiredRestarts += flows[index].restarts
    flows[index] = QueuePairFlow(source: 0, destination: 0, channel: 0, isResponse: false)
    freeFlows.append(index)
  }

  /// Keeps these lanes, in their order, and numbers them anew.
  private mutating func moveLanes(of kept: [Int]) {
    var keys = KeyTable()
    for (number, old) in kept.enumerated() {
      lanes[number] = lanes[old]
      ends[number] = ends[old]
      let key = Self.key(destination: ends[number].destination, channel: lanes[number].channel)
      _ = keys.number(of: key)
      let lane = lanes[number]
      if lane.mode != .starting, lane.flow >= 0 { lanesOfFlows[Int(lane.flow)] = number }
    }
    lanes.removeLast(lanes.count - kept.count)
    ends.removeLast(ends.count - kept.count)
    self.keys = keys
    index.rebuild(lanes)
    numbering += 1
    retiresAt = max(maximumLanes, kept.count + maximumLanes / 2)
  }
}
