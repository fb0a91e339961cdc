/// Which of several equal paths the bytes of a pair take.
public enum PathRouting: Sendable, Hashable {
  /// All of them at once: ideal per-packet spraying.
  case sprayed
  /// One each for so many queue pairs per NIC, chosen by a seeded hash (ECMP).
  case hashed(seed: UInt64, queuePairsPerPair: Int)
  /// Up-link d mod k for destination d, the same for every source (Zahavi's D-mod-k).
  case destinationModulo

  /// The word used in files.
  public var name: String {
    switch self {
    case .sprayed: "sprayed"
    case .hashed: "hashed"
    case .destinationModulo: "d-mod-k"
    }
  }

  var effectiveParameters: [EffectiveParameter] {
    var parameters = [EffectiveParameter("paths", name)]
    if case .hashed(let seed, let queuePairs) = self {
      parameters += [
        EffectiveParameter("path hash seed", seed),
        EffectiveParameter("queue pairs per pair and NIC", queuePairs),
      ]
    }
    return parameters
  }

  /// Why it cannot be used, or nil.
  var defect: String? {
    if case .hashed(_, let queuePairs) = self, !(1...1024).contains(queuePairs) {
      return "\(queuePairs) queue pairs per pair; it must be from 1 to 1024"
    }
    return nil
  }
}
