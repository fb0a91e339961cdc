/// What the replay of one part answers, in the order of its members.
package struct PartSolution: Sendable {
  package var finish: [Double]
  /// Bytes of one flow per (member, subflow), for parts with several subflows only.
  package var memberSubflowBytes: [Double] = []
  package var eventCount = 0
}

/// Replays one part event by event: fill, find the next member to end, take it out, fill again.
///
/// Members that would end within one part in 10^12 of each other end in one event, so that equal
/// flows whose rates were rounded differently do not cost an event each.
package func replayPart(
  _ part: FluidPart, flowBytes: [Double], flowMultiplicity: [Int32]
) -> PartSolution {
  var replay = PartReplay(
    part, memberBytes: part.memberFlow.map { flowBytes[Int($0)] },
    memberWeight: part.memberFlow.map { Double(flowMultiplicity[Int($0)]) })
  return replay.run(part)
}

/// The columns of one part's replay; the kernels see spans of them.
private struct PartReplay {
  private let memberBytes: [Double]
  private let memberWeight: [Double]
  /// The part's links, and one more that never fills, with which paths are padded.
  private var fills: [LinkFill]
  private var places: [LinkPlace]
  private var crossings: CrossingTable
  private var heap: [LinkShare]
  private var order: [Int32]
  /// Bundles that still run, ascending, and some that have ended.
  private var active: [Int32]
  private var runningCount: Int
  /// Bytes that the smallest running member of each bundle has left, and its rate.
  private var left: [Double]
  private var rates: [Double]
  private var nextMember: [Int32]
  private var splits: SubflowSplits

  init(_ part: FluidPart, memberBytes: [Double], memberWeight: [Double]) {
    self.memberBytes = memberBytes
    self.memberWeight = memberWeight
    var weights = [Double](repeating: 0, count: part.subflowCount)
    for bundle in 0..<part.bundleCount {
      let weight = part.members(of: bundle).reduce(0) { $0 + memberWeight[$1] }
      for subflow in part.subflows(of: bundle) { weights[subflow] = weight }
    }
    places = part.linkCapacity.map { LinkPlace(capacity: $0) }
    crossings = CrossingTable(part, weights: weights, places: &places)
    order = places.indices.map { Int32($0) }
    fills = (part.linkCapacity + [.infinity]).map { LinkFill(capacity: $0) }
    heap = [LinkShare](repeating: LinkShare(share: 0, link: 0), count: places.count)
    active = (0..<Int32(part.bundleCount)).map { $0 }
    runningCount = part.bundleCount
    nextMember = Array(part.memberOffsets.dropLast())
    left = nextMember.map { memberBytes[Int($0)] }
    rates = [Double](repeating: 0, count: part.bundleCount)
    splits = SubflowSplits(part)
  }

  mutating func run(_ part: FluidPart) -> PartSolution {
    var solution = PartSolution(finish: [Double](repeating: 0, count: memberBytes.count))
    var now = 0.0
    var step = 0.0
    var firstRound = 0
    var orderCount = order.count
    var ending = EndingBundles()
    while runningCount > 0 {
      fill(
        fromRound: firstRound, order: &order, orderCount: &orderCount, fills: &fills,
        places: &places, heap: &heap, crossings: crossings)
      ending.removeAll(tolerance: now * 1e-12)
      if splits.areNeeded {
        splits.advance(
          by: step, part, active: active, fills: fills, left: &left, rates: &rates,
          ending: &ending)
      } else {
        advance(
          by: step, part, active: active, fills: fills, left: &left, rates: &rates,
          ending: &ending)
      }
      step = ending.step
      now += step
      firstRound = end(ending.bundles, at: now, part, after: step, in: &solution)
      solution.eventCount += 1
    }
    solution.memberSubflowBytes = splits.bytes
    return solution
  }

