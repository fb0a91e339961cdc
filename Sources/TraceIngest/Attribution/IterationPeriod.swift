/// The repetition in a sequence of bursts: how many make an iteration, and where one begins.
struct IterationPeriod {
  /// Bursts per iteration.
  var length: Int
  /// Index of the first burst of the first whole iteration.
  var offset: Int
  /// How alike bursts one period apart are, and how much more so than with the next best period.
  var confidence: Confidence

  static let minimumLikeness = 0.8
  /// Bursts that are looked at, each with each; a period of more than half as many is not found.
  static let mostCompared = 4_096
  /// Periods that are tried, losses and all, are those of which the bursts are at least so alike without.
  private static let leastCandidateLikeness = 0.5

  /// The shortest period that explains the sequence nearly as well as any, or nil without one.
  ///
  /// As far as pauses can tell, the iteration begins after the longest mean pause of the period
  /// (optimiser step, data loading); the matrices may know better. O(n²) in the number of bursts,
  /// which is limited to 4,096 for this purpose.
  static func find(in beats: [Beat]) -> IterationPeriod? {
    let sample = Array(beats.prefix(mostCompared))
    guard sample.count >= 4 else { return nil }
    let tried = candidates(in: sample).map { Repetition(of: sample, length: $0) }
      .filter(\.holdsThroughout)
    guard let best = tried.max(by: { $0.likeness < $1.likeness }),
      best.likeness >= minimumLikeness,
      // Bursts that are all alike repeat, but nothing says how many make an iteration.
      let chosen = tried.first(where: { $0.likeness >= best.likeness - best.tolerance }),
      chosen.length > 1
    else { return nil }
    var confidence = Confidence(likeness: chosen.likeness)
    for other in tried where other.length % chosen.length != 0 {
      confidence = confidence.besides("every \(other.length)", lead: chosen.lead(over: other))
    }
    let pauses = meanPauses(of: sample, at: chosen.positions, length: chosen.length)
    let offset = pauses.indices.max { pauses[$0] < pauses[$1] } ?? 0
    return IterationPeriod(length: chosen.length, offset: offset, confidence: confidence)
  }

  /// The lengths, ascending, with which neighbouring periods are most alike, two of each octave: where
  /// bursts are missing a shorter one that explains less may look better.
  private static func candidates(in beats: [Beat]) -> [Int] {
    let likeness = (0...beats.count / 2).map { lag in
      // The first burst has no pause before it.
      let pairs = 1..<max(1, beats.count - lag)
      let sum = pairs.reduce(0.0) { $0 + beats[$1].likeness(to: beats[$1 + lag]) }
      return lag > 0 ? sum / Double(max(1, pairs.count)) : 0
    }
    var lengths: [Int] = []
    var first = 1
    while first < likeness.count {
      let octave = (first..<min(2 * first, likeness.count)).sorted {
        (likeness[$1], $0) < (likeness[$0], $1)
      }
      lengths += octave.prefix(2).filter { likeness[$0] >= leastCandidateLikeness }
      first *= 2
    }
    return lengths.sorted()
  }

  /// Mean pause before the bursts of each place, 0 where none is known.
  static func meanPauses(
    of beats: [Beat], at positions: PeriodPositions, length: Int
  ) -> [Double] {
    var pauses = [Double](repeating: 0, count: length)
    var counts = pauses
    for index in beats.indices where positions.followsOn(index) {
      pauses[positions.ofBurst[index] % length] += beats[index].pauseNanoseconds
      counts[positions.ofBurst[index] % length] += 1
    }
    return zip(pauses, counts).map { $1 > 0 ? $0 / $1 : 0 }
  }

  /// The iteration of a position; those before the first whole iteration belong to iteration 0.
  func iteration(ofPosition position: Int) -> Int {
    offset == 0 ? position / length : (position + length - offset) / length
  }

  /// The place of a position in its iteration, 0 ..< length.
  func place(ofPosition position: Int) -> Int { (position + length - offset) % length }
}
