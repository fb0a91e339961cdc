/// The pause that separates two operations.
struct IdleGap {
  var nanoseconds: Int64
  /// How it was found, in words.
  var method: String

  /// Pauses below this are jitter of one burst: queues, credits, rendezvous.
  static let jitter: Int64 = 20_000
  /// No computation between two all-to-alls of a layer is shorter than this many nanoseconds on
  /// hardware of our time, so a threshold is never set above it without being asked.
  static let longestThreshold: Int64 = 1_000_000
  /// A pause this many times longer than the next shorter one is of another kind.
  static let leastBand = 2.5

  /// The first empty band in the sorted pauses above 20 µs, or 50 µs without one below 1 ms.
  ///
  /// The first, not the widest: the band between compute pauses and the pause between iterations
  /// is wider than that between jitter and compute. A band above which there is a single short
  /// pause and then another band does not count: an operation, and so the pause before it, comes
  /// again in every iteration, while one late message makes one such pause.
  /// Two late messages whose pauses are alike still pass for a kind of their own.
  static func inferred(from pauses: [Int64]) -> IdleGap {
    let sorted = [jitter] + pauses.filter { $0 > jitter }.sorted()
    for upper in sorted.indices.dropFirst() where sorted[upper - 1] < longestThreshold {
      guard isBand(below: upper, in: sorted), !isStraggler(upper, in: sorted) else { continue }
      let middle = (Double(sorted[upper - 1]) * Double(sorted[upper])).squareRoot()
      return IdleGap(
        nanoseconds: Int64(min(middle, Double(longestThreshold))),
        method: "the first empty band between pauses")
    }
    return IdleGap(nanoseconds: 50_000, method: "50 µs: pauses show no empty band")
  }

  /// Whether the pauses from this one on are of another kind than those before it.
  private static func isBand(below index: Int, in sorted: [Int64]) -> Bool {
    Double(sorted[index]) / Double(sorted[index - 1]) >= leastBand
  }

  /// Whether a pause above a band is the only one of its kind, and may be jitter.
  ///
  /// That takes enough longer pauses to know that operations come again.
  private static func isStraggler(_ index: Int, in sorted: [Int64]) -> Bool {
    sorted[index] < longestThreshold && sorted.count - (index + 1) >= leastRepeated
      && isBand(below: index + 1, in: sorted)
  }

  /// Two iterations of the shortest training step: dispatch and combine, forward and backward.
  private static let leastRepeated = 8

  /// The pause between the operations of a communicator whose amounts are all equal.
  ///
  /// Such an operation is many messages of a few senders, so most pauses are inside operations
  /// whatever their length: the first empty band is looked for above those.
  static func inferred(from pauses: [Int64], messageCount: Int) -> IdleGap {
    let sorted = [jitter] + pauses.filter { $0 > jitter }.sorted()
    let inside = max(0, sorted.count - max(1, messageCount / leastMessagesOfOperation))
    for (lower, upper) in zip(sorted[inside...], sorted[inside...].dropFirst())
    where Double(upper) / Double(lower) >= leastBand {
      return IdleGap(
        nanoseconds: Int64((Double(lower) * Double(upper)).squareRoot()),
        method: "the first empty band above the pauses inside operations")
    }
    return IdleGap(nanoseconds: max(50_000, sorted[inside]), method: "pauses show no empty band")
  }

  private static let leastMessagesOfOperation = 8
}
