internal import Glibc
public import TraceModel

/// Largest matrix whose effective rank is computed: its cost grows with the cube.
public let effectiveRankLimit = 256

/// How many independent patterns a matrix is made of: the exponential of the entropy of its singular
/// values (Roy and Vetterli, EUSIPCO 2007).
///
/// 1 for hot senders and hot receivers alone, n when every row has a pattern of its own. An empty
/// diagonal is not a pattern: it is filled with what the totals per end would have put there
/// (`QuasiIndependence`), and a diagonal that the input kept is left as it is.
///
/// O(n³).
///
/// - Returns: nil without bytes or beyond `effectiveRankLimit` ends.
public func effectiveRank(_ matrix: TrafficMatrix) -> Double? {
  guard matrix.size > 0, matrix.size <= effectiveRankLimit else { return nil }
  let values = singularValues(completed(matrix), size: matrix.size)
  let total = values.reduce(0, +)
  guard total > 0, total.isFinite else { return nil }
  var entropy = 0.0
  for value in values where value > 0 { entropy -= value / total * log(value / total) }
  return exp(entropy)
}

/// The cells as shares, an empty diagonal filled with the product of the fitted factors.
private func completed(_ matrix: TrafficMatrix) -> [Double] {
  let size = matrix.size
  let total = matrix.cells.reduce(0.0) { $0 + Double($1) }
  guard total > 0 else { return [Double](repeating: 0, count: size * size) }
  var cells = matrix.cells.map { Double($0) / total }
  guard !(0..<size).contains(where: { matrix[$0, $0] != 0 }) else { return cells }
  var rows = [Double](repeating: 0, count: size)
  var columns = rows
  for row in 0..<size {
    for column in 0..<size {
      rows[row] += cells[row * size + column]
      columns[column] += cells[row * size + column]
    }
  }
  let fit = QuasiIndependence(rows: rows, columns: columns)
  for end in 0..<size {
    cells[end * size + end] = fit.rowFactors[end] * fit.columnFactors[end]
  }
  return cells
}
