/// What every region remembers: each has its own optical switches.
struct RegionStates {
  /// The circuits in place, as numbers of `SolvedPhases.matrices`; nil before the first choice.
  var current: [Int?]
  /// Since when no bytes are on a region's circuits.
  var idleSince: [Double]
  /// The communication time that had passed when a region's circuits were set up.
  private var placedAt: [Double]

  init(count: Int) {
    current = [Int?](repeating: nil, count: count)
    idleSince = [Double](repeating: 0, count: count)
    placedAt = idleSince
  }

  /// Communication time since the last call for a region.
  mutating func endTerm(of region: Int, at communicationTime: Double) -> Double {
    defer { placedAt[region] = communicationTime }
    return communicationTime - placedAt[region]
  }
}
