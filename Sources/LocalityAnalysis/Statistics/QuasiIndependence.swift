internal import Glibc
internal import TraceModel

/// The matrix that knows only how much each end sends and receives, and that nobody sends to itself.
///
/// q[i][j] = a[i]·b[j] off the diagonal and 0 on it, with the same row and column sums as the data
/// (quasi-independence: Goodman, JASA 1968). It is the matrix of greatest entropy with those
/// margins, so what a matrix has beyond it is structure of pairs and not of ends. Zeroing the
/// diagonal of the plain product of the margins instead changes the margins, and then hot ends are
/// mistaken for hot pairs: on MixNet's measured 8 × 8 matrix that doubles the answer.
struct QuasiIndependence {
  /// Row factors, summing to 1 until multiplied by the column factors.
  private(set) var rowFactors: [Double]
  private(set) var columnFactors: [Double]

  /// Iterative proportional fitting; O(n) per sweep, because the row sums of q are products.
  ///
  /// - Parameters:
  ///   - rows: shares of the bytes sent, summing to 1, of a matrix with an empty diagonal.
  ///   - columns: shares received.
  init(rows: [Double], columns: [Double]) {
    columnFactors = columns
    rowFactors = rows
    // Matrices in which one end takes part in all traffic converge only in the limit; what such a
    // matrix lacks after this many sweeps is far below the resolution of `PairStructure`.
    for _ in 0..<10_000 {
      rowFactors = Self.factors(margins: rows, others: columnFactors)
      let sum = rowFactors.reduce(0, +)
      guard sum > 0 else { return }
      for end in rowFactors.indices { rowFactors[end] /= sum }
      let next = Self.factors(margins: columns, others: rowFactors)
      var change = 0.0
      for end in next.indices {
        change = max(change, abs(next[end] - columnFactors[end]) / max(next[end], 1e-300))
      }
      columnFactors = next
      if change < 1e-13 { return }
    }
  }

  /// margin ÷ sum of the others' factors, per end.
  ///
  /// The sum is made from both sides, since a total minus one end loses every digit when that end
  /// holds nearly all.
  private static func factors(margins: [Double], others: [Double]) -> [Double] {
    let count = margins.count
    var sums = [Double](repeating: 0, count: count)
    var before = 0.0
    var after = 0.0
    for end in 0..<count {
      sums[end] += before
      before += others[end]
      let last = count - 1 - end
      sums[last] += after
      after += others[last]
    }
    return (0..<count).map { margins[$0] > 0 && sums[$0] > 0 ? margins[$0] / sums[$0] : 0 }
  }

  /// The fitted share of one pair.
  func share(_ source: Int, _ destination: Int) -> Double {
    source == destination ? 0 : rowFactors[source] * columnFactors[destination]
  }
}
