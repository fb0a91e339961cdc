// Max-min fair rates, kept up to date while flows end.
//
// Filling: every link has a share for each subflow that waits on it, what it has left divided by
// how many wait. The link with the smallest share *binds* its waiting subflows at that *level*,
// which takes room from the other links that they cross; then the next link, until nothing
// waits. Levels only grow on the way, and a subflow's rate is the lowest level on its path.
//
// When a flow ends, its links have more room. A link with more or less room may bind at another
// level, and then so may the links that its subflows go on to; all of those have higher levels.
// `reopen` takes these rates back, link by link upwards, and `fillOpenLinks` fills again. What
// is lower, or is not reached, keeps its rates and costs nothing.
//
// Only a link that binds at a lower level than before can reach a subflow that was kept: one that
// crosses it and is bound by a link of a higher level. `bind` finds those, their links are opened
// too, and the link has another turn.
//
// Nothing is stored per flow while time passes. A link adds up what a flow bound by it has sent
// (`LinkPlace.sent`, brought up to date whenever the link is opened), and a subflow knows at
// which sum it ends (`SubflowGoal`); another binding link means another sum, so moving a subflow
// adds the difference.

/// A link that was kept may lie so much higher before it counts as higher: more than rounding,
/// and less than any result can show.
private let levelTolerance = 1e-10

/// Opens links, and with them every link that a subflow bound by one of them crosses.
///
/// `open[0 ..< openCount]` are the links to start from, marked in `isOpen`; the list grows by those
/// that follow. Afterwards all subflows that they bound wait. Returns how many crossings it
/// looked at, O(subflows bound).
package func reopen(
  _ open: inout MutableSpan<Int32>, openCount: inout Int, at now: Double,
  isOpen: inout MutableSpan<Bool>, levels: inout MutableSpan<Double>,
  rooms: inout MutableSpan<LinkRoom>, places: inout MutableSpan<LinkPlace>,
  crossings: borrowing MutableSpan<Crossing>, others: borrowing MutableSpan<Int32>, stride: Int
) -> Int {
  var work = 0
  var next = 0
  while next < openCount {
    let link = Int(open[next])
    next += 1
    let level = levels[link]
    let bound = places[link].bound
    if level < LinkRoom.roomy { places[link].sent += level * (now - places[link].since) }
    places[link].since = now
    places[link].formerCount = places[link].boundCount
    places[link].boundCount = 0
    levels[link] = LinkRoom.roomy
    work += bound.count
    // A known stride lets the compiler take the inner loop apart.
    if stride == 1 {
      unbind(
        bound, of: link, at: level, &open, openCount: &openCount, isOpen: &isOpen, rooms: &rooms,
        crossings: crossings, others: others, stride: 1)
    } else {
      unbind(
        bound, of: link, at: level, &open, openCount: &openCount, isOpen: &isOpen, rooms: &rooms,
        crossings: crossings, others: others, stride: stride)
    }
  }
  return work
}

/// Takes the rates of bound subflows back on all links of their paths.
@inline(__always)
private func unbind(
  _ bound: Range<Int>, of link: Int, at level: Double, _ open: inout MutableSpan<Int32>,
  openCount: inout Int, isOpen: inout MutableSpan<Bool>, rooms: inout MutableSpan<LinkRoom>,
  crossings: borrowing MutableSpan<Crossing>, others: borrowing MutableSpan<Int32>, stride: Int
) {
  var total = SIMD2<Double>.zero
  for crossing in bound {
    let change = SIMD2(level, 1) * Double(crossings[crossing].weight)
    total += change
    for column in crossing * stride..<(crossing + 1) * stride {
      let other = Int(others[column])
      rooms[other].columns += change
      if !isOpen[other] {
        isOpen[other] = true
        open[openCount] = Int32(other)
        openCount += 1
      }
    }
  }
  rooms[link].columns += total
}

