/// Replays one part event by event: find the flows that end next, take them out, reopen the links
/// that this changes and fill those again.
///
/// The columns live here; the kernels of `WaterFilling` see spans of them. A bundle of one subflow
/// is followed through the link that binds it: `goals` says what that link's `sent` will be when
/// the bundle's smallest flow ends, so time passes without touching any flow. Bundles of several
/// subflows are followed one by one, by `SubflowSplits`.
package struct PartReplay {
  package let part: FluidPart
  private let memberBytes: [Double]
  private let memberWeight: [Int32]
  /// Nanoseconds within which flows leave together; 0 for those that end at once only.
  private let window: Double
  /// The part's links, and one more that never fills, with which paths are padded.
  private var isOpen: [Bool]
  package private(set) var levels: [Double]
  private var rooms: [LinkRoom]
  private var places: [LinkPlace]
  /// When the first flow that each link binds ends.
  private var ends: [Double]
  private var table: CrossingTable
  private var goals: [SubflowGoal]
  private var heap: [LinkShare]
  private var open: [Int32] = []
  private var openCount: Int
  private var ended: [EndedSubflow] = []
  private var splits: SubflowSplits
  /// Bundle → the smallest member that still runs.
  package private(set) var nextMember: [Int32]
  package private(set) var runningCount: Int
  package private(set) var now: Double
  package private(set) var eventCount = 0
  /// Crossings looked at so far.
  package private(set) var work = 0

  /// Starts all members of `part` at `now` and fills the links.
  ///
  /// Members are in the part's order; `memberBytes` is what each has left.
  package init(
    _ part: FluidPart, memberBytes: [Double], memberWeight: [Int32], at now: Double,
    window: Double
  ) {
    self.part = part
    self.memberBytes = memberBytes
    self.memberWeight = memberWeight
    self.window = window
    self.now = now
    var weights = [Int32](repeating: 0, count: part.subflowCount)
    for bundle in 0..<part.bundleCount {
      let weight = part.members(of: bundle).reduce(0) { $0 + memberWeight[$1] }
      for subflow in part.subflows(of: bundle) { weights[subflow] = weight }
    }
    places = part.linkCapacity.map { _ in LinkPlace() }
    table = CrossingTable(part, weights: weights, places: &places)
    rooms = (part.linkCapacity + [.infinity]).map { LinkRoom(capacity: $0) }
    isOpen = rooms.map { _ in true }
    levels = rooms.map { _ in LinkRoom.roomy }
    ends = places.map { _ in .infinity }
    heap = [LinkShare](repeating: LinkShare(share: 0, link: 0), count: places.count)
    open = places.indices.map { Int32($0) }
    openCount = places.count
    nextMember = Array(part.memberOffsets.dropLast())
    runningCount = part.bundleCount
    splits = SubflowSplits(part, memberBytes: memberBytes)
    goals = (0..<part.subflowCount).map {
      SubflowGoal(sent: .infinity, link: part.path[part.path(of: $0).lowerBound])
    }
    for link in places.indices {
      rooms[link].columns.y = places[link].crossings.reduce(0.0) {
        $0 + Double(table.crossings[$1].weight)
      }
    }
    if !splits.areNeeded {
      for bundle in 0..<part.bundleCount {
        goals[bundle].sent = memberBytes[Int(nextMember[bundle])]
      }
    }
    fill(after: 0)
  }

  package var memberSubflowBytes: [Double] { splits.bytes }

  /// Ends the flows that end next, which are written to `finish` by member; false when there are
  /// none.
  package mutating func step(finish: inout [Double]) -> Bool {
    let first = splits.areNeeded ? now + splits.wait : ends.min() ?? .infinity
    guard runningCount > 0 && first < .infinity else { return false }
    let horizon = max(first + window, first * (1 + 1e-11))
    var freed = FreedCapacity()
    if splits.areNeeded {
      collectBundles(until: horizon, first: first, freed: &freed, finish: &finish)
    } else {
      collectSubflows(until: horizon, first: first, freed: &freed, finish: &finish)
    }
    let moment = window == 0 ? first : max(now, freed.moment)
    // Last first, because dropping a crossing moves only those that come after it.
    for subflow in ended.reversed() { release(subflow) }
    ended.removeAll(keepingCapacity: true)
    let elapsed = moment - now
    now = moment
    eventCount += 1
    fill(after: elapsed)
    return true
  }

  package func isRunning(_ bundle: Int) -> Bool {
    nextMember[bundle] < part.memberOffsets[bundle + 1]
  }

  /// The members of a bundle that still run.
  package func runningMembers(of bundle: Int) -> Range<Int> {
    Int(nextMember[bundle])..<Int(part.memberOffsets[bundle + 1])
  }

  /// What each flow of a bundle has sent since the start, for bundles of one subflow.
  package func bytesSent(by bundle: Int) -> Double {
    let link = Int(goals[bundle].link)
    let sent = places[link].sent + levels[link] * (now - places[link].since)
    return memberBytes[Int(nextMember[bundle])] - (goals[bundle].sent - sent)
  }

  /// The rate of each flow of a bundle of one subflow.
  package func rate(of bundle: Int) -> Double { levels[Int(goals[bundle].link)] }

  private mutating func collectSubflows(
    until horizon: Double, first: Double, freed: inout FreedCapacity, finish: inout [Double]
  ) {
    for link in ends.indices where ends[link] <= horizon {
      let place = places[link]
      let level = levels[link]
      let limit = place.sent + level * (horizon - place.since)
      for crossing in place.bound where table.crossings[crossing].goal <= limit {
        let bundle = Int(table.crossings[crossing].subflow)
        var goal = table.crossings[crossing].goal
        var end = EndedSubflow(
          subflow: Int32(bundle), link: Int32(link), crossing: Int32(crossing), weight: 0,
          isDone: false)
        while goal <= limit && !end.isDone {
          let member = Int(nextMember[bundle])
          let time = window == 0 ? first : place.since + (goal - place.sent) / level
          finish[member] = time
          freed.add(rate: level * Double(memberWeight[member]), at: time)
          end.weight += memberWeight[member]
          nextMember[bundle] += 1
          end.isDone = nextMember[bundle] == part.memberOffsets[bundle + 1]
          if !end.isDone { goal += memberBytes[member + 1] - memberBytes[member] }
        }
        goals[bundle].sent = goal
        table.crossings[crossing].goal = goal
        runningCount -= end.isDone ? 1 : 0
        ended.append(end)
      }
    }
    work += places.count
  }

  private mutating func collectBundles(
    until horizon: Double, first: Double, freed: inout FreedCapacity, finish: inout [Double]
  ) {
    for bundle in splits.bundles(endingWithin: horizon - now) {
      let member = Int(nextMember[bundle])
      let time = window == 0 ? first : now + splits.wait(of: bundle)
      let isDone = member + 1 == part.memberOffsets[bundle + 1]
      finish[member] = time
      splits.endMember(member, of: bundle, after: time - now, part)
      for subflow in part.subflows(of: bundle) {
        let link = goals[subflow].link
        freed.add(rate: levels[Int(link)] * Double(memberWeight[member]), at: time)
        ended.append(
          EndedSubflow(
            subflow: Int32(subflow), link: link, crossing: nil, weight: memberWeight[member],
            isDone: isDone))
      }
      nextMember[bundle] += 1
      runningCount -= isDone ? 1 : 0
    }
  }

  private mutating func release(_ ended: EndedSubflow) {
    let link = Int(ended.link)
    guard
      let crossing = ended.crossing.map({ Int($0) })
        ?? table.crossing(of: ended.subflow, among: places[link].bound)
    else { return }
    let freed = levels[link] * Double(ended.weight)
    for column in crossing * table.stride..<(crossing + 1) * table.stride {
      let other = Int(table.others[column])
      guard other < places.count else { continue }
      rooms[other].columns.x += freed
      if let crossing = table.crossing(of: ended.subflow, among: places[other].unbound) {
        table.release(ended, crossing: crossing, at: &places[other])
      }
      if levels[other] < LinkRoom.roomy { markOpen(other) }
    }
    rooms[link].columns.x += freed
    table.release(ended, crossing: crossing, at: &places[link])
    places[link].nearestSubflow = -1
    markOpen(link)
  }

  private mutating func markOpen(_ link: Int) {
    guard !isOpen[link] else { return }
    isOpen[link] = true
    open[openCount] = Int32(link)
    openCount += 1
  }

  private mutating func fill(after elapsed: Double) {
    work += settle(
      &open, openCount: &openCount, at: now, heap: &heap, isOpen: &isOpen, levels: &levels,
      rooms: &rooms, places: &places, ends: &ends, goals: &goals, crossings: &table.crossings,
      others: &table.others, stride: table.stride)
    if splits.areNeeded {
      splits.advance(by: elapsed, part, nextMember: nextMember, levels: levels, goals: goals)
    }
  }
}

