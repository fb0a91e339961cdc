/// How full one link is: what the inner loops read and write, half a cache line.
package struct LinkFill {
  /// Capacity that no frozen subflow uses.
  package var remaining: Double
  /// Running subflows (with multiplicity) whose rate is not fixed yet.
  package var waiting: Double = 0
  /// The share at which the link filled up; `roomy` while it has room.
  package var level = LinkFill.roomy
  /// 1 while the link has room, 0 once it is full: a factor instead of a branch, because who
  /// waits is as good as random and a mispredicted branch costs more than a multiplication.
  package var room = 1.0

  /// A level above all others that stays a number when it is multiplied by zero.
  package static let roomy = Double.greatestFiniteMagnitude

  package init(capacity: Double) { remaining = capacity }
}

/// Where one link's crossings are, and when it filled up.
package struct LinkPlace {
  package var capacity: Double
  /// The round in which it filled up; `never` while it has room.
  package var round = LinkPlace.never
  /// The link's crossings: `firstCrossing ..< firstCrossing + crossingCount`.
  package var firstCrossing: Int32 = 0
  package var crossingCount: Int32 = 0
  package var deadCount: Int32 = 0

  package static let never = Int32.max

  package init(capacity: Double) { self.capacity = capacity }

  package var crossings: Range<Int> { Int(firstCrossing)..<Int(firstCrossing + crossingCount) }
}

/// Progressive filling, resumed at a round.
///
/// Links fill up one after the other, each at a level no lower than the one before; a subflow's
/// rate is the lowest level on its path. When flows end, every round before the first that froze
/// one of them would repeat exactly, since the flow's own links could only have filled up later
/// still. So a filling forgets the rounds from `firstRound` on and fills again from there.
///
/// `order` holds the links with running subflows: those that filled up, by round, then the
/// others; `orderCount` shrinks as links fall idle. `weights` and `others` are columns of a
/// `CrossingTable`. O(crossings of the refilled links + links log links).
package func refill(
  fromRound firstRound: Int, order: inout MutableSpan<Int32>, orderCount: inout Int,
  fills: inout MutableSpan<LinkFill>, places: inout MutableSpan<LinkPlace>,
  heap: inout MutableSpan<LinkShare>, weights: Span<Double>, others: Span<Int32>, stride: Int
) {
  for place in firstRound..<orderCount {
    let link = Int(order[place])
    places[link].round = LinkPlace.never
    fills[link].level = LinkFill.roomy
    fills[link].room = 1
  }
  var level = firstRound > 0 ? fills[Int(order[firstRound - 1])].level : 0
  var heapCount = 0
  for place in firstRound..<orderCount {
    let link = order[place]
    let state = places[Int(link)]
    if state.crossingCount == state.deadCount { continue }
    measure(
      Int(link), state, fills: &fills, weights: weights, others: others, stride: stride)
    heap[heapCount] = LinkShare(share: share(of: fills[Int(link)], above: level), link: link)
    heapCount += 1
  }
  heapify(&heap, count: heapCount)

  orderCount = firstRound + heapCount
  var back = orderCount
  var round = firstRound
  while heapCount > 0 {
    let top = heap[0]
    let share = share(of: fills[Int(top.link)], above: level)
    if share > top.share && share < LinkFill.roomy {
      // Shares only grow while others freeze, so a stale one is corrected when it comes up.
      heap[0].share = share
      siftDown(&heap, from: 0, count: heapCount)
      continue
    }
    heapCount -= 1
    heap[0] = heap[heapCount]
    if heapCount > 1 { siftDown(&heap, from: 0, count: heapCount) }
    if share == LinkFill.roomy {
      back -= 1
      order[back] = top.link
      continue
    }
    level = share
    order[round] = top.link
    places[Int(top.link)].round = Int32(round)
    fills[Int(top.link)].level = share
    fills[Int(top.link)].room = 0
    freezeWaiting(
      on: places[Int(top.link)], at: share, fills: &fills, weights: weights, others: others,
      stride: stride)
    round += 1
  }
}

/// What each waiting subflow of a link would get; never below the level reached so far, whatever
/// rounding says.
@inline(__always)
private func share(of fill: LinkFill, above level: Double) -> Double {
  fill.waiting > 0 ? max(level, fill.remaining / fill.waiting) : LinkFill.roomy
}

/// Works out what a link has left after the rounds that are kept.
@inline(__always)
private func measure(
  _ link: Int, _ state: LinkPlace, fills: inout MutableSpan<LinkFill>, weights: Span<Double>,
  others: Span<Int32>, stride: Int
) {
  var used = 0.0
  var waiting = 0.0
  if stride == 1 {
    for crossing in state.crossings {
      let other = fills[Int(others[crossing])]
      let waits = weights[crossing] * other.room
      waiting += waits
      used += (weights[crossing] - waits) * other.level
    }
  } else {
    for crossing in state.crossings {
      var rate = LinkFill.roomy
      var waits = weights[crossing]
      for place in crossing * stride..<(crossing + 1) * stride {
        let other = fills[Int(others[place])]
        waits *= other.room
        rate = min(rate, other.level)
      }
      waiting += waits
      used += (weights[crossing] - waits) * rate
    }
  }
  fills[link].remaining = state.capacity - used
  fills[link].waiting = waiting
}

/// Fixes every subflow that still waits on a link at `share`, and charges its other links.
@inline(__always)
private func freezeWaiting(
  on state: LinkPlace, at share: Double, fills: inout MutableSpan<LinkFill>,
  weights: Span<Double>, others: Span<Int32>, stride: Int
) {
  if stride == 1 {
    for crossing in state.crossings {
      let other = Int(others[crossing])
      let waits = weights[crossing] * fills[other].room
      fills[other].remaining -= share * waits
      fills[other].waiting -= waits
    }
  } else {
    for crossing in state.crossings {
      var waits = weights[crossing]
      for place in crossing * stride..<(crossing + 1) * stride {
        waits *= fills[Int(others[place])].room
      }
      if waits == 0 { continue }
      for place in crossing * stride..<(crossing + 1) * stride {
        fills[Int(others[place])].remaining -= share * waits
        fills[Int(others[place])].waiting -= waits
      }
    }
  }
}
