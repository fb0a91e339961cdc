/// Memory of one filling, kept between fillings; columns by link or flow hold only marks.
package struct FillScratch: Sendable {
  package private(set) var links: [Int32] = []
  package private(set) var flows: [Int32] = []
  /// Which component a link or flow was last collected for; components are numbered from 1.
  private var linkMark: [Int] = []
  private var flowMark: [Int] = []
  private var component = 0
  private var firstOfSearch = 1
  /// By link: capacity that no frozen subflow uses, and subflows whose rate is not fixed yet.
  package var remaining: [Double] = []
  package var waiting: [Int32] = []
  package var heap: [LinkShare] = []
  /// By collected flow: when it ends at its rate.
  package var finishes: [Double] = []

  package init() {}

  mutating func beginSearch(linkCount: Int, flowCount: Int) {
    firstOfSearch = component + 1
    while linkMark.count < linkCount {
      linkMark.append(0)
      remaining.append(0)
      waiting.append(0)
    }
    while flowMark.count < flowCount { flowMark.append(0) }
  }

  mutating func beginComponent() {
    component += 1
    if !links.isEmpty { links.removeAll(keepingCapacity: true) }
    if !flows.isEmpty { flows.removeAll(keepingCapacity: true) }
  }

  func hasSeen(link: Int32) -> Bool { linkMark[Int(link)] >= firstOfSearch }

  mutating func see(link: Int32) {
    guard linkMark[Int(link)] < firstOfSearch else { return }
    linkMark[Int(link)] = component
    links.append(link)
  }

  /// Notes the links of a flow that shares none, without collecting anything.
  mutating func seeAlone(_ crossings: Range<Int>, of columns: [LinkCrossing]) {
    component += 1
    for crossing in crossings { linkMark[Int(columns[crossing].link)] = component }
  }

  /// Collects a component whose flows are known.
  mutating func collect(_ members: [Int32], states: [FlowState], _ crossings: [LinkCrossing]) {
    beginComponent()
    flows.append(contentsOf: members)
    for flow in members {
      for crossing in states[Int(flow)].crossings { see(link: crossings[crossing].link) }
    }
    links.sort()
  }

  /// Adds the flows of a link's crossings, from one on, and the other links that those cross.
  ///
  /// - Parameter components: gets the components, with repeats, that the flows were in.
  mutating func collectFlows(
    from first: Int32, of columns: FlowColumns, leaving components: inout [Int32]
  ) {
    let (states, crossings) = (columns.states.span, columns.crossings.span)
    let subflows = columns.subflows.span
    var crossing = first
    while crossing >= 0 {
      let crossed = crossings[Int(crossing)]
      let flow = subflows[Int(crossed.subflow)].flow
      crossing = crossed.next
      guard flowMark[Int(flow)] < firstOfSearch else { continue }
      flowMark[Int(flow)] = component
      flows.append(flow)
      let state = states[Int(flow)]
      if state.component >= 0, components.last != state.component {
        components.append(state.component)
      }
      for other in state.crossings { see(link: crossings[other].link) }
    }
  }

  /// Orders what was collected: numbers, not the search's history, decide how ties are broken.
  mutating func sort() {
    if links.count > 1 { links.sort() }
    guard !zip(flows, flows.dropFirst()).allSatisfy({ $0 < $1 }) else { return }
    let (first, last) = (Int(flows.min() ?? 0), Int(flows.max() ?? 0))
    // Flows of a component have mostly started together: then reading the marks is faster.
    guard last - first < 4 * flows.count else { return flows.sort() }
    flows.removeAll(keepingCapacity: true)
    for flow in first...last where flowMark[flow] == component {
      flows.append(Int32(flow))
    }
  }
}

/// Progressive filling of the collected component: the link with the smallest share for each of its
/// waiting subflows fills up next and fixes their rates, until no subflow waits.
package func fillComponent(links: LinkColumns, flows: inout FlowColumns, scratch: inout FillScratch)
{
  if scratch.links.count == 1 && scratch.flows.count == 1 {
    let subflows = flows.states[Int(scratch.flows[0])].subflows
    if subflows.count == 1 {
      flows.subflows[subflows.lowerBound].rate = links.capacity[Int(scratch.links[0])]
      return
    }
  }
  prepare(links: links, scratch: &scratch)
  freezeAll(
    &scratch.heap, remaining: &scratch.remaining, waiting: &scratch.waiting,
    subflows: &flows.subflows, crossings: flows.crossings, firstCrossing: links.firstCrossing)
}

/// Fixes rates until no subflow waits; only as arguments may several columns be open for writing.
private func freezeAll(
  _ heap: inout [LinkShare], remaining: inout [Double], waiting: inout [Int32],
  subflows: inout [SubflowState], crossings: [LinkCrossing], firstCrossing: [Int32]
) {
  var heap = heap.mutableSpan
  var remaining = remaining.mutableSpan
  var waiting = waiting.mutableSpan
  var subflows = subflows.mutableSpan
  let (crossings, firstCrossing) = (crossings.span, firstCrossing.span)
  var level = 0.0
  var count = heap.count
  while count > 0 {
    let top = heap[0]
    let link = Int(top.link)
    let share =
      waiting[link] > 0 ? max(level, remaining[link] / Double(waiting[link])) : .infinity
    if share > top.share && share < .infinity {
      // Shares only grow while others freeze, so a stale one is corrected when it comes up.
      heap[0].share = share
      siftDown(&heap, from: 0, count: count)
      continue
    }
    count -= 1
    heap[0] = heap[count]
    siftDown(&heap, from: 0, count: count)
    if share == .infinity { continue }
    level = share
    var crossing = firstCrossing[link]
    while crossing >= 0 {
      let subflow = Int(crossings[Int(crossing)].subflow)
      crossing = crossings[Int(crossing)].next
      if subflows[subflow].rate >= 0 { continue }
      subflows[subflow].rate = share
      for other in subflows[subflow].crossings {
        let crossed = Int(crossings[other].link)
        remaining[crossed] -= share
        waiting[crossed] -= 1
      }
    }
  }
}

/// Nothing is frozen yet.
private func prepare(links: LinkColumns, scratch: inout FillScratch) {
  scratch.heap.removeAll(keepingCapacity: true)
  for link in scratch.links.lazy.map({ Int($0) }) {
    // All that crosses a link of a component is in it.
    let (capacity, count) = (links.capacity[link], links.crossingCount[link])
    scratch.remaining[link] = capacity
    scratch.waiting[link] = count
    scratch.heap.append(LinkShare(share: capacity / Double(count), link: Int32(link)))
  }
  var heap = scratch.heap.mutableSpan
  heapify(&heap, count: heap.count)
}
