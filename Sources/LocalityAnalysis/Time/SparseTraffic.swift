package import TraceModel

/// The pairs of a matrix that carry bytes between different ends, ordered by (source, destination).
package struct SparseTraffic: Sendable {
  /// source · ends + destination, ascending.
  private(set) var keys: [Int] = []
  private(set) var bytes: [Double] = []
  /// True for ends that send or receive.
  private(set) var isActive: [Bool]

  /// The cells off the diagonal that are not zero; O(n²).
  package init(_ matrix: TrafficMatrix) {
    isActive = [Bool](repeating: false, count: matrix.size)
    for source in 0..<matrix.size {
      for destination in 0..<matrix.size where destination != source {
        let amount = matrix.cells[source * matrix.size + destination]
        guard amount > 0 else { continue }
        keys.append(source * matrix.size + destination)
        bytes.append(Double(amount))
        isActive[source] = true
        isActive[destination] = true
      }
    }
  }

  /// True when some end takes part in both.
  func sharesEnds(with other: SparseTraffic) -> Bool {
    zip(isActive, other.isActive).contains { $0 && $1 }
  }

  /// Cosine of the angle between the two as vectors of pairs, 0 … 1; nil when either is empty.
  package func cosine(_ other: SparseTraffic) -> Double? {
    let norms = squaredNorm * other.squaredNorm
    guard norms > 0 else { return nil }
    var product = 0.0
    var (left, right) = (0, 0)
    while left < keys.count && right < other.keys.count {
      if keys[left] == other.keys[right] {
        product += bytes[left] * other.bytes[right]
        left += 1
        right += 1
      } else if keys[left] < other.keys[right] {
        left += 1
      } else {
        right += 1
      }
    }
    return min(1, product / norms.squareRoot())
  }

  private var squaredNorm: Double { bytes.reduce(0) { $0 + $1 * $1 } }

  /// Common part of the two sets of heaviest pairs ÷ their union, 0 … 1; nil when either is empty.
  ///
  /// - Parameter share: how many of the pairs with bytes count as heavy, 0 … 1 (at least one pair).
  package func jaccardOfTop(_ other: SparseTraffic, share: Double = 0.25) -> Double? {
    guard !keys.isEmpty, !other.keys.isEmpty else { return nil }
    return jaccard(top(share), other.top(share))
  }

  /// The index that two sets of as many pairs would have if they were drawn by chance, in the mean.
  ///
  /// - Parameter pairCount: pairs that they are drawn from.
  func jaccardByChance(_ other: SparseTraffic, pairCount: Int, share: Double = 0.25) -> Double {
    let (mine, others) = (Double(topCount(share)), Double(other.topCount(share)))
    let common = min(mine, others, mine * others / Double(max(1, pairCount)))
    return common / max(1, mine + others - common)
  }

  private func topCount(_ share: Double) -> Int {
    min(keys.count, max(1, Int((Double(keys.count) * share).rounded(.toNearestOrAwayFromZero))))
  }

  /// Keys of the heaviest pairs, ascending; the lowest index first among equals.
  func top(_ share: Double = 0.25) -> [Int] {
    let order = keys.indices.sorted {
      bytes[$0] > bytes[$1] || (bytes[$0] == bytes[$1] && $0 < $1)
    }
    return order.prefix(topCount(share)).map { keys[$0] }.sorted()
  }
}

/// Common part of two ascending sets ÷ their union; nil when either is empty.
func jaccard(_ mine: [Int], _ others: [Int]) -> Double? {
  guard !mine.isEmpty, !others.isEmpty else { return nil }
  var (left, right, common) = (0, 0, 0)
  while left < mine.count && right < others.count {
    let (key, other) = (mine[left], others[right])
    if key == other { common += 1 }
    if key <= other { left += 1 }
    if other <= key { right += 1 }
  }
  return Double(common) / Double(mine.count + others.count - common)
}
