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

  mutating func beginComponent(with link: Int32) {
    links.removeAll(keepingCapacity: true)
    flows.removeAll(keepingCapacity: true)
    see(link: link)
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
    if flows.count > 1 { flows.sort() }
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
  var level = 0.0
  var count = scratch.heap.count
  while count > 0 {
    let top = scratch.heap[0]
    let link = Int(top.link)
    let share =
      scratch.waiting[link] > 0
      ? max(level, scratch.remaining[link] / Double(scratch.waiting[link])) : .infinity
    if share > top.share && share < .infinity {
      // Shares only grow while others freeze, so a stale one is corrected when it comes up.
      scratch.heap[0].share = share
      settleTop(&scratch.heap, count: count)
      continue
    }
    count -= 1
    scratch.heap[0] = scratch.heap[count]
    settleTop(&scratch.heap, count: count)
    if share == .infinity { continue }
    level = share
    var crossing = links.firstCrossing[link]
    while crossing >= 0 {
      let subflow = Int(flows.subflowOfCrossing[Int(crossing)])
      crossing = flows.nextCrossing[Int(crossing)]
      if flows.subflowRate[subflow] >= 0 { continue }
      flows.subflowRate[subflow] = share
      for other in flows.crossings(ofSubflow: subflow) {
        let crossed = Int(flows.crossingLink[other])
        scratch.remaining[crossed] -= share
        scratch.waiting[crossed] -= 1
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

private func settleTop(_ heap: inout [LinkShare], count: Int) {
  var heap = heap.mutableSpan
  siftDown(&heap, from: 0, count: count)
}
