internal import TraceModel

/// The iterations of a subject one after the other.
struct IterationSeries {
  /// Numbers of the known iterations, ascending.
  private(set) var numbers: [Int32] = []
  /// Their matrices without diagonal, all layers added up; empty when they are too many to keep.
  private(set) var matrices: [TrafficMatrix] = []
  /// What each end receives in each iteration, layer after layer: layers have hot experts of their
  /// own, which a sum over layers would even out.
  private(set) var receipts: [[Int64]] = []
  /// Ends of one matrix.
  let endCount: Int
  /// Ends that are compared with each other: expert groups, joined where they exchange bytes.
  private(set) var blocks: [[Int]] = []

  /// Cells of all matrices together that are kept at most (512 MB).
  static let cellLimit = 1 << 26

  init(_ subject: AnalysisSubject) {
    var selection = subject.selection
    selection.iterations = 0...Int32.max
    let steps = subject.workload.steps.filter { selection.contains($0) }
    numbers = Set(steps.map(\.iteration)).sorted()
    let layers = Set(steps.map(\.layer)).sorted()
    endCount = subject.ends.count
    let cells = endCount * endCount
    let keeps = cells == 0 || numbers.count <= Self.cellLimit / cells
    receipts = [[Int64]](
      repeating: [Int64](repeating: 0, count: layers.count * endCount), count: numbers.count)
    if keeps {
      matrices = [TrafficMatrix](repeating: TrafficMatrix(size: endCount), count: numbers.count)
    }
    let places = Dictionary(uniqueKeysWithValues: zip(numbers, 0...))
    let layerPlaces = Dictionary(uniqueKeysWithValues: zip(layers, 0...))
    var whole = TrafficMatrix(size: endCount)
    subject.workload.forEachTrafficMatrix(
      selection, by: [.layer, .iteration], map: subject.ends
    ) { key, matrix in
      guard let iteration = key.iteration, let place = places[iteration],
        let layer = key.layer, let position = layerPlaces[layer]
      else { return }
      let remote = matrix.withoutDiagonal
      let sums = remote.saturatingColumnSums
      receipts[place].replaceSubrange(
        position * sums.count..<(position + 1) * sums.count, with: sums)
      if keeps { matrices[place].addSaturating(remote) }
      whole.addSaturating(remote)
    }
    blocks = subject.endBlocks.joined(by: whole).members.filter { $0.count > 1 }
  }

  /// Square roots of the shares of pairs, or of receipts where matrices were not kept or senders
  /// are guessed: counts then scatter alike, however large they are (Bartlett 1936).
  func vectors(ofPairs: Bool) -> [[Double]] {
    let amounts = ofPairs && !matrices.isEmpty ? matrices.map(\.cells) : receipts
    return amounts.map { rootsOfShares($0) }
  }

  /// What the square roots of the pairs' shares have beyond those that totals per end explain.
  ///
  /// O(iterations · n²).
  var pairResiduals: [[Double]] {
    matrices.map { matrix in
      var residuals = [Double](repeating: 0, count: matrix.cells.count)
      let whole = matrix.cells.reduce(0.0) { $0 + Double($1) }
      for ends in blocks where whole > 0 {
        let part = matrix.restricted(to: ends)
        let rows = part.saturatingRowSums.map { Double($0) }
        let columns = part.saturatingColumnSums.map { Double($0) }
        let bytes = rows.reduce(0, +)
        guard bytes > 0 else { continue }
        let fit = QuasiIndependence(
          rows: rows.map { $0 / bytes }, columns: columns.map { $0 / bytes })
        for (row, source) in ends.enumerated() {
          for (column, destination) in ends.enumerated() where column != row {
            let share = Double(part.cells[row * ends.count + column]) / whole
            let explained = fit.share(row, column) * bytes / whole
            residuals[source * matrix.size + destination] =
              share.squareRoot() - explained.squareRoot()
          }
        }
      }
      return residuals
    }
  }

  /// The order of the receivers of each layer and block, as vectors of length 1.
  var receiptOrders: [[Double]] {
    receipts.map { unitVector(receiptOrder(of: $0, blocks: blocks, endCount: endCount)) }
  }

  /// Receivers of all layers that could trade places.
  var orderFreedom: Int {
    let layers = endCount > 0 ? (receipts.first?.count ?? 0) / endCount : 0
    return layers * blocks.reduce(0) { $0 + $1.count - 1 }
  }

  /// Pairs that could trade places once totals per end are taken off.
  var pairFreedom: Int {
    blocks.reduce(0) { $0 + max(0, $1.count * ($1.count - 1) - 2 * $1.count + 1) }
  }
}

private func rootsOfShares(_ amounts: [Int64]) -> [Double] {
  let total = amounts.reduce(0.0) { $0 + Double($1) }
  return amounts.map { total > 0 ? (Double($0) / total).squareRoot() : 0 }
}
