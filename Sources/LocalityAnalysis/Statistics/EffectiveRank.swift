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
/// O(n³) per sweep, some ten sweeps.
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

/// The singular values of a square row-major matrix, descending: one-sided Jacobi rotations
/// (Hestenes 1958), which turn its rows until they are orthogonal.
package func singularValues(_ cells: [Double], size: Int) -> [Double] {
  var rows = cells
  var span = rows.mutableSpan
  for _ in 0..<60 {
    var isOrthogonal = true
    for first in 0..<size {
      for second in (first + 1)..<max(first + 1, size)
      where rotate(&span, first * size, second * size, count: size) {
        isOrthogonal = false
      }
    }
    if isOrthogonal { break }
  }
  return (0..<size).map { row in
    rows[row * size..<(row + 1) * size].reduce(0) { $0 + $1 * $1 }.squareRoot()
  }.sorted(by: >)
}

/// Turns two rows until they are orthogonal; false when they are.
private func rotate(
  _ cells: inout MutableSpan<Double>, _ first: Int, _ second: Int, count: Int
) -> Bool {
  var (left, right, product) = (0.0, 0.0, 0.0)
  for column in 0..<count {
    let (one, other) = (cells[first + column], cells[second + column])
    left += one * one
    right += other * other
    product += one * other
  }
  guard abs(product) > 1e-15 * (left * right).squareRoot(), product != 0 else { return false }
  let slope = (right - left) / (2 * product)
  let tangent = (slope < 0 ? -1 : 1) / (abs(slope) + (1 + slope * slope).squareRoot())
  let cosine = 1 / (1 + tangent * tangent).squareRoot()
  let sine = cosine * tangent
  for column in 0..<count {
    let (one, other) = (cells[first + column], cells[second + column])
    cells[first + column] = cosine * one - sine * other
    cells[second + column] = sine * one + cosine * other
  }
  return true
}