/// Fills the open links one after the other, smallest share first, until none is open.
///
/// Returns how many crossings it looked at; O(crossings of the open links + links log links).
package func fillOpenLinks(
  _ open: inout MutableSpan<Int32>, openCount: inout Int, at now: Double,
  heap: inout MutableSpan<LinkShare>, isOpen: inout MutableSpan<Bool>,
  levels: inout MutableSpan<Double>, rooms: inout MutableSpan<LinkRoom>,
  places: inout MutableSpan<LinkPlace>, ends: inout MutableSpan<Double>,
  goals: inout MutableSpan<SubflowGoal>, crossings: inout MutableSpan<Crossing>,
  others: inout MutableSpan<Int32>, stride: Int
) -> Int {
  var work = 0
  var heapCount = 0
  var turns = 0
  var highestKept = 0.0
  for link in ends.indices where levels[link] < LinkRoom.roomy {
    highestKept = max(highestKept, levels[link])
  }
  while true {
    if openCount > 0 {
      pour(open, count: openCount, rooms: rooms, into: &heap, count: &heapCount)
      openCount = 0
    }
    guard heapCount > 0 else { return work }
    let link = Int(heap[0].link)
    let share = rooms[link].share
    if share > heap[0].share && share < LinkRoom.roomy {
      // Shares only grow while others bind, so a stale one is corrected when it comes up.
      heap[0].share = share
      siftDown(&heap, from: 0, count: heapCount)
      continue
    }
    heapCount -= 1
    heap[0] = heap[heapCount]
    if heapCount > 1 { siftDown(&heap, from: 0, count: heapCount) }
    isOpen[link] = false
    guard share < LinkRoom.roomy else {
      ends[link] = .infinity
      continue
    }
    if stride == 1 {
      work += bind(
        link, at: share, highestKept: highestKept, &open, openCount: &openCount, isOpen: &isOpen,
        levels: &levels, rooms: &rooms, places: &places, ends: &ends, goals: &goals,
        crossings: &crossings, others: &others, stride: 1)
    } else {
      work += bind(
        link, at: share, highestKept: highestKept, &open, openCount: &openCount, isOpen: &isOpen,
        levels: &levels, rooms: &rooms, places: &places, ends: &ends, goals: &goals,
        crossings: &crossings, others: &others, stride: stride)
    }
    guard openCount > 0 else { continue }
    // The link has reached subflows that a higher link binds: open those, and give it another turn.
    isOpen[link] = true
    open[openCount] = Int32(link)
    openCount += 1
    work += reopen(
      &open, openCount: &openCount, at: now, isOpen: &isOpen, levels: &levels, rooms: &rooms,
      places: &places, crossings: crossings, others: others, stride: stride)
    // What was bound before may by now have been bound elsewhere and opened again.
    for entry in 0..<heapCount { places[Int(heap[entry].link)].formerCount = 0 }
    // Each turn opens a higher link, so they come to an end; rounding must not be able to differ.
    turns += 1
    highestKept = turns <= 4 * ends.count ? LinkRoom.roomy : 0
  }
}

/// Adds open links to the heap and orders it by present shares.
private func pour(
  _ open: borrowing MutableSpan<Int32>, count: Int, rooms: borrowing MutableSpan<LinkRoom>,
  into heap: inout MutableSpan<LinkShare>, count heapCount: inout Int
) {
  for entry in 0..<count {
    heap[heapCount] = LinkShare(share: 0, link: open[entry])
    heapCount += 1
  }
  for entry in 0..<heapCount { heap[entry].share = rooms[Int(heap[entry].link)].share }
  heapify(&heap, count: heapCount)
}

