/// Max-min fair flows that come and go: the online twin of `FluidProblem`.
///
/// Flows that share links, directly or through others, form a component; a flow that starts or ends,
/// or a link whose rate changes, makes only its own component be filled anew. Between two such
/// moments all rates of a component are constant, so a flow's bytes are brought up to date only when
/// its component is touched, and a component is known by the moment at which its next flow ends. When
/// flows end, the others stay one component, split or not, until half of them are gone.
///
/// A flow has one or more subflows over paths of links, each with a max-min fair rate; it ends when
/// its bytes are gone. Moments within one part in 10^12 of each other are one moment, so that equal
/// flows whose rates were rounded differently end together. Flat columns throughout; a flow's columns
/// are kept until all flows that have ended are forgotten.
///
/// With `FluidBatching`, flows of a component that end within a step leave it together: each ends at
/// its own time at the rate it had, and the others get their new rates once, at the mean of those
/// times. The step is a share of the time from the start of the component's oldest running flow to the
/// end of its last one at present rates.
///
/// A large component in which each flow crosses two links, as one coupled all-to-all, is followed by
/// the levels of its ports (`PortReplay`) until something starts there; see `FlowSession+Ports`.
///
/// O(crossings + links log links) of the component per moment that touches it.
package struct FlowSession: Sendable {
  package private(set) var now = 0.0
  package private(set) var runningCount = 0
  /// Times that a component was filled.
  package internal(set) var fillCount = 0

  let batching: FluidBatching
  var links = LinkColumns()
  var flows = FlowColumns()
  var scratch = FillScratch()
  /// Links whose component must be found and filled anew.
  var dirtyLinks: [Int32] = []
  /// Components of which only flows have ended.
  private var shrunk: [Int] = []
  var components = ComponentColumns()
  /// By component: what follows it by levels of ports, if anything does.
  var portReplays: [PortReplay?] = []

  package init(linkCapacity: [Double], batching: FluidBatching = .exact) {
    self.batching = batching
    for capacity in linkCapacity { links.append(capacity: capacity) }
  }

  package var linkCount: Int { links.capacity.count }

  /// Adds a link of so many bytes per nanosecond and returns its number.
  package mutating func appendLink(capacity: Double) -> Int32 {
    links.append(capacity: capacity)
    return Int32(linkCount - 1)
  }

  /// Gives a link another rate from now on; 0 pauses what crosses it.
  package mutating func setCapacity(_ capacity: Double, of link: Int32) {
    guard links.capacity[Int(link)] != capacity else { return }
    links.capacity[Int(link)] = capacity
    if links.firstCrossing[Int(link)] >= 0 { dirtyLinks.append(link) }
  }

  /// Adds a link to the path that is being written.
  package mutating func appendPathLink(_ link: Int32) { flows.appendPathLink(link) }

  /// Ends the path that is being written; it becomes a subflow of the next flow.
  package mutating func endPath() { flows.endPath() }

  /// Starts the flow whose paths were just written, now, and returns its number: 0, 1, 2 ….
  @discardableResult
  package mutating func startFlow(bytes: Double) -> Int32 {
    let flow = flows.endFlow(bytes: bytes, now: now)
    let crossings = flows.states[flow].crossings
    enter(
      crossings, crossings: &flows.crossings, firstCrossing: &links.firstCrossing,
      crossingCount: &links.crossingCount)
    for crossing in crossings { dirtyLinks.append(flows.crossings[crossing].link) }
    runningCount += 1
    return Int32(flow)
  }

  /// Subflows of a flow.
  package func subflowCount(of flow: Int) -> Int { flows.states[flow].subflows.count }

  /// Bytes of a flow when it started.
  package func bytes(of flow: Int) -> Double { flows.states[flow].bytes }

  /// Bytes that a subflow of an ended flow carried: shares that add up to the flow's bytes.
  package func bytes(of flow: Int, subflow: Int) -> Double {
    let state = flows.states[flow]
    if state.subflows.count == 1 { return state.bytes }
    var sum = 0.0
    for place in state.subflows { sum += flows.subflows[place].carried }
    guard sum > 0 else { return 0 }
    return flows.subflows[state.subflows.lowerBound + subflow].carried / sum * state.bytes
  }

  /// When an ended flow's bytes were gone.
  package func endTime(of flow: Int) -> Double { flows.states[flow].updatedAt }

  /// When the next flows end; infinite when none does.
  package mutating func nextCompletion() -> Double {
    fillDirtyComponents()
    return components.nextFinish() ?? .infinity
  }

  /// Moves the clock; no flow may end before `time`.
  package mutating func advance(to time: Double) { now = max(now, time) }

  /// Takes out every flow that ends now, within the rounding of the clock or the step of the batching,
  /// in the order in which they started.
  package mutating func takeEnded(into ended: inout [Int32]) {
    fillDirtyComponents()
    let limit = now * (1 + 1e-12)
    let first = ended.count
    while let (component, horizon) = components.popFinished(by: limit) {
      if isFollowedByPorts(component) {
        takeEndedOfPorts(component, into: &ended)
      } else {
        takeEnded(of: component, by: max(limit, horizon), into: &ended)
      }
    }
    if ended.count - first > 1 { ended[first...].sort() }
  }

  /// When none ends, for rounding, the component is filled once more.
  private mutating func takeEnded(
    of component: Int, by limit: Double, into ended: inout [Int32]
  ) {
    if let flow = components.loneFlow(of: component) {
      return takeEnded(lone: flow, of: component, by: limit, into: &ended)
    }
    var members = components.take(flowsOf: component)
    let first = ended.count
    Replay.takeEnded(
      of: &members, at: now, by: limit, isExact: batching.isExact, states: &flows.states,
      subflows: &flows.subflows, into: &ended)
    for flow in ended[first...] { end(flow) }
    components.put(back: members, to: component)
    if components.isHalfGone(component) { disperse(component) } else { shrunk.append(component) }
  }

  private mutating func takeEnded(
    lone flow: Int32, of component: Int, by limit: Double, into ended: inout [Int32]
  ) {
    guard flows.states[Int(flow)].endAlone(at: now, by: limit, isExact: batching.isExact) else {
      components.wait(component)
      return shrunk.append(component)
    }
    components.release(component)
    ended.append(flow)
    end(flow)
  }

  /// The component has lost flows and is filled before anything is asked.
  mutating func awaitFilling(of component: Int) { shrunk.append(component) }

  mutating func end(_ flow: Int32) {
    leave(
      flows.states[Int(flow)].crossings, crossings: &flows.crossings,
      firstCrossing: &links.firstCrossing, crossingCount: &links.crossingCount)
    runningCount -= 1
  }

  /// Gives a component up; what it consists of by now is found anew.
  mutating func disperse(_ component: Int) {
    guard components.isInUse(component) else { return }
    guard !isFollowedByPorts(component) else { return dispersePorts(component) }
    if let flow = components.loneFlow(of: component) {
      flows.states[Int(flow)].component = -1
      dirtyLinks.append(firstLink(of: Int(flow)))
      return components.release(component)
    }
    let members = components.take(flowsOf: component)
    for flow in members {
      flows.states[Int(flow)].component = -1
      dirtyLinks.append(firstLink(of: Int(flow)))
    }
    components.put(back: consume members, to: component)
    components.release(component)
  }

  /// Gives back what is kept for flows, none of which may be running; numbers begin at 0 again.
  package mutating func forgetEndedFlows() {
    precondition(runningCount == 0, "flows are running")
    fillDirtyComponents()
    flows.removeAll()
    components.removeAll()
    portReplays.removeAll(keepingCapacity: true)
  }

  /// Forgets all flows, none of which may be running, and sets the clock, also back.
  package mutating func restart(at time: Double) {
    forgetEndedFlows()
    now = time
  }

  /// A link that a running flow crosses.
  func firstLink(of flow: Int) -> Int32 {
    flows.crossings[flows.states[flow].crossings.lowerBound].link
  }

  // MARK: Filling

  private mutating func fillDirtyComponents() {
    guard !(dirtyLinks.isEmpty && shrunk.isEmpty) else { return }
    scratch.beginSearch(linkCount: linkCount, flowCount: flows.count)
    // Finding a component may disperse others, which makes more links dirty.
    var place = 0
    while place < dirtyLinks.count {
      let link = dirtyLinks[place]
      place += 1
      guard links.firstCrossing[Int(link)] >= 0 && !scratch.hasSeen(link: link) else { continue }
      if fillAlone(on: link) { continue }
      collectComponent(from: link)
      let component = components.add(flows: scratch.flows)
      for flow in scratch.flows { flows.states[Int(flow)].component = Int32(component) }
      if !followByPorts(component) { fill(component) }
    }
    dirtyLinks.removeAll(keepingCapacity: true)
    for component in shrunk where components.isWaiting(component) {
      guard !isFollowedByPorts(component) else {
        fillPorts(of: component)
        continue
      }
      collectMembers(of: component)
      fill(component)
    }
    shrunk.removeAll(keepingCapacity: true)
  }

  /// A flow in no component that shares no link with another has what its narrowest link carries.
  ///
  /// O(links of its path); false when there is none on the link.
  private mutating func fillAlone(on link: Int32) -> Bool {
    guard links.crossingCount[Int(link)] == 1 else { return false }
    let crossing = flows.crossings[Int(links.firstCrossing[Int(link)])]
    let subflow = Int(crossing.subflow)
    let flow = flows.subflows[subflow].flow
    guard flows.states[Int(flow)].component < 0, flows.states[Int(flow)].subflows.count == 1,
      let rate = rateAlone(of: flows.states[Int(flow)].crossings)
    else { return false }
    scratch.seeAlone(flows.states[Int(flow)].crossings, of: flows.crossings)
    let component = components.add(lone: flow)
    flows.subflows[subflow].rate = rate
    fillCount += 1
    let finish = flows.states[Int(flow)].runAlone(
      at: rate, from: now, isExact: batching.isExact, component: component)
    components.queue(component, until: finish, horizon: finish)
    return true
  }

  /// The least capacity on a path, or nil when others cross it.
  private func rateAlone(of crossings: Range<Int>) -> Double? {
    var rate = Double.infinity
    for crossing in crossings {
      let link = Int(flows.crossings[crossing].link)
      guard links.crossingCount[link] == 1 else { return nil }
      rate = min(rate, links.capacity[link])
    }
    return rate
  }

  private mutating func fill(_ component: Int) {
    fillCount += 1
    fillCollected()
    let (moment, horizon) = nextMoment()
    components.queue(component, until: moment, horizon: horizon)
  }

  /// The flows of a component of which some have ended, and their links.
  private mutating func collectMembers(of component: Int) {
    scratch.collect(components.flows(of: component), states: flows.states, flows.crossings)
    progressCollected()
  }

  /// Everything that a change on a link can reach, its bytes brought up to date.
  private mutating func collectComponent(from first: Int32) {
    scratch.beginComponent()
    scratch.see(link: first)
    var place = 0
    var left: [Int32] = []
    while place < scratch.links.count {
      scratch.collectFlows(
        from: links.firstCrossing[Int(scratch.links[place])], of: flows, leaving: &left)
      place += 1
      // Others of their old components may not be reached any more.
      for component in left { disperse(Int(component)) }
      left.removeAll(keepingCapacity: true)
    }
    scratch.sort()
    progressCollected()
  }

  private mutating func progressCollected() {
    progress(
      scratch.flows, to: now, isExact: batching.isExact, states: &flows.states,
      subflows: &flows.subflows)
  }

  /// Gives every flow of the collected component its rate.
  private mutating func fillCollected() {
    fillComponent(links: links, flows: &flows, scratch: &scratch)
    settleRates(
      of: scratch.flows, states: &flows.states, subflows: flows.subflows,
      finishes: &scratch.finishes)
  }

  /// When rates of the collected component change next unless something starts.
  ///
  /// That is when its first flow ends, or the mean of the ends within a step from there on, weighted by
  /// rate, so that as much capacity is used too early as is left unused too long. All that end up to
  /// the horizon end then.
  private func nextMoment() -> (moment: Double, horizon: Double) {
    let (states, finishes) = (flows.states.span, scratch.finishes.span)
    var first = Double.infinity
    for place in finishes.indices { first = min(first, finishes[place]) }
    guard !batching.isExact, first < .infinity else { return (first, first) }
    // What is over by now was held for a mean that something new has put off: it must not wait again.
    guard first > now else { return (now, now) }
    var (oldest, last) = (now, first)
    for (place, flow) in scratch.flows.enumerated() {
      oldest = min(oldest, states[Int(flow)].startedAt)
      if finishes[place] < .infinity { last = max(last, finishes[place]) }
    }
    let horizon = first + batching.relativeStep * (last - oldest)
    var (rate, delay) = (0.0, 0.0)
    for (place, flow) in scratch.flows.enumerated() where finishes[place] <= horizon {
      rate += states[Int(flow)].rate
      delay += states[Int(flow)].rate * (finishes[place] - first)
    }
    return (first + delay / rate, horizon)
  }
}
