/// Memory of one filling, kept between fillings; columns by link or flow hold only marks.
package struct FillScratch: Sendable {
  package private(set) var links: [Int32] = []
  package private(set) var flows: [Int32] = []
  /// Which search saw a link or flow last.
  private var linkMark: [Int32] = []
  private var flowMark: [Int32] = []
  private var search: Int32 = 0
  /// By link: capacity that no frozen subflow uses, and subflows whose rate is not fixed yet.
  package var remaining: [Double] = []
  package var waiting: [Int32] = []
  package var heap: [LinkShare] = []

  package init() {}

  mutating func beginSearch(linkCount: Int, flowCount: Int) {
    search += 1
    while linkMark.count < linkCount {
      linkMark.append(0)
      remaining.append(0)
      waiting.append(0)
    }
    while flowMark.count < flowCount { flowMark.append(0) }
  }

  mutating func beginComponent() {
    links.removeAll(keepingCapacity: true)
    flows.removeAll(keepingCapacity: true)
  }

  func hasSeen(link: Int32) -> Bool { linkMark[Int(link)] == search }

  mutating func see(link: Int32) {
    guard linkMark[Int(link)] != search else { return }
    linkMark[Int(link)] = search
    links.append(link)
  }

  /// True when the flow was not seen before.
  mutating func see(flow: Int) -> Bool {
    guard flowMark[flow] != search else { return false }
    flowMark[flow] = search
    flows.append(Int32(flow))
    return true
  }

  mutating func sort() {
    if links.count > 1 { links.sort() }
    if !zip(flows, flows.dropFirst()).allSatisfy({ $0 < $1 }) { flows.sort() }
  }
}

/// Progressive filling of the collected component: the link with the smallest share for each of its
/// waiting subflows fills up next and fixes their rates, until no subflow waits.
package func fillComponent(links: LinkColumns, flows: inout FlowColumns, scratch: inout FillScratch)
{
  if scratch.links.count == 1 && scratch.flows.count == 1,
    flows.subflows(of: Int(scratch.flows[0])).count == 1
  {
    flows.subflowRate[flows.subflows(of: Int(scratch.flows[0])).lowerBound] =
      links.capacity[Int(scratch.links[0])]
    return
  }
  prepare(links: links, flows: &flows, scratch: &scratch)
  freezeAll(
    &scratch.heap, remaining: &scratch.remaining, waiting: &scratch.waiting,
    subflowRate: &flows.subflowRate, firstCrossingOfLink: links.firstCrossing,
    nextCrossing: flows.nextCrossing, subflowOfCrossing: flows.subflowOfCrossing,
    firstCrossing: flows.firstCrossing, crossingLink: flows.crossingLink)
}

/// Fixes rates until no subflow waits; only as arguments may several columns be open for writing.
private func freezeAll(
  _ heap: inout [LinkShare], remaining: inout [Double], waiting: inout [Int32],
  subflowRate: inout [Double], firstCrossingOfLink: [Int32], nextCrossing: [Int32],
  subflowOfCrossing: [Int32], firstCrossing: [Int32], crossingLink: [Int32]
) {
  var heap = heap.mutableSpan
  var remaining = remaining.mutableSpan
  var waiting = waiting.mutableSpan
  var subflowRate = subflowRate.mutableSpan
  let (firstCrossingOfLink, nextCrossing) = (firstCrossingOfLink.span, nextCrossing.span)
  let (subflowOfCrossing, firstCrossing) = (subflowOfCrossing.span, firstCrossing.span)
  let crossingLink = crossingLink.span
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
    var crossing = firstCrossingOfLink[link]
    while crossing >= 0 {
      let subflow = Int(subflowOfCrossing[Int(crossing)])
      crossing = nextCrossing[Int(crossing)]
      if subflowRate[subflow] >= 0 { continue }
      subflowRate[subflow] = share
      for other in Int(firstCrossing[subflow])..<Int(firstCrossing[subflow + 1]) {
        let crossed = Int(crossingLink[other])
        remaining[crossed] -= share
        waiting[crossed] -= 1
      }
    }
  }
}

/// Nothing is frozen yet; a subflow without a rate has -1.
private func prepare(links: LinkColumns, flows: inout FlowColumns, scratch: inout FillScratch) {
  for link in scratch.links {
    scratch.remaining[Int(link)] = links.capacity[Int(link)]
    scratch.waiting[Int(link)] = 0
  }
  for flow in scratch.flows {
    for subflow in flows.subflows(of: Int(flow)) { flows.subflowRate[subflow] = -1 }
    for crossing in flows.crossings(of: Int(flow)) {
      scratch.waiting[Int(flows.crossingLink[crossing])] += 1
    }
  }
  scratch.heap.removeAll(keepingCapacity: true)
  for link in scratch.links {
    scratch.heap.append(
      LinkShare(
        share: scratch.remaining[Int(link)] / Double(scratch.waiting[Int(link)]), link: link))
  }
  var heap = scratch.heap.mutableSpan
  heapify(&heap, count: heap.count)
}
