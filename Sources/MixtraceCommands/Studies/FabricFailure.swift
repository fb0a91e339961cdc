internal import Replay

/// A fabric on which a trace could not be replayed.
struct FabricFailure {
  /// The fabric's name, as the row would have had it.
  let label: String
  let error: ReplayError

  /// Why, on one line.
  var reason: String { error.description.onOneLine }

  /// Each reason once, after the fabrics that have it.
  static func sentences(_ failures: [FabricFailure]) -> [String] {
    var reasons: [String] = []
    for failure in failures where !reasons.contains(failure.reason) {
      reasons.append(failure.reason)
    }
    return reasons.map { reason in
      let labels = failures.filter { $0.reason == reason }.map(\.label)
      let verb = labels.count == 1 ? "has" : "have"
      return "\(labels.joined(separator: "; ")) \(verb) no result: \(reason)."
    }
  }
}
