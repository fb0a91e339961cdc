internal import TraceModel

/// One iteration of one layer, ready to be compared with others.
struct Moment {
  let iteration: Int32
  let traffic: SparseTraffic
  /// Shares of the pairs beyond the quasi-independent fit of their block.
  let pairs: Pattern
  /// Shares received beyond the mean of their block.
  let receipts: Pattern
  /// Ordered pairs inside blocks.
  let pairCount: Int

  init(_ matrix: TrafficMatrix, iteration: Int32, blocks: ExpertBlocks) {
    self.iteration = iteration
    traffic = SparseTraffic(matrix)
    let size = matrix.size
    var residuals = [Double](repeating: 0, count: size * size)
    var deviations = [Double](repeating: 0, count: size)
    var total = 0.0
    var pairCount = 0
    for ends in blocks.members where ends.count > 1 {
      let part = matrix.restricted(to: ends).withoutDiagonal
      let rows = part.saturatingRowSums.map { Double($0) }
      let columns = part.saturatingColumnSums.map { Double($0) }
      let bytes = rows.reduce(0, +)
      pairCount += ends.count * (ends.count - 1)
      guard bytes > 0 else { continue }
      total += bytes
      let fit = QuasiIndependence(
        rows: rows.map { $0 / bytes }, columns: columns.map { $0 / bytes })
      for (row, source) in ends.enumerated() {
        deviations[source] = columns[row] - bytes / Double(ends.count)
        for (column, destination) in ends.enumerated() where column != row {
          residuals[source * size + destination] =
            Double(part.cells[row * ends.count + column]) - bytes * fit.share(row, column)
        }
      }
    }
    pairs = Pattern(residuals, of: total)
    receipts = Pattern(deviations, of: total)
    self.pairCount = pairCount
  }
}

/// Deviations from what a baseline explains; empty when there is nothing but rounding.
struct Pattern {
  private let values: [Double]
  private let norm: Double

  /// - Parameter total: bytes that the deviations are parts of.
  init(_ deviations: [Double], of total: Double) {
    let distance = deviations.reduce(0) { $0 + abs($1) } / 2
    guard total > 0, distance / total > PairStructure.resolutionBits else {
      values = []
      norm = 0
      return
    }
    values = deviations.map { $0 / total }
    norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  var isEmpty: Bool { values.isEmpty }

  /// −1 … 1; 0 when one has no pattern, nil when neither has.
  func cosine(_ other: Pattern) -> Double? {
    if isEmpty && other.isEmpty { return nil }
    guard !isEmpty, !other.isEmpty else { return 0 }
    let product = Self.product(values.span, other.values.span)
    return max(-1, min(1, product / (norm * other.norm)))
  }

  private static func product(_ left: Span<Double>, _ right: Span<Double>) -> Double {
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }
}
