/// Some measured exchanges from the whole length of a sequence, and how far each is from every expected
/// one.
struct ProbeDistances {
  /// Places of the probes among the measured ones.
  let probes: [Int]
  let measuredCount: Int
  let expectedCount: Int
  /// By probe and expected one.
  let distances: [[Double]]

  private static let probeCount = 32

  /// - Complexity: O(expected × 32 · pairs of a matrix).
  init(of measured: ArraySlice<MeasuredExchange>, to expected: ArraySlice<ExpectedExchange>) {
    measuredCount = measured.count
    expectedCount = expected.count
    let count = min(Self.probeCount, measured.count)
    probes = (0..<count).map { $0 * measured.count / count }
    distances = probes.map { probe in
      expected.map { measured[measured.startIndex + probe].distance(to: $0) }
    }
  }
}

/// How badly two sequences of matrices go together, for each number of places by which one is shifted
/// against the other.
///
/// Sequences of several sites that run in step are added up: what one cannot tell another may.
struct ShiftCosts {
  /// Shift of the first cost.
  private let first: Int
  /// Mean distance of the probes; nil where too little of the sequences lies side by side.
  private var costs: [(sum: Double, weight: Double)]

  /// - Parameter order: the expected ones as they stand beside the measured ones.
  /// - Complexity: O((measured + expected) × 32).
  init(_ probes: ProbeDistances, order: [Int]) {
    let (measured, expected) = (probes.measuredCount, probes.expectedCount)
    first = 1 - measured
    costs = [(Double, Double)](repeating: (0, 0), count: measured + expected - 1)
    let least = min(measured, expected) / 2
    for place in costs.indices {
      let shift = first + place
      let overlap = min(measured, expected - shift) - max(0, -shift)
      guard overlap >= max(1, least) else { continue }
      for (row, probe) in probes.probes.enumerated()
      where (0..<expected).contains(probe + shift) {
        costs[place].sum += probes.distances[row][order[probe + shift]]
        costs[place].weight += 1
      }
    }
  }

  /// Adds another site's costs; both have equally many expected matrices.
  mutating func add(_ other: ShiftCosts) {
    guard other.costs.count <= costs.count else {
      var longer = other
      longer.add(self)
      self = longer
      return
    }
    for place in other.costs.indices {
      let own = other.first + place - first
      guard costs.indices.contains(own) else { continue }
      costs[own].sum += other.costs[place].sum
      costs[own].weight += other.costs[place].weight
    }
  }

  /// The shift with the least mean distance, of equal ones the nearest, and how much better it is than
  /// any other: 0 when another is as good, 1 when it alone fits.
  var best: (shift: Int, cost: Double, contrast: Double)? {
    let means = costs.indices.filter { costs[$0].weight > 0 }.map {
      (shift: first + $0, cost: costs[$0].sum / costs[$0].weight)
    }
    guard let least = means.map(\.cost).min() else { return nil }
    let shift =
      means.filter { $0.cost <= least + 1e-9 }.map(\.shift).min {
        (abs($0), $0) < (abs($1), $1)
      } ?? 0
    let next = means.filter { $0.shift != shift }.map(\.cost).min() ?? 1
    return (shift, least, next > 0 ? max(0, 1 - least / next) : 0)
  }
}