/// Binds every subflow that waits on a link at `level`.
///
/// Crossings of bound subflows come first; those that the link bound before mostly stay, so
/// branches are foreseeable and only newcomers touch `goals`. When no link that was kept can lie
/// higher, the search stops as soon as everybody who waits is found. Links to be opened are left
/// in `open`. Returns how many crossings it looked at.
@inline(__always)
private func bind(
  _ link: Int, at level: Double, highestKept: Double, _ open: inout MutableSpan<Int32>,
  openCount: inout Int, isOpen: inout MutableSpan<Bool>, levels: inout MutableSpan<Double>,
  rooms: inout MutableSpan<LinkRoom>, places: inout MutableSpan<LinkPlace>,
  ends: inout MutableSpan<Double>, goals: inout MutableSpan<SubflowGoal>,
  crossings: inout MutableSpan<Crossing>, others: inout MutableSpan<Int32>, stride: Int
) -> Int {
  var place = places[link]
  let limit = level * (1 + levelTolerance)
  let mayReachKept = highestKept > limit
  let waiting = rooms[link].columns.y
  let former = place.nearestSubflow
  place.nearestSubflow = -1
  var total = SIMD2<Double>.zero
  var crossing = Int(place.firstCrossing)
  var bound = crossing + Int(place.formerCount)

  while crossing < bound {
    if lowestLevel(on: crossing, levels: levels, others: others, stride: stride) == LinkRoom.roomy {
      total += take(
        crossing, at: level, rooms: &rooms, crossings: crossings, others: others, stride: stride)
      if crossings[crossing].subflow == former { place.nearestSubflow = former }
      crossing += 1
    } else {
      bound -= 1
      swap(crossing, bound, crossings: &crossings, others: &others, stride: stride)
    }
  }
  if place.nearestSubflow < 0 {
    place.nearestGoal = .infinity
    for crossing in Int(place.firstCrossing)..<bound {
      note(crossings[crossing], in: &place)
    }
  }

  let end = place.crossings.upperBound
  while crossing < end && (mayReachKept || total.y < waiting) {
    let lowest = lowestLevel(on: crossing, levels: levels, others: others, stride: stride)
    let subflow = Int(crossings[crossing].subflow)
    if lowest == LinkRoom.roomy {
      total += take(
        crossing, at: level, rooms: &rooms, crossings: crossings, others: others, stride: stride)
      let goal = goals[subflow].sent + place.sent - places[Int(goals[subflow].link)].sent
      goals[subflow] = SubflowGoal(sent: goal, link: Int32(link))
      crossings[crossing].goal = goal
      note(crossings[crossing], in: &place)
      swap(crossing, bound, crossings: &crossings, others: &others, stride: stride)
      bound += 1
    } else if mayReachKept && lowest > limit {
      let binder = Int(goals[subflow].link)
      if !isOpen[binder] {
        isOpen[binder] = true
        open[openCount] = Int32(binder)
        openCount += 1
      }
    }
    crossing += 1
  }

  rooms[link].columns -= total
  levels[link] = level
  place.boundCount = Int32(bound) - place.firstCrossing
  ends[link] = place.since + (place.nearestGoal - place.sent) / level
  places[link] = place
  return crossing - Int(place.firstCrossing)
}

/// The lowest level of a crossing's other links: `roomy` when its subflow waits.
@inline(__always)
private func lowestLevel(
  on crossing: Int, levels: borrowing MutableSpan<Double>, others: borrowing MutableSpan<Int32>,
  stride: Int
) -> Double {
  var lowest = LinkRoom.roomy
  for column in crossing * stride..<(crossing + 1) * stride {
    lowest = min(lowest, levels[Int(others[column])])
  }
  return lowest
}

/// Settles a crossing's subflow at `level` on its other links, and returns what this one must lose.
@inline(__always)
private func take(
  _ crossing: Int, at level: Double, rooms: inout MutableSpan<LinkRoom>,
  crossings: borrowing MutableSpan<Crossing>, others: borrowing MutableSpan<Int32>, stride: Int
) -> SIMD2<Double> {
  let change = SIMD2(level, 1) * Double(crossings[crossing].weight)
  for column in crossing * stride..<(crossing + 1) * stride {
    rooms[Int(others[column])].columns -= change
  }
  return change
}

/// Remembers the bound subflow with the lowest goal.
@inline(__always)
private func note(_ crossing: Crossing, in place: inout LinkPlace) {
  guard crossing.goal < place.nearestGoal else { return }
  place.nearestGoal = crossing.goal
  place.nearestSubflow = crossing.subflow
}

@inline(__always)
private func swap(
  _ left: Int, _ right: Int, crossings: inout MutableSpan<Crossing>,
  others: inout MutableSpan<Int32>, stride: Int
) {
  guard left != right else { return }
  crossings.swapAt(left, right)
  for hop in 0..<stride { others.swapAt(left * stride + hop, right * stride + hop) }
}
