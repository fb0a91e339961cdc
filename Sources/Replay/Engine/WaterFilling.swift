/// What one link has left for the subflows that wait on it.
package struct LinkRoom {
  /// Capacity that no settled subflow uses, and running flows (with multiplicity) whose rate is
  /// not settled: one vector, because both always change together.
  package var columns: SIMD2<Double>

  package init(capacity: Double) { columns = SIMD2(capacity, 0) }

  /// What each waiting subflow would get.
  @inline(__always)
  package var share: Double {
    columns.y > 0 ? max(0, columns.x) / columns.y : LinkRoom.roomy
  }

  /// A level above all others that stays a number in arithmetic.
  package static let roomy = Double.greatestFiniteMagnitude
}

/// Where one link's crossings are, and how much the subflows that it binds have sent.
package struct LinkPlace {
  package var firstCrossing: Int32 = 0
  package var crossingCount: Int32 = 0
  /// The first so many crossings are of subflows that this link binds.
  package var boundCount: Int32 = 0
  /// Bytes that a flow would have sent until `since`, had the link bound it from the start.
  package var sent = 0.0
  package var since = 0.0
  /// Crossings that the link bound when it was opened; they still come first.
  package var formerCount: Int32 = 0
  /// The subflow with the lowest goal among those, and that goal.
  package var nearestSubflow: Int32 = -1
  package var nearest = Double.infinity

  package var bound: Range<Int> { Int(firstCrossing)..<Int(firstCrossing + boundCount) }
  package var crossings: Range<Int> { Int(firstCrossing)..<Int(firstCrossing + crossingCount) }
}

/// A subflow where it crosses a link.
package struct Crossing {
  package var subflow: Int32
  /// Flows (with multiplicity) that still run.
  package var weight: Int32
}

/// The link that binds a subflow, and what `LinkPlace.sent` of that link will be when the
/// smallest running flow of the bundle ends.
package struct SubflowGoal {
  package var sent: Double
  package var link: Int32
}

