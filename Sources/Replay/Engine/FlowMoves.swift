// What happens to many flows at once; only as arguments may several columns be open for writing.

/// Brings the bytes of some flows up to date and takes their rates back: a subflow without one has -1.
///
/// A batched flow that is over keeps the moment at which it was.
func progress(
  _ members: [Int32], to now: Double, isExact: Bool, states: inout [FlowState],
  subflows: inout [SubflowState]
) {
  var states = states.mutableSpan
  var subflows = subflows.mutableSpan
  for flow in members {
    states[Int(flow)].progress(to: now, isExact: isExact, &subflows)
    for subflow in states[Int(flow)].subflows { subflows[subflow].rate = -1 }
  }
}

extension FlowState {
  @inline(__always)
  mutating func progress(
    to now: Double, isExact: Bool, _ subflowStates: inout MutableSpan<SubflowState>
  ) {
    let step = now - updatedAt
    guard step > 0 else { return }
    progress(to: now, isExact: isExact)
    guard subflows.count > 1 else { return }
    for subflow in subflows {
      subflowStates[subflow].carried += subflowStates[subflow].rate * step
    }
  }
}

extension FlowState {
  /// The same for a flow of one path, whose bytes are its own.
  @inline(__always)
  mutating func progress(to now: Double, isExact: Bool) {
    guard now > updatedAt else { return }
    let end = finish
    left = max(0, left - rate * (now - updatedAt))
    updatedAt = isExact ? now : min(now, end)
  }

  /// Gives a flow of one path that shares no link its rate from now on; returns when it ends at that.
  @inline(__always)
  mutating func runAlone(
    at rate: Double, from now: Double, isExact: Bool, component: Int
  ) -> Double {
    progress(to: now, isExact: isExact)
    self.rate = rate
    self.component = Int32(component)
    return finish
  }

  /// Ends such a flow if it is over by `limit`, and says whether it was.
  @inline(__always)
  mutating func endAlone(at now: Double, by limit: Double, isExact: Bool) -> Bool {
    let end = isExact ? now : finish
    progress(to: now, isExact: isExact)
    guard isOver(at: now, by: limit) else { return false }
    updatedAt = end
    component = -1
    return true
  }

  /// Whether the flow, brought up to `now`, is over by `limit`; rounding may leave a trace of its bytes.
  @inline(__always)
  func isOver(at now: Double, by limit: Double) -> Bool {
    left <= max(rate * (limit - now), bytes * 1e-13)
  }
}

/// Moves those of a component's flows that end by `limit` to `ended`, each brought up to date.
///
/// Rounding may leave a trace of the bytes: then none ends.
func takeEnded(
  of members: inout [Int32], at now: Double, by limit: Double, isExact: Bool,
  states: inout [FlowState], subflows: inout [SubflowState], into ended: inout [Int32]
) {
  var states = states.mutableSpan
  var subflows = subflows.mutableSpan
  var kept = 0
  for place in members.indices {
    let flow = members[place]
    let end = isExact ? now : states[Int(flow)].finish
    states[Int(flow)].progress(to: now, isExact: isExact, &subflows)
    if states[Int(flow)].isOver(at: now, by: limit) {
      states[Int(flow)].updatedAt = end
      states[Int(flow)].component = -1
      ended.append(flow)
    } else {
      members[kept] = flow
      kept += 1
    }
  }
  members.removeLast(members.count - kept)
}

/// Adds a flow's crossings to those of their links.
func enter(
  _ range: Range<Int>, crossings: inout [LinkCrossing], firstCrossing: inout [Int32],
  crossingCount: inout [Int32]
) {
  var crossings = crossings.mutableSpan
  var firstCrossing = firstCrossing.mutableSpan
  var crossingCount = crossingCount.mutableSpan
  for crossing in range {
    let link = Int(crossings[crossing].link)
    let head = firstCrossing[link]
    crossings[crossing].next = head
    if head >= 0 { crossings[Int(head)].previous = Int32(crossing) }
    firstCrossing[link] = Int32(crossing)
    crossingCount[link] += 1
  }
}

/// Takes a flow's crossings out of those of their links.
func leave(
  _ range: Range<Int>, crossings: inout [LinkCrossing], firstCrossing: inout [Int32],
  crossingCount: inout [Int32]
) {
  var crossings = crossings.mutableSpan
  var firstCrossing = firstCrossing.mutableSpan
  var crossingCount = crossingCount.mutableSpan
  for crossing in range {
    let left = crossings[crossing]
    if left.previous >= 0 {
      crossings[Int(left.previous)].next = left.next
    } else {
      firstCrossing[Int(left.link)] = left.next
    }
    if left.next >= 0 { crossings[Int(left.next)].previous = left.previous }
    crossingCount[Int(left.link)] -= 1
  }
}

/// Sums up what the subflows of some flows get, and notes when each flow ends at that.
func settleRates(
  of members: [Int32], states: inout [FlowState], subflows: [SubflowState],
  finishes: inout [Double]
) {
  var states = states.mutableSpan
  let subflows = subflows.span
  finishes.removeAll(keepingCapacity: true)
  finishes.reserveCapacity(members.count)
  for flow in members {
    var rate = 0.0
    for subflow in states[Int(flow)].subflows { rate += subflows[subflow].rate }
    states[Int(flow)].rate = rate
    finishes.append(states[Int(flow)].finish)
  }
}
