internal import Glibc

/// The bursts of one period, as they should come again and again, and when.
struct PeriodTemplate {
  private var beats: [Beat]
  /// Nanoseconds of pauses and bursts before each place, and of the whole period at the end.
  private var elapsed: [Double] = [0]

  /// Bursts that are looked at to choose a position.
  private static let leastAhead = 4
  private static let mostAhead = 32
  /// Leaving places out must explain as much as this many bursts.
  static let gapCost = 1.5
  /// Pauses that differ by a larger factor are not the same time.
  private static let longestFactor = 2.0

  /// - Parameters:
  ///   - beats: of one period.
  ///   - all: bursts of which the first is put on place 0, at the place that suits them best.
  init(_ beats: ArraySlice<Beat>, all: [Beat]) {
    self.beats = Array(beats)
    let ahead = 1..<max(1, min(Self.mostAhead, all.count))
    let costs = self.beats.indices.map { place in
      ahead.reduce(0) { $0 + cost(of: all[$1], at: place + $1) }
    }
    let first = costs.indices.min { costs[$0] < costs[$1] } ?? 0
    self.beats = Array(self.beats[first...] + self.beats[..<first])
    for beat in self.beats {
      elapsed.append(
        elapsed[elapsed.count - 1] + beat.pauseNanoseconds + beat.durationNanoseconds)
    }
  }

  private var length: Int { beats.count }

  /// What a burst at a position leaves unexplained, 0 … 1.
  func cost(of beat: Beat, at position: Int) -> Double {
    1 - beat.likeness(to: beats[position % length])
  }

  /// By how much the position of a burst differs from the one expected: bursts that are missing, or
  /// −1 for one that is too many and shares its place with the one before.
  ///
  /// Places are left out if that explains the bursts that follow, and if the pause is as long as they
  /// take: so that, however many are missing, only a few ways are tried. O(32) for each of these.
  func gap(at index: Int, expected position: Int, in all: [Beat]) -> Int {
    let ahead = min(Self.mostAhead, all.count - index)
    guard ahead >= Self.leastAhead else { return 0 }
    var best = (gap: 0, cost: cost(of: all[index], at: position))
    best.cost += followingCost(at: index, position, ahead, all, below: .infinity)
    func attempt(_ gap: Int, startingAt own: Double) {
      let start = own + Self.gapCost
      guard start < best.cost else { return }
      let cost =
        start + followingCost(at: index, position + gap, ahead, all, below: best.cost - start)
      if cost < best.cost { best = (gap, cost) }
    }
    if position > 0 { attempt(-1, startingAt: 0) }
    for left in 1...length {
      let least = self.pause(leavingOut: left, at: position)
      guard least <= all[index].pauseNanoseconds * Self.longestFactor else { break }
      // Whole periods more, as the pause tells.
      let period = elapsed[length]
      let periods = max(0, ((all[index].pauseNanoseconds - least) / max(1, period)).rounded())
      guard periods * Double(length) < Double(Int32.max) else { break }
      let pause = log(max(1, least + periods * period))
      guard abs(pause - all[index].logPause) <= log(Self.longestFactor) else { continue }
      let place = beats[(position + left) % length]
      attempt(
        left + Int(periods) * length,
        startingAt: 1
          - Beat.likeness(
            pause: all[index].logPause - pause, bytes: all[index].logBytes - place.logBytes))
    }
    return best.gap
  }

  /// What the bursts after one leave unexplained if that one is at a position.
  private func followingCost(
    at index: Int, _ position: Int, _ ahead: Int, _ all: [Beat], below limit: Double
  ) -> Double {
    var sum = 0.0
    for step in 1..<ahead where sum < limit {
      sum += cost(of: all[index + step], at: position + step)
    }
    return sum
  }

  /// Nanoseconds of pause before a burst if those of `count` places, at most a period, are missing
  /// before it.
  private func pause(leavingOut count: Int, at position: Int) -> Double {
    let first = position % length
    let last = first + count
    let before =
      last < length ? elapsed[last] : elapsed[length] + elapsed[last - length]
    return before - elapsed[first] + beats[last % length].pauseNanoseconds
  }
}
