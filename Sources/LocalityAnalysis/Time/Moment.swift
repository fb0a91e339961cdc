internal import TraceModel

/// One iteration of one layer, ready to be compared with others.
struct Moment {
  let iteration: Int32
  let traffic: SparseTraffic
  /// Keys of the heaviest quarter of its pairs, ascending.
  let heaviest: [Int]
  /// Shares of the pairs beyond the quasi-independent fit of their block.
  let pairs: Pattern
  /// Shares received beyond the mean of their block.
  let receipts: Pattern
  /// Places of the receivers in their block.
  let order: Pattern
  /// Ordered pairs inside blocks.
  let pairCount: Int

  init(_ matrix: TrafficMatrix, iteration: Int32, blocks: ExpertBlocks) {
    self.iteration = iteration
    traffic = SparseTraffic(matrix)
    heaviest = traffic.top()
    let size = matrix.size
    var residuals = [Double](repeating: 0, count: size * size)
    var deviations = [Double](repeating: 0, count: size)
    var received = [Int64](repeating: 0, count: size)
    var total = 0.0
    var pairCount = 0
    let members = blocks.members.filter { $0.count > 1 }
    for ends in members {
      let part = matrix.restricted(to: ends).withoutDiagonal
      let rows = part.saturatingRowSums.map { Double($0) }
      let arrived = part.saturatingColumnSums
      let columns = arrived.map { Double($0) }
      let bytes = rows.reduce(0, +)
      pairCount += ends.count * (ends.count - 1)
      guard bytes > 0 else { continue }
      total += bytes
      let fit = QuasiIndependence(
        rows: rows.map { $0 / bytes }, columns: columns.map { $0 / bytes })
      for (row, source) in ends.enumerated() {
        received[source] = arrived[row]
        deviations[source] = columns[row] - bytes / Double(ends.count)
        for (column, destination) in ends.enumerated() where column != row {
          residuals[source * size + destination] =
            Double(part.cells[row * ends.count + column]) - bytes * fit.share(row, column)
        }
      }
    }
    pairs = Pattern(residuals, of: total)
    receipts = Pattern(deviations, of: total)
    order = Pattern(
      receipts.isEmpty ? [] : receiptOrder(of: received, blocks: members, endCount: size))
    self.pairCount = pairCount
  }
}

extension Moment {
  /// Common part of the heaviest quarters of pairs ÷ their union, less that of two sets drawn by
  /// chance; nil when either is empty.
  func jaccardAboveChance(_ later: Moment) -> Double? {
    jaccard(heaviest, later.heaviest).map {
      $0 - traffic.jaccardByChance(later.traffic, pairCount: later.pairCount)
    }
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
      self.init([])
      return
    }
    self.init(deviations.map { $0 / total })
  }

  /// Any vector; empty when all of it is 0.
  init(_ vector: [Double]) {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    values = length > 0 ? vector : []
    norm = length
  }

  var isEmpty: Bool { values.isEmpty }

  /// −1 … 1; 0 when one has no pattern, nil when neither has.
  func cosine(_ other: Pattern) -> Double? {
    if isEmpty && other.isEmpty { return nil }
    guard !isEmpty, !other.isEmpty else { return 0 }
    let product = dot(values.span, other.values.span)
    return max(-1, min(1, product / (norm * other.norm)))
  }
}
