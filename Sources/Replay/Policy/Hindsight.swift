/// The best sequence of choices among candidates, all demands known beforehand.
///
/// No bound: other circuits than the candidates, or changes in the middle of an operation, may be
/// faster. It holds for operations that run one after the other.
public struct Hindsight: Sendable, Hashable {
  /// The candidate in place at each step.
  public private(set) var choices: [Int] = []
  /// Steps before which the candidate changes.
  public private(set) var changes = 0
  /// Nanoseconds of all steps on their candidates, and the exposed delays of the changes.
  public private(set) var operationNanoseconds = 0.0
  public private(set) var delayNanoseconds = 0.0

  public var nanoseconds: Double { operationNanoseconds + delayNanoseconds }

  /// Dynamic programming over the steps: the least time on candidate c is its own time plus the
  /// lesser of staying and of coming from the best other candidate with a delay.
  ///
  /// Ties go to staying, then to the lowest candidate.
  /// - Parameters:
  ///   - times: nanoseconds of each step on each candidate, `times[step][candidate]`.
  ///   - exposedDelay: nanoseconds that a change before each step costs beyond what compute hides.
  ///   - initial: the candidate in place before the first step, or nil to choose the first free of
  ///     charge.
  /// - Complexity: O(steps · candidates).
  public init(times: [[Double]], exposedDelay: [Double], initial: Int? = nil) {
    guard let candidates = times.first?.indices, !candidates.isEmpty else { return }
    var least = candidates.map { initial == nil || initial == $0 ? 0 : Double.infinity }
    // Which candidate each one came from.
    var origins: [[Int32]] = []
    for (step, times) in times.enumerated() {
      var best = 0
      for candidate in candidates where least[candidate] < least[best] { best = candidate }
      let changed = least[best] + exposedDelay[step]
      var next = least
      var origin = [Int32](repeating: 0, count: candidates.count)
      for candidate in candidates {
        let stays = least[candidate] <= changed
        origin[candidate] = Int32(stays ? candidate : best)
        next[candidate] = times[candidate] + (stays ? least[candidate] : changed)
      }
      least = next
      origins.append(origin)
    }
    var last = 0
    for candidate in candidates where least[candidate] < least[last] { last = candidate }
    choices = [Int](repeating: 0, count: times.count)
    for step in times.indices.reversed() {
      choices[step] = last
      operationNanoseconds += times[step][last]
      let origin = Int(origins[step][last])
      if origin != last {
        changes += 1
        delayNanoseconds += exposedDelay[step]
      }
      last = origin
    }
  }

  /// The largest exposed delay, the same for every change, at which some sequence that begins on a
  /// candidate still beats staying on it: what it saves, divided by its changes.
  ///
  /// 0 when changing never helps. The best sequence at the ratio found so far has a larger one, or
  /// there is none (Dinkelbach, Management Science 1967).
  public static func breakEvenDelay(times: [[Double]], staticCandidate: Int) -> Double {
    let staying = times.reduce(0) { $0 + $1[staticCandidate] }
    var delay = 0.0
    while true {
      let best = Hindsight(
        times: times, exposedDelay: [Double](repeating: delay, count: times.count),
        initial: staticCandidate)
      guard best.changes > 0 else { return delay }
      let ratio = (staying - best.operationNanoseconds) / Double(best.changes)
      guard ratio > delay * (1 + 1e-12) else { return delay }
      delay = ratio
    }
  }
}

/// What is left of a delay when compute hides a part of it, in nanoseconds.
public func exposedDelay(_ delayNanoseconds: Double, hiddenBehind window: Double) -> Double {
  max(0, delayNanoseconds - window)
}
