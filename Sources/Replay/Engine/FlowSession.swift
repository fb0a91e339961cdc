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
  package mutating func appendPathLink(_ link: Int32) { flows.crossingLink.append(link) }

  /// Ends the path that is being written; it becomes a subflow of the next flow.
  package mutating func endPath() { flows.endPath() }

  /// Starts the flow whose paths were just written, now, and returns its number: 0, 1, 2 ….
  @discardableResult
  package mutating func startFlow(bytes: Double) -> Int32 {
    let flow = flows.endFlow(bytes: bytes, now: now)
    for crossing in flows.crossings(of: flow) {
      enter(crossing)
      dirtyLinks.append(flows.crossingLink[crossing])
    }
    runningCount += 1
    return Int32(flow)
  }

  /// Subflows of a flow.
  package func subflowCount(of flow: Int) -> Int { flows.subflows(of: flow).count }

  /// Bytes of a flow when it started.
  package func bytes(of flow: Int) -> Double { flows.bytes[flow] }

  /// Bytes that a subflow of an ended flow carried: shares that add up to the flow's bytes.
  package func bytes(of flow: Int, subflow: Int) -> Double {
    let subflows = flows.subflows(of: flow)
    if subflows.count == 1 { return flows.bytes[flow] }
    var sum = 0.0
    for place in subflows { sum += flows.subflowCarried[place] }
    guard sum > 0 else { return 0 }
    return flows.subflowCarried[subflows.lowerBound + subflow] / sum * flows.bytes[flow]
  }

  /// When an ended flow's bytes were gone.
  package func endTime(of flow: Int) -> Double { flows.updatedAt[flow] }

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

  /// Rounding may leave a trace of the bytes: then none ends, and the component is filled once more.
  private mutating func takeEnded(
    of component: Int, by limit: Double, into ended: inout [Int32]
  ) {
    var flow = components.beginTaking(from: component)
    while flow >= 0 {
      let next = flows.nextInComponent[Int(flow)]
      let end = flows.finish(of: Int(flow))
      progress(Int(flow))
      if isDone(Int(flow), by: limit) {
        if !batching.isExact { flows.updatedAt[Int(flow)] = end }
        flows.component[Int(flow)] = -1
        self.end(flow)
        ended.append(flow)
      } else {
        components.keep(flow, in: component, of: &flows)
      }
      flow = next
    }
    if components.count[component] * 2 > components.collectedCount[component] {
      shrunk.append(component)
    } else {
      disperse(component)
    }
  }

  /// The component has lost flows and is filled before anything is asked.
  mutating func awaitFilling(of component: Int) { shrunk.append(component) }

  private func isDone(_ flow: Int, by limit: Double) -> Bool {
    flows.left[flow] <= max(flows.rate[flow] * (limit - now), flows.bytes[flow] * 1e-13)
  }

  mutating func end(_ flow: Int32) {
    for crossing in flows.crossings(of: Int(flow)) { leave(crossing) }
    runningCount -= 1
  }

  /// Gives a component up; what it consists of by now is found anew.
  mutating func disperse(_ component: Int) {
    guard components.isInUse[component] else { return }
    guard !isFollowedByPorts(component) else { return dispersePorts(component) }
    var flow = components.firstFlow[component]
    components.release(component)
    while flow >= 0 {
      flows.component[Int(flow)] = -1
      dirtyLinks.append(flows.crossingLink[flows.crossings(of: Int(flow)).lowerBound])
      flow = flows.nextInComponent[Int(flow)]
    }
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

  // MARK: Who crosses what

  private mutating func enter(_ crossing: Int) {
    let link = Int(flows.crossingLink[crossing])
    let head = links.firstCrossing[link]
    flows.nextCrossing[crossing] = head
    flows.previousCrossing[crossing] = -1
    if head >= 0 { flows.previousCrossing[Int(head)] = Int32(crossing) }
    links.firstCrossing[link] = Int32(crossing)
  }

  private mutating func leave(_ crossing: Int) {
    let (previous, next) = (flows.previousCrossing[crossing], flows.nextCrossing[crossing])
    if previous >= 0 {
      flows.nextCrossing[Int(previous)] = next
    } else {
      links.firstCrossing[Int(flows.crossingLink[crossing])] = next
    }
    if next >= 0 { flows.previousCrossing[Int(next)] = previous }
  }

  /// Brings a flow's bytes up to date.
  private mutating func progress(_ flow: Int) {
    let step = now - flows.updatedAt[flow]
    guard step > 0 else { return }
    let end = flows.finish(of: flow)
    flows.left[flow] = max(0, flows.left[flow] - flows.rate[flow] * step)
    // A batched flow that is over keeps the moment at which it was.
    flows.updatedAt[flow] = batching.isExact ? now : min(now, end)
    let subflows = flows.subflows(of: flow)
    if subflows.count > 1 {
      for subflow in subflows {
        flows.subflowCarried[subflow] += flows.subflowRate[subflow] * step
      }
    }
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
      collectComponent(from: link)
      let component = components.add(flows: scratch.flows, to: &flows)
      if !followByPorts(component) { fill(component) }
    }
    dirtyLinks.removeAll(keepingCapacity: true)
    for component in shrunk where components.isWaiting[component] {
      guard !isFollowedByPorts(component) else {
        fillPorts(of: component)
        continue
      }
      collectMembers(of: component)
      fill(component)
    }
    shrunk.removeAll(keepingCapacity: true)
  }

  private mutating func fill(_ component: Int) {
    fillCount += 1
    fillCollected()
    let (moment, horizon) = nextMoment()
    components.queue(component, until: moment, horizon: horizon)
  }

  /// The flows of a component of which some have ended, and their links.
  private mutating func collectMembers(of component: Int) {
    scratch.beginComponent()
    var flow = components.firstFlow[component]
    while flow >= 0 {
      _ = scratch.see(flow: Int(flow))
      progress(Int(flow))
      for crossing in flows.crossings(of: Int(flow)) {
        scratch.see(link: flows.crossingLink[crossing])
      }
      flow = flows.nextInComponent[Int(flow)]
    }
    scratch.sort()
  }

  /// Everything that a change on a link can reach, its bytes brought up to date.
  private mutating func collectComponent(from first: Int32) {
    scratch.beginComponent()
    scratch.see(link: first)
    var place = 0
    while place < scratch.links.count {
      var crossing = links.firstCrossing[Int(scratch.links[place])]
      place += 1
      while crossing >= 0 {
        let flow = Int(flows.flowOfSubflow[Int(flows.subflowOfCrossing[Int(crossing)])])
        crossing = flows.nextCrossing[Int(crossing)]
        guard scratch.see(flow: flow) else { continue }
        // Others of its old component may not be reached any more.
        let component = flows.component[flow]
        if component >= 0 { disperse(Int(component)) }
        progress(flow)
        for other in flows.crossings(of: flow) { scratch.see(link: flows.crossingLink[other]) }
      }
    }
    // Numbers, not the search's history, decide how ties are broken.
    scratch.sort()
  }

  /// Gives every flow of the collected component its rate.
  private mutating func fillCollected() {
    fillComponent(links: links, flows: &flows, scratch: &scratch)
    for flow in scratch.flows.lazy.map({ Int($0) }) {
      var rate = 0.0
      for subflow in flows.subflows(of: flow) { rate += flows.subflowRate[subflow] }
      flows.rate[flow] = rate
    }
  }

  /// When rates of the collected component change next unless something starts.
  ///
  /// That is when its first flow ends, or the mean of the ends within a step from there on, weighted by
  /// rate, so that as much capacity is used too early as is left unused too long. All that end up to
  /// the horizon end then.
  private func nextMoment() -> (moment: Double, horizon: Double) {
    var first = Double.infinity
    for flow in scratch.flows { first = min(first, flows.finish(of: Int(flow))) }
    guard !batching.isExact, first < .infinity else { return (first, first) }
    // What is over by now was held for a mean that something new has put off: it must not wait again.
    guard first > now else { return (now, now) }
    var (oldest, last) = (now, first)
    for flow in scratch.flows.lazy.map({ Int($0) }) {
      oldest = min(oldest, flows.startedAt[flow])
      if flows.rate[flow] > 0 { last = max(last, flows.finish(of: flow)) }
    }
    let horizon = first + batching.relativeStep * (last - oldest)
    var (rate, delay) = (0.0, 0.0)
    for flow in scratch.flows.lazy.map({ Int($0) }) {
      let end = flows.finish(of: flow)
      guard end <= horizon else { continue }
      rate += flows.rate[flow]
      delay += flows.rate[flow] * (end - first)
    }
    return (first + delay / rate, horizon)
  }
}
