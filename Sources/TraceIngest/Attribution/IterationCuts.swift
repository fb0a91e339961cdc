/// Where iterations end, as gradient reductions tell: each iteration has one run of them, and the
/// next iteration begins after it.
struct IterationCuts: Equatable {
  /// Nanoseconds since 1970, ascending.
  var ends: [Int64]
  /// Share of the reduced bytes whose rings say so, 0 … 1.
  var agreement = 1.0

  /// The iteration in which a burst starts.
  ///
  /// O(log iterations).
  func iteration(ofStart time: Int64) -> Int { countBefore(time, in: ends) }

  /// The ends of the last reductions of one ring's iterations.
  ///
  /// Without exchanges the widest band between pauses divides.
  /// - Parameter exchanges: starts of the all-to-alls on the same NICs, ascending.
  static func ofReductions(_ bursts: [Burst], exchanges: [Int64]) -> IterationCuts {
    guard let last = bursts.last else { return IterationCuts(ends: []) }
    guard exchanges.isEmpty else {
      return IterationCuts(ends: ReductionCycle(bursts, among: exchanges).iterationEnds)
    }
    let pauses = zip(bursts, bursts.dropFirst()).map { pause(from: $0.end, to: $1.start) }
    let least = widestBand(in: pauses)
    return IterationCuts(
      ends: zip(bursts, pauses).compactMap { $1 >= least ? $0.end : nil } + [last.end])
  }

  /// The shortest pause above the widest band; 0 when all pauses are of one kind.
  private static func widestBand(in pauses: [Int64]) -> Int64 {
    let sorted = pauses.map { max(1, $0) }.sorted()
    var best = (ratio: 2.0, least: Int64(0))
    for (lower, upper) in zip(sorted, sorted.dropFirst()) {
      let ratio = Double(upper) / Double(lower)
      if ratio > best.ratio { best = (ratio, upper) }
    }
    return best.least
  }

  /// What several rings of one job say together: the next iteration waits for the last of them.
  ///
  /// Rings that disagree about the number of iterations are outvoted by bytes.
  static func joined(_ cuts: [(cuts: IterationCuts, bytes: Int64)]) -> IterationCuts? {
    var bytesOfCount: [Int: Int64] = [:]
    for entry in cuts { bytesOfCount[entry.cuts.ends.count, default: 0] &+= entry.bytes }
    let votes = bytesOfCount.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard let (count, bytes) = votes.first, count > 0 else { return nil }
    var ends = [Int64](repeating: .min, count: count)
    for entry in cuts where entry.cuts.ends.count == count {
      for (place, end) in entry.cuts.ends.enumerated() { ends[place] = max(ends[place], end) }
    }
    let all = votes.reduce(0) { $0 + Double($1.value) }
    return IterationCuts(ends: ends, agreement: Double(bytes) / max(1, all))
  }
}

/// How many of some ascending times lie before one.
///
/// O(log times).
func countBefore(_ time: Int64, in times: [Int64]) -> Int {
  frontCount(of: times.count) { times[$0] < time }
}
