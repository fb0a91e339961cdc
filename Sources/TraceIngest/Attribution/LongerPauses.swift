internal import Glibc

/// Pauses that are longer before every so many-th repetition of a period.
///
/// The micro-batches of an iteration repeat just as iterations do; what tells them apart is the pause
/// of the optimiser, one in hundreds or thousands.
struct LongerPauses {
  /// Periods from one to the next; nil when there is only one, or they come at no fixed distance.
  var every: Int?
  var count: Int
  /// Of the burst after the first of them.
  var position: Int
  /// Mean length.
  var nanoseconds: Double

  /// What a pause is at least longer than usual at its place to stand out, by its logarithm.
  private static let least = log(2.0)
  /// How much longer than all others the pause at one place is that ends an iteration by itself.
  private static let leastOfIteration = log(1.5)

  /// The longer pauses at the place in the period where there are most; nil without any, where others
  /// are as many, and where the period has a pause between iterations already.
  ///
  /// O(bursts log bursts).
  static func find(
    in beats: [Beat], at positions: PeriodPositions, length: Int
  ) -> LongerPauses? {
    var bursts = [[Int]](repeating: [], count: length)
    for index in beats.indices where positions.followsOn(index) {
      bursts[positions.ofBurst[index] % length].append(index)
    }
    // As there may be one for every two periods, the shorter ones are usual.
    let usual = bursts.map { bursts in
      bursts.isEmpty ? -.infinity : bursts.map { beats[$0].logPause }.sorted()[bursts.count / 4]
    }
    let longer = bursts.indices.map { place in
      bursts[place].filter { beats[$0].logPause >= usual[place] + least }
    }
    guard let place = longer.indices.max(by: { (longer[$0].count, $1) < (longer[$1].count, $0) }),
      let first = longer[place].first,
      2 * longer[place].count > longer.reduce(0, { $0 + $1.count })
    else { return nil }
    var found = LongerPauses(
      every: nil, count: longer[place].count, position: positions.ofBurst[first],
      nanoseconds: longer[place].reduce(0) { $0 + beats[$1].pauseNanoseconds }
        / Double(longer[place].count))
    let longest = usual.sorted().suffix(2)
    let hasIterationPause =
      longest.count == 2
      && longest[longest.startIndex + 1] - longest[longest.startIndex]
        >= leastOfIteration
    if found.count == 1 { return hasIterationPause ? nil : found }
    guard !hasIterationPause || usual[place] < longest[longest.startIndex + 1] else { return nil }
    let periods = longer[place].map { positions.ofBurst[$0] / length }
    let distances = zip(periods, periods.dropFirst()).map { $1 - $0 }.sorted()
    let middle = distances[distances.count / 2]
    guard middle > 1, 4 * distances.count(where: { $0 == middle }) >= 3 * distances.count else {
      return nil
    }
    found.every = middle
    return found
  }
}