  /// Takes the smallest members out of some bundles and returns the first round that this changes.
  private mutating func end(
    _ bundles: [Int32], at now: Double, _ part: FluidPart, after step: Double,
    in solution: inout PartSolution
  ) -> Int {
    var firstRound = LinkPlace.never
    for bundle in bundles.lazy.map({ Int($0) }) {
      let member = Int(nextMember[bundle])
      let isDone = member + 1 == part.members(of: bundle).upperBound
      runningCount -= isDone ? 1 : 0
      solution.finish[member] = now
      splits.record(member: member, of: bundle, bytes: memberBytes[member], after: step, part)
      nextMember[bundle] += 1
      // `advance` takes the step off everybody, so the next member's start is put that much later.
      left[bundle] =
        isDone
        ? .infinity : memberBytes[member + 1] - memberBytes[member] + rates[bundle] * step
      for subflow in part.subflows(of: bundle) {
        for place in part.path(of: subflow) where Int(part.path[place]) < places.count {
          firstRound = min(firstRound, places[Int(part.path[place])].round)
        }
        crossings.release(
          subflow, weight: memberWeight[member], isDone: isDone, of: part, places: &places)
      }
    }
    if runningCount * 8 < active.count * 7 {
      let left = left
      active.removeAll { !(left[Int($0)] < .infinity) }
    }
    return Int(firstRound)
  }
}

/// The bundles whose smallest member ends next.
package struct EndingBundles {
  package private(set) var bundles: [Int32] = []
  /// Nanoseconds until then.
  package private(set) var step = Double.infinity
  /// Later ends that count as the same moment.
  private var tolerance = 0.0
  private var limit = Double.infinity

  package init() {}

  package mutating func removeAll(tolerance: Double) {
    bundles.removeAll(keepingCapacity: true)
    step = .infinity
    limit = .infinity
    self.tolerance = tolerance
  }

  /// Notes that a bundle's member has `bytes` left at `rate`; divides only for the few that matter.
  @inline(__always)
  package mutating func consider(_ bundle: Int32, bytes: Double, rate: Double) {
    if bytes <= rate * limit && bytes < .infinity { note(bundle, max(0, bytes / rate)) }
  }

  private mutating func note(_ bundle: Int32, _ wait: Double) {
    let margin = max(tolerance, step == .infinity ? 0 : step * 1e-12)
    if wait < step - margin { bundles.removeAll(keepingCapacity: true) }
    bundles.append(bundle)
    step = min(step, wait)
    limit = step + max(tolerance, step * 1e-12)
  }
}

/// Hands the columns to `refill` as spans: only as arguments may several properties be open for
/// writing at once.
private func fill(
  fromRound firstRound: Int, order: inout [Int32], orderCount: inout Int,
  fills: inout [LinkFill], places: inout [LinkPlace], heap: inout [LinkShare],
  crossings: CrossingTable
) {
  var order = order.mutableSpan
  var fills = fills.mutableSpan
  var places = places.mutableSpan
  var heap = heap.mutableSpan
  refill(
    fromRound: firstRound, order: &order, orderCount: &orderCount, fills: &fills,
    places: &places, heap: &heap, weights: crossings.weights.span,
    others: crossings.others.span, stride: crossings.stride)
}

/// Takes a step off what bundles of one subflow have left, gives them their new rates and finds
/// those that end next.
private func advance(
  by step: Double, _ part: FluidPart, active: [Int32], fills: [LinkFill], left: inout [Double],
  rates: inout [Double], ending: inout EndingBundles
) {
  var left = left.mutableSpan
  var rates = rates.mutableSpan
  let active = active.span
  let fills = fills.span
  let path = part.path.span
  let hops = part.hops
  if part.hops == 2 {
    for index in active.indices {
      let bundle = Int(active[index])
      let rate = min(fills[Int(path[2 * bundle])].level, fills[Int(path[2 * bundle + 1])].level)
      let rest = left[bundle] - rates[bundle] * step
      left[bundle] = rest
      rates[bundle] = rate
      ending.consider(active[index], bytes: rest, rate: rate)
    }
    return
  }
  for index in active.indices {
    let bundle = Int(active[index])
    var rate = LinkFill.roomy
    for place in bundle * hops..<(bundle + 1) * hops {
      rate = min(rate, fills[Int(path[place])].level)
    }
    let rest = left[bundle] - rates[bundle] * step
    left[bundle] = rest
    rates[bundle] = rate
    ending.consider(active[index], bytes: rest, rate: rate)
  }
}
