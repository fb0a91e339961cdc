internal import Glibc

/// The repetition in a sequence of bursts: how many make an iteration, and where one begins.
struct IterationPeriod: Equatable {
  /// Bursts per iteration.
  var length: Int
  /// Index of the first burst of the first whole iteration.
  var offset: Int
  /// Mean likeness of bursts one period apart, 0 … 1.
  var likeness: Double

  /// What is compared: the pause before a burst and its bytes, both by order of magnitude.
  struct Beat {
    var pauseNanoseconds: Int64
    var bytes: Int64
    var kind: UInt8
  }

  static let minimumLikeness = 0.8

  /// The shortest period that explains the sequence nearly as well as any, or nil without one.
  ///
  /// As far as pauses can tell, the iteration begins after the longest mean pause of the period
  /// (optimiser step, data loading); the matrices may know better. O(n²) in the number of bursts,
  /// which is limited to
  /// 4,096 for this purpose: an iteration of more than half as many is not found.
  static func find(in beats: [Beat]) -> IterationPeriod? {
    let count = min(beats.count, 4_096)
    guard count >= 4 else { return nil }
    var likenessOfLag = [Double](repeating: 0, count: count / 2 + 1)
    for lag in 1...count / 2 {
      // The first burst has no pause before it.
      var sum = 0.0
      for index in 1..<(count - lag) { sum += beats[index].likeness(to: beats[index + lag]) }
      likenessOfLag[lag] = sum / Double(max(1, count - lag - 1))
    }
    let best = likenessOfLag.max() ?? 0
    // Bursts that are all alike repeat, but nothing says how many make an iteration.
    guard best >= minimumLikeness,
      let length = likenessOfLag.indices.first(where: {
        $0 > 0 && likenessOfLag[$0] >= best - 0.02
      }), length > 1
    else { return nil }
    let means = meanPauses(
      of: beats, at: PeriodPositions(of: beats, length: length).ofBurst, length: length)
    let offset = means.indices.max { means[$0] < means[$1] } ?? 0
    return IterationPeriod(length: length, offset: offset, likeness: likenessOfLag[length])
  }

  /// Mean pause before the bursts of each place.
  ///
  /// - Parameter positions: of the bursts; a place is a position modulo the length.
  static func meanPauses(of beats: [Beat], at positions: [Int], length: Int) -> [Double] {
    var pauses = [Double](repeating: 0, count: length)
    var counts = pauses
    for index in beats.indices.dropFirst() where positions[index] == positions[index - 1] + 1 {
      pauses[positions[index] % length] += Double(beats[index].pauseNanoseconds)
      counts[positions[index] % length] += 1
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

extension IterationPeriod.Beat {
  /// 1 for equal bursts, falling to 0 where pause and bytes differ by a factor of e or more.
  func likeness(to other: IterationPeriod.Beat) -> Double {
    guard kind == other.kind else { return 0 }
    let pause = Self.logDistance(pauseNanoseconds, other.pauseNanoseconds)
    let bytes = Self.logDistance(bytes, other.bytes)
    return max(0, 1 - (0.7 * pause + 0.3 * bytes))
  }

  private static func logDistance(_ first: Int64, _ second: Int64) -> Double {
    abs(log(Double(max(1, first))) - log(Double(max(1, second))))
  }
}