/// Flows of a subflow's bundle that end now.
package struct EndedSubflow {
  package var subflow: Int32
  /// The link that binds it.
  package var link: Int32
  /// Where it crosses that link, when known.
  package var crossing: Int32?
  package var weight: Int32
  package var isDone: Bool
}

/// Hands the columns to the kernels as spans: only as arguments may several properties be open for
/// writing at once.
private func settle(
  _ open: inout [Int32], openCount: inout Int, at now: Double, heap: inout [LinkShare],
  isOpen: inout [Bool], levels: inout [Double], rooms: inout [LinkRoom],
  places: inout [LinkPlace], ends: inout [Double], goals: inout [SubflowGoal],
  crossings: inout [Crossing], others: inout [Int32], stride: Int
) -> Int {
  var open = open.mutableSpan
  var heap = heap.mutableSpan
  var isOpen = isOpen.mutableSpan
  var levels = levels.mutableSpan
  var rooms = rooms.mutableSpan
  var places = places.mutableSpan
  var ends = ends.mutableSpan
  var goals = goals.mutableSpan
  var crossings = crossings.mutableSpan
  var others = others.mutableSpan
  let work = reopen(
    &open, openCount: &openCount, at: now, isOpen: &isOpen, levels: &levels, rooms: &rooms,
    places: &places, crossings: crossings, others: others, stride: stride)
  return work
    + fillOpenLinks(
      &open, openCount: &openCount, at: now, heap: &heap, isOpen: &isOpen, levels: &levels,
      rooms: &rooms, places: &places, ends: &ends, goals: &goals, crossings: &crossings,
      others: &others, stride: stride)
}
