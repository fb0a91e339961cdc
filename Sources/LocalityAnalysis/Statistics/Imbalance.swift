/// How unequal the loads of equal ends are; cured by moving work, not by moving light.
///
/// All four are unchanged when every load is multiplied by the same factor.
public struct Imbalance: Sendable, Hashable {
  /// Largest ÷ mean: what a perfect balance could win at most.
  ///
  /// 1 when all are equal.
  public var maxOverMean: Double
  /// Standard deviation (of the population) ÷ mean.
  public var coefficientOfVariation: Double
  /// Jain's fairness index: (Σx)² ÷ (n·Σx²); 1 when equal, 1/n when one has all.
  public var jain: Double
  /// Gini coefficient: mean absolute difference ÷ (2 · mean); 0 when equal, 1 − 1/n at most.
  public var gini: Double
  /// The end with the largest load; the lowest index among equals.
  public var busiest: Int
  /// Number of ends.
  public var count: Int
  /// The hot ends, ascending: those above the widest relative gap between successive loads in their
  /// upper half.
  ///
  /// Empty where no gap is a quarter (`leastGap`) wide: loads then fall off without a step.
  public var hot: [Int]

  /// A load this many times the next lower one makes it hot, and all above.
  public static let leastGap = 1.25

  /// Nil when there are no ends or no load at all.
  ///
  /// O(n log n).
  public init?(loads: [Double]) {
    let sorted = loads.sorted(by: >)
    guard let moments = LoadMoments(descending: sorted.span, count: loads.count),
      let busiest = loads.indices.max(by: {
        loads[$0] < loads[$1] || (loads[$0] == loads[$1] && $0 > $1)
      })
    else { return nil }
    maxOverMean = moments.maxOverMean
    coefficientOfVariation = moments.coefficientOfVariation
    jain = moments.jain
    gini = moments.gini
    self.busiest = busiest
    count = loads.count
    hot = hotEnds(loads)
  }

  /// The same for integer loads such as row or column sums.
  public init?(loads: [Int64]) { self.init(loads: loads.map { Double($0) }) }
}

/// The ends above the widest relative gap between loads; the lowest index first among equals.
private func hotEnds(_ loads: [Double]) -> [Int] {
  let order = loads.indices.sorted {
    loads[$0] > loads[$1] || (loads[$0] == loads[$1] && $0 < $1)
  }
  var widest = (place: 0, gap: Imbalance.leastGap)
  for place in 1..<max(1, order.count / 2 + 1) where place < order.count {
    let (above, below) = (loads[order[place - 1]], loads[order[place]])
    let gap = below > 0 ? above / below : above > 0 ? .infinity : 1
    if gap > widest.gap { widest = (place, gap) }
  }
  return order.prefix(widest.place).sorted()
}

/// What imbalance and concentration share: one pass over loads in descending order.
struct LoadMoments {
  let maxOverMean: Double
  let coefficientOfVariation: Double
  let jain: Double
  let gini: Double

  /// - Parameters:
  ///   - descending: the loads that are not zero (zeros at the end may be left out).
  ///   - count: number of loads, zeros included.
  init?(descending: Span<Double>, count: Int) {
    guard count > 0, descending.count > 0 else { return nil }
    var sum = 0.0
    var ranked = 0.0
    for index in descending.indices {
      sum += descending[index]
      // Ascending 1-based rank of this load.
      ranked += Double(count - index) * descending[index]
    }
    guard sum > 0 else { return nil }
    let mean = sum / Double(count)
    // Deviations rather than the mean of squares: equal loads must give exactly 0.
    var deviations = Double(count - descending.count) * mean * mean
    for index in descending.indices {
      deviations += (descending[index] - mean) * (descending[index] - mean)
    }
    let variance = deviations / Double(count)
    maxOverMean = descending[0] / mean
    coefficientOfVariation = (variance / (mean * mean)).squareRoot()
    jain = 1 / (1 + variance / (mean * mean))
    gini = max(0, 2 * ranked / (Double(count) * sum) - Double(count + 1) / Double(count))
  }
}
