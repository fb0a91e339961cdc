/// Bytes between servers as shares of their sum, sparse and ordered by pair.
struct ServerShares {
  /// Source × servers + destination, ascending.
  private(set) var pairs: [Int64] = []
  private(set) var shares: [Double] = []
  /// Sum of all bytes.
  private(set) var bytes = 0.0

  /// - Parameter amounts: by pair; none is negative.
  init(_ amounts: [Int64: Double]) {
    for pair in amounts.keys.sorted() {
      let amount = amounts[pair, default: 0]
      guard amount > 0 else { continue }
      pairs.append(pair)
      shares.append(amount)
      bytes += amount
    }
    for place in shares.indices { shares[place] /= bytes }
  }

  /// Only some of the pairs, as shares of their own sum.
  func only(_ isKept: (Int64) -> Bool) -> ServerShares {
    guard !pairs.allSatisfy(isKept) else { return self }
    var amounts: [Int64: Double] = [:]
    for place in pairs.indices where isKept(pairs[place]) {
      amounts[pairs[place]] = shares[place] * bytes
    }
    return ServerShares(amounts)
  }

  /// Half the sum of all differences: the share of bytes that would have to go elsewhere, 0 … 1.
  ///
  /// O(pairs).
  func distance(to other: ServerShares) -> Double {
    var sum = 0.0
    forEachPair(with: other) { sum += abs($0 - $1) }
    return sum / 2
  }

  /// Bytes that differ from those of another, times a factor, as a share of both.
  func residual(of other: ServerShares, factor: Double) -> Double {
    let all = bytes + factor * other.bytes
    guard all > 0 else { return 0 }
    var sum = 0.0
    forEachPair(with: other) { sum += abs($0 * bytes - $1 * other.bytes * factor) }
    return sum / all
  }

  private func forEachPair(with other: ServerShares, _ body: (Double, Double) -> Void) {
    var (own, foreign) = (0, 0)
    while own < pairs.count || foreign < other.pairs.count {
      let left = own < pairs.count ? pairs[own] : .max
      let right = foreign < other.pairs.count ? other.pairs[foreign] : .max
      body(left <= right ? shares[own] : 0, right <= left ? other.shares[foreign] : 0)
      if left <= right { own += 1 }
      if right <= left { foreign += 1 }
    }
  }
}
