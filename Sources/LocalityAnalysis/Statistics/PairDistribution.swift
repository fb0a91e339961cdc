internal import Glibc
public import TraceModel

/// How the bytes between ends are spread over the ordered pairs, whichever pairs they are.
public struct PairDistribution: Sendable {
  /// Pairs that could carry bytes: n·(n−1), without the diagonal.
  public let pairCount: Int
  /// Bytes of the pairs that do, largest first.
  let descending: [Double]
  /// Sum of all pairs.
  public let total: Double

  /// The off-diagonal cells; O(n² + m log m) for m pairs with bytes.
  public init(_ matrix: TrafficMatrix) {
    var values: [Double] = []
    for row in 0..<matrix.size {
      for column in 0..<matrix.size where column != row {
        let bytes = matrix.cells[row * matrix.size + column]
        if bytes > 0 { values.append(Double(bytes)) }
      }
    }
    self.init(pairCount: matrix.size * max(0, matrix.size - 1), values: values)
  }

  /// Pairs of several separate groups of ends as one distribution.
  init(blocks: [TrafficMatrix]) {
    let parts = blocks.map { PairDistribution($0) }
    self.init(
      pairCount: parts.reduce(0) { $0 + $1.pairCount }, values: parts.flatMap(\.descending))
  }

  private init(pairCount: Int, values: [Double]) {
    self.pairCount = pairCount
    descending = values.sorted(by: >)
    total = descending.reduce(0, +)
  }

  /// Pairs with bytes.
  public var usedPairCount: Int { descending.count }

  /// Share of the bytes that the `count` heaviest pairs carry; 0 when there are no bytes.
  public func share(ofTop count: Int) -> Double {
    guard total > 0, count < descending.count else { return total > 0 ? 1 : 0 }
    return descending.prefix(max(0, count)).reduce(0, +) / total
  }

  /// Share of the bytes on the heaviest quarter of all pairs (rounded to the nearest pair).
  public var topQuarterShare: Double {
    share(ofTop: Int((Double(pairCount) / 4).rounded(.toNearestOrAwayFromZero)))
  }

  /// The smallest number of pairs that together carry a share of the bytes (the working set).
  public func pairsNeeded(for share: Double) -> Int {
    var sum = 0.0
    for (index, bytes) in descending.enumerated() {
      sum += bytes
      // A hair of slack, so that 90 % of 10 equal pairs is 9 whatever the rounding of the sums.
      if sum >= share * total * (1 - 1e-12) { return index + 1 }
    }
    return descending.count
  }

  /// Shannon entropy of the pairs in bits.
  public var entropyBits: Double {
    guard total > 0 else { return 0 }
    return descending.reduce(0) { $0 - ($1 / total) * log2($1 / total) }
  }

  /// Entropy ÷ log₂ of the number of off-diagonal cells; 1 when all carry the same.
  public var normalisedEntropy: Double {
    pairCount > 1 ? min(1, entropyBits / log2(Double(pairCount))) : 1
  }

  /// Max/mean, coefficient of variation, Jain and Gini over all pairs; nil without bytes.
  var moments: LoadMoments? { LoadMoments(descending: descending.span, count: pairCount) }

  /// Gini coefficient over all pairs, zeros included; nil without bytes.
  public var gini: Double? { moments?.gini }
  /// Jain's index over all pairs; nil without bytes.
  public var jain: Double? { moments?.jain }
  /// Coefficient of variation over all pairs; nil without bytes.
  public var coefficientOfVariation: Double? { moments?.coefficientOfVariation }
}
