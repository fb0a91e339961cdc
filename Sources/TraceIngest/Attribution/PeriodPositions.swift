/// Where bursts stand in an endless repetition of their period, when some were lost or are too many.
///
/// Without gaps the position of a burst is its number. Where a burst is unlike the one expected, the
/// positions that follow are those that suit the next bursts best. A burst that is missing before two
/// whole periods have been seen is not noticed.
struct PeriodPositions {
  /// By burst, ascending; the first is 0.
  private(set) var ofBurst: [Int] = []
  /// How often a burst was missing, or one too many.
  private(set) var gapCount = 0

  /// Bursts less alike than this may stand elsewhere.
  private static let leastLikeness = 0.5
  /// Leaving a place out must explain as much as this many bursts.
  private static let gapCost = 1.5
  private static let mostGap = 3
  /// Bursts that are looked at to choose a position.
  private static let leastAhead = 4
  private static let mostAhead = 32

  /// O(bursts), for each gap O(32).
  init(of beats: [IterationPeriod.Beat], length: Int) {
    let template = Self.template(of: beats, length: length)
    var next = 0
    for index in beats.indices {
      if index > 0, beats[index].likeness(to: template[next % length]) < Self.leastLikeness {
        let gap = Self.gap(at: index, position: next, beats, template)
        next += gap
        gapCount += abs(gap)
      }
      ofBurst.append(next)
      next += 1
    }
  }

  /// By how much the next position differs from the one expected.
  private static func gap(
    at index: Int, position: Int, _ beats: [IterationPeriod.Beat],
    _ template: [IterationPeriod.Beat]
  ) -> Int {
    let ahead = min(mostAhead, beats.count - index)
    guard ahead >= leastAhead else { return 0 }
    func cost(_ gap: Int) -> Double {
      // The pause before the first one is that of another place.
      (1..<ahead).reduce(gapCost * Double(abs(gap))) { sum, step in
        let place = (position + gap + step) % template.count
        return sum + 1 - beats[index + step].likeness(to: template[place])
      }
    }
    var best = (gap: 0, cost: cost(0))
    // Going back means that one burst was too many: it shares its place with the one before.
    for gap in [1, -1, 2, 3] where position + gap >= 0 && abs(gap) <= mostGap {
      let found = cost(gap)
      if found < best.cost { best = (gap, found) }
    }
    return best.gap
  }

  /// The bursts of the two successive periods that are most alike.
  private static func template(
    of beats: [IterationPeriod.Beat], length: Int
  ) -> [IterationPeriod.Beat] {
    guard beats.count > 2 * length else {
      return (0..<length).map { beats[min($0, beats.count - 1)] }
    }
    let alike = (0..<beats.count - length).map { beats[$0].likeness(to: beats[$0 + length]) }
    // The first burst has no pause before it.
    var sum = alike[1..<1 + length].reduce(0, +)
    var best = (start: 1, sum: sum)
    for start in 2..<max(2, alike.count - length + 1) {
      sum += alike[start + length - 1] - alike[start - 1]
      if sum > best.sum { best = (start, sum) }
    }
    var template = Array(beats[best.start..<best.start + length])
    // Place 0 is that of the first burst.
    template.rotate(by: best.start % length)
    return template
  }
}

extension Array {
  /// Moves every element a number of places up, the last ones to the front.
  fileprivate mutating func rotate(by count: Int) {
    guard count > 0 else { return }
    self = Array(suffix(count) + prefix(self.count - count))
  }
}