/// Opens links, and with them every link that a subflow bound by one of them crosses.
///
/// `open[0 ..< openCount]` are the links to start from, marked as open; the list grows by those
/// that follow. Afterwards all subflows that they bound wait. O(subflows bound).
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
    if level == LinkRoom.roomy {
      places[link].since = now
      places[link].formerCount = 0
      continue
    }
    let bound = places[link].bound
    places[link].sent += level * (now - places[link].since)
    places[link].since = now
    places[link].formerCount = places[link].boundCount
    places[link].boundCount = 0
    levels[link] = LinkRoom.roomy
    work += bound.count
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
    for place in crossing * stride..<(crossing + 1) * stride {
      let other = Int(others[place])
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

/// Fills the open links one after the other, tightest first, until none is left.
package func fillOpenLinks(
  _ open: inout MutableSpan<Int32>, openCount: inout Int, at now: Double,
  heap: inout MutableSpan<LinkShare>,
  isOpen: inout MutableSpan<Bool>, levels: inout MutableSpan<Double>,
  rooms: inout MutableSpan<LinkRoom>, places: inout MutableSpan<LinkPlace>,
  ends: inout MutableSpan<Double>, goals: inout MutableSpan<SubflowGoal>,
  crossings: inout MutableSpan<Crossing>, others: inout MutableSpan<Int32>, stride: Int
) -> Int {
  var work = 0
  var heapCount = 0
  var highestKept = 0.0
  for link in ends.indices where !isOpen[link] && levels[link] < LinkRoom.roomy {
    highestKept = max(highestKept, levels[link])
  }
  while true {
    if openCount > 0 {
      for place in 0..<openCount {
        heap[heapCount] = LinkShare(share: 0, link: open[place])
        heapCount += 1
      }
      openCount = 0
      for place in 0..<heapCount { heap[place].share = rooms[Int(heap[place].link)].share }
      heapify(&heap, count: heapCount)
    }
    guard heapCount > 0 else { return work }
    let top = heap[0]
    let link = Int(top.link)
    let share = rooms[link].share
    if share > top.share && share < LinkRoom.roomy {
      heap[0].share = share
      siftDown(&heap, from: 0, count: heapCount)
      continue
    }
    heapCount -= 1
    heap[0] = heap[heapCount]
    if heapCount > 1 { siftDown(&heap, from: 0, count: heapCount) }
    isOpen[link] = false
    if share == LinkRoom.roomy {
      ends[link] = .infinity
      continue
    }
    if stride == 1 {
      work += bind(
        link, at: share, highestKept: highestKept, &open, openCount: &openCount, isOpen: &isOpen,
        levels: &levels,
        rooms: &rooms, places: &places, ends: &ends,
        goals: &goals, crossings: &crossings, others: &others, stride: 1)
    } else {
      work += bind(
        link, at: share, highestKept: highestKept, &open, openCount: &openCount, isOpen: &isOpen,
        levels: &levels,
        rooms: &rooms, places: &places, ends: &ends,
        goals: &goals, crossings: &crossings, others: &others, stride: stride)
    }
    if openCount > 0 {
      isOpen[link] = true
      open[openCount] = Int32(link)
      openCount += 1
      work += reopen(
        &open, openCount: &openCount, at: now, isOpen: &isOpen, levels: &levels,
        rooms: &rooms, places: &places,
        crossings: crossings, others: others, stride: stride)
      highestKept = .infinity
      for place in 0..<heapCount { places[Int(heap[place].link)].formerCount = 0 }
    }
  }
}

@inline(__always)
private func bind(
  _ link: Int, at level: Double, highestKept: Double, _ open: inout MutableSpan<Int32>,
  openCount: inout Int,
  isOpen: inout MutableSpan<Bool>, levels: inout MutableSpan<Double>,
  rooms: inout MutableSpan<LinkRoom>, places: inout MutableSpan<LinkPlace>,
  ends: inout MutableSpan<Double>, goals: inout MutableSpan<SubflowGoal>,
  crossings: inout MutableSpan<Crossing>, others: inout MutableSpan<Int32>, stride: Int
) -> Int {
  let place = places[link]
  let limit = level * (1 + 1e-10)
  let isSure = highestKept <= limit
  let waiting = rooms[link].columns.y
  var bound = Int(place.firstCrossing)
  let formerEnd = bound + Int(place.formerCount)
  var nearest = place.nearest
  var nearestSubflow: Int32 = -1
  var total = SIMD2<Double>.zero
  var crossing = bound
  while crossing < formerEnd {
    var lowest = LinkRoom.roomy
    for column in crossing * stride..<(crossing + 1) * stride {
      lowest = min(lowest, levels[Int(others[column])])
    }
    if lowest == LinkRoom.roomy {
      let here = crossings[crossing]
      let change = SIMD2(level, 1) * Double(here.weight)
      total += change
      for column in crossing * stride..<(crossing + 1) * stride {
        rooms[Int(others[column])].columns -= change
      }
      if here.subflow == place.nearestSubflow { nearestSubflow = here.subflow }
      if crossing != bound {
        crossings.swapAt(crossing, bound)
        for hop in 0..<stride { others.swapAt(crossing * stride + hop, bound * stride + hop) }
      }
      bound += 1
    }
    crossing += 1
  }
  if nearestSubflow < 0 {
    nearest = .infinity
    for crossing in Int(place.firstCrossing)..<bound {
      let subflow = crossings[crossing].subflow
      let sent = goals[Int(subflow)].sent
      if sent < nearest {
        nearest = sent
        nearestSubflow = subflow
      }
    }
  }
  let end = Int(place.firstCrossing + place.crossingCount)
  while crossing < end && !(isSure && total.y == waiting) {
    var lowest = LinkRoom.roomy
    for column in crossing * stride..<(crossing + 1) * stride {
      lowest = min(lowest, levels[Int(others[column])])
    }
    if lowest == LinkRoom.roomy {
      let here = crossings[crossing]
      let change = SIMD2(level, 1) * Double(here.weight)
      total += change
      for column in crossing * stride..<(crossing + 1) * stride {
        rooms[Int(others[column])].columns -= change
      }
      let goal = goals[Int(here.subflow)]
      let sent = goal.sent + place.sent - places[Int(goal.link)].sent
      goals[Int(here.subflow)] = SubflowGoal(sent: sent, link: Int32(link))
      if sent < nearest {
        nearest = sent
        nearestSubflow = here.subflow
      }
      if crossing != bound {
        crossings.swapAt(crossing, bound)
        for hop in 0..<stride { others.swapAt(crossing * stride + hop, bound * stride + hop) }
      }
      bound += 1
    } else if lowest > limit {
      let binder = Int(goals[Int(crossings[crossing].subflow)].link)
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
  places[link].boundCount = Int32(bound) - place.firstCrossing
  places[link].nearest = nearest
  places[link].nearestSubflow = nearestSubflow
  ends[link] = place.since + (nearest - place.sent) / level
  return crossing - Int(place.firstCrossing)
}
