internal import HeapModule

/// Max-min fair flows that come and go: the online twin of `FluidProblem`.
///
/// Flows that share links, directly or through others, form a component; a flow that starts or ends,
/// or a link whose rate changes, makes only its own component be filled anew. Between two such
/// moments all rates of a component are constant, so a flow's bytes are brought up to date only when
/// its component is touched, and a component is known by the moment at which its next flow ends.
///
/// A flow has one or more subflows over paths of links, each with a max-min fair rate; it ends when
/// its bytes are gone. Moments within one part in 10^12 of each other are one moment, so that equal
/// flows whose rates were rounded differently end together. Flat columns throughout; a flow's columns
/// are kept until the session ends.
///
/// O(crossings + links log links) of the component per moment that touches it.
package struct FlowSession: Sendable {
  package private(set) var now = 0.0
  package private(set) var runningCount = 0
  /// Times that a component was filled.
  package private(set) var fillCount = 0

  private var links = LinkColumns()
  private var flows = FlowColumns()
  private var scratch = FillScratch()
  /// Links whose component must be filled anew.
  private var dirtyLinks: [Int32] = []
  private var components = ComponentColumns()

  package init(linkCapacity: [Double]) {
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

  /// Bytes that each subflow of an ended flow carried: shares that add up to its bytes.
  package func subflowBytes(of flow: Int32) -> [Double] {
    let subflows = flows.subflows(of: Int(flow))
    let total = flows.bytes[Int(flow)]
    if subflows.count == 1 { return [total] }
    let sum = subflows.reduce(0) { $0 + flows.subflowCarried[$1] }
    return subflows.map { sum > 0 ? flows.subflowCarried[$0] / sum * total : 0 }
  }

  /// When the next flow ends; infinite when none does.
  package mutating func nextCompletion() -> Double {
    fillDirtyComponents()
    return components.nextFinish() ?? .infinity
  }

  /// Moves the clock; no flow may end before `time`.
  package mutating func advance(to time: Double) { now = max(now, time) }

  /// Takes out every flow that ends now, within the rounding of the clock, in the order in which they
  /// started.
  package mutating func takeEnded(into ended: inout [Int32]) {
    fillDirtyComponents()
    let limit = now * (1 + 1e-12)
    let first = ended.count
    while let component = components.popFinished(by: limit) {
      var flow = components.firstFlow[component]
      let member = Int(flow)
      let countBefore = ended.count
      components.release(component)
      while flow >= 0 {
        let next = flows.nextInComponent[Int(flow)]
        flows.component[Int(flow)] = -1
        progress(Int(flow))
        if isDone(Int(flow), by: limit) { end(flow, into: &ended) }
        flow = next
      }
      // Rounding may leave a trace of the bytes: the component is filled once more.
      if ended.count == countBefore {
        dirtyLinks.append(flows.crossingLink[flows.crossings(of: member).lowerBound])
      }
    }
    if ended.count - first > 1 { ended[first...].sort() }
  }

  private func isDone(_ flow: Int, by limit: Double) -> Bool {
    flows.left[flow] <= max(flows.rate[flow] * (limit - now), flows.bytes[flow] * 1e-13)
  }

  private mutating func end(_ flow: Int32, into ended: inout [Int32]) {
    ended.append(flow)
    for crossing in flows.crossings(of: Int(flow)) {
      leave(crossing)
      dirtyLinks.append(flows.crossingLink[crossing])
    }
    runningCount -= 1
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
    flows.left[flow] = max(0, flows.left[flow] - flows.rate[flow] * step)
    flows.updatedAt[flow] = now
    let subflows = flows.subflows(of: flow)
    if subflows.count > 1 {
      for subflow in subflows {
        flows.subflowCarried[subflow] += flows.subflowRate[subflow] * step
      }
    }
  }

  // MARK: Filling

  private mutating func fillDirtyComponents() {
    guard !dirtyLinks.isEmpty else { return }
    scratch.beginSearch(linkCount: linkCount, flowCount: flows.count)
    for link in dirtyLinks
    where links.firstCrossing[Int(link)] >= 0 && !scratch.hasSeen(link: link) {
      collectComponent(from: link)
      fillCount += 1
      let finish = fillCollected()
      components.add(flows: scratch.flows, finish: finish, to: &flows)
    }
    dirtyLinks.removeAll(keepingCapacity: true)
  }

  /// Everything that a change on a link can reach, its bytes brought up to date.
  private mutating func collectComponent(from first: Int32) {
    scratch.beginComponent(with: first)
    var place = 0
    while place < scratch.links.count {
      var crossing = links.firstCrossing[Int(scratch.links[place])]
      place += 1
      while crossing >= 0 {
        let flow = Int(flows.flowOfSubflow[Int(flows.subflowOfCrossing[Int(crossing)])])
        crossing = flows.nextCrossing[Int(crossing)]
        guard scratch.see(flow: flow) else { continue }
        let component = flows.component[flow]
        if component >= 0 { components.release(Int(component)) }
        progress(flow)
        for other in flows.crossings(of: flow) { scratch.see(link: flows.crossingLink[other]) }
      }
    }
    // Numbers, not the search's history, decide how ties are broken.
    scratch.sort()
  }

  /// Gives every flow of the collected component its rate; returns when the first of them ends.
  private mutating func fillCollected() -> Double {
    fillComponent(links: links, flows: &flows, scratch: &scratch)
    var finish = Double.infinity
    for flow in scratch.flows.lazy.map({ Int($0) }) {
      var rate = 0.0
      for subflow in flows.subflows(of: flow) { rate += flows.subflowRate[subflow] }
      flows.rate[flow] = rate
      if rate > 0 { finish = min(finish, now + flows.left[flow] / rate) }
    }
    return finish
  }
}

/// Rates of links and who crosses them.
package struct LinkColumns: Sendable {
  package var capacity: [Double] = []
  /// First of the link's running crossings; -1 when it is idle.
  package var firstCrossing: [Int32] = []

  mutating func append(capacity: Double) {
    self.capacity.append(capacity)
    firstCrossing.append(-1)
  }
}

/// Every flow of a session with its subflows and their crossings of links.
package struct FlowColumns: Sendable {
  package var bytes: [Double] = []
  /// Bytes left at `updatedAt`, and the rate since then.
  package var left: [Double] = []
  package var rate: [Double] = []
  package var updatedAt: [Double] = []
  package var component: [Int32] = []
  package var nextInComponent: [Int32] = []
  private var firstSubflow: [Int32] = [0]
  package var flowOfSubflow: [Int32] = []
  package var subflowRate: [Double] = []
  package var subflowCarried: [Double] = []
  private var firstCrossing: [Int32] = [0]
  package var crossingLink: [Int32] = []
  package var subflowOfCrossing: [Int32] = []
  package var nextCrossing: [Int32] = []
  package var previousCrossing: [Int32] = []

  var count: Int { bytes.count }

  @inline(__always)
  package func subflows(of flow: Int) -> Range<Int> {
    Int(firstSubflow[flow])..<Int(firstSubflow[flow + 1])
  }

  @inline(__always)
  package func crossings(ofSubflow subflow: Int) -> Range<Int> {
    Int(firstCrossing[subflow])..<Int(firstCrossing[subflow + 1])
  }

  @inline(__always)
  package func crossings(of flow: Int) -> Range<Int> {
    Int(firstCrossing[Int(firstSubflow[flow])])..<Int(firstCrossing[Int(firstSubflow[flow + 1])])
  }

  mutating func endPath() {
    let subflow = Int32(flowOfSubflow.count)
    flowOfSubflow.append(Int32(count))
    subflowRate.append(0)
    subflowCarried.append(0)
    for _ in Int(firstCrossing[Int(subflow)])..<crossingLink.count {
      subflowOfCrossing.append(subflow)
      nextCrossing.append(-1)
      previousCrossing.append(-1)
    }
    firstCrossing.append(Int32(crossingLink.count))
  }

  mutating func endFlow(bytes: Double, now: Double) -> Int {
    firstSubflow.append(Int32(flowOfSubflow.count))
    self.bytes.append(bytes)
    left.append(bytes)
    rate.append(0)
    updatedAt.append(now)
    component.append(-1)
    nextInComponent.append(-1)
    return count - 1
  }
}

/// Components by the moment at which their next flow ends.
private struct ComponentColumns: Sendable {
  var firstFlow: [Int32] = []
  /// Counts up when a component is given up, so that its entry in the queue is known to be stale.
  private var version: [Int32] = []
  private var isInUse: [Bool] = []
  private var free: [Int32] = []
  private var queue = Heap<Entry>()

  private struct Entry: Comparable, Sendable {
    var finish: Double
    var component: Int32
    var version: Int32

    static func < (left: Entry, right: Entry) -> Bool {
      left.finish < right.finish
        || (left.finish == right.finish && left.component < right.component)
    }
  }

  mutating func add(flows members: [Int32], finish: Double, to flows: inout FlowColumns) {
    let component: Int32
    if let reused = free.popLast() {
      component = reused
    } else {
      component = Int32(firstFlow.count)
      firstFlow.append(-1)
      version.append(0)
      isInUse.append(false)
    }
    isInUse[Int(component)] = true
    firstFlow[Int(component)] = members.first ?? -1
    for (place, flow) in members.enumerated() {
      flows.component[Int(flow)] = component
      flows.nextInComponent[Int(flow)] = place + 1 < members.count ? members[place + 1] : -1
    }
    if finish < .infinity {
      queue.insert(
        Entry(finish: finish, component: component, version: version[Int(component)]))
    }
  }

  /// Gives a component up; its flows are in none until they are collected again.
  mutating func release(_ component: Int) {
    guard isInUse[component] else { return }
    isInUse[component] = false
    version[component] += 1
    free.append(Int32(component))
  }

  mutating func nextFinish() -> Double? {
    while let entry = queue.min {
      if version[Int(entry.component)] == entry.version { return entry.finish }
      queue.removeMin()
    }
    return nil
  }

  mutating func popFinished(by limit: Double) -> Int? {
    guard let finish = nextFinish(), finish <= limit else { return nil }
    return Int(queue.removeMin().component)
  }
}
