/// The least time in which given permutations on given planes cover a demand: a small linear program.
///
/// Minimise M so that on every plane the holds and delays together are at most M, and the holds of
/// the permutations with a cell add up to at least the cell. Solved through its dual, whose start at
/// 0 is feasible, by the simplex method with Bland's rule, which cannot cycle.
struct CoverProgram {
  /// The permutations of each plane, as lists of the cells they serve.
  var planes: [[[Int]]]
  /// What each cell demands, in nanoseconds of one circuit.
  var demand: [Double]
  var delay: Double

  /// The least time and the hold of every permutation, plane by plane; nil when they do not cover.
  func solve() -> (nanoseconds: Double, holds: [[Double]])? {
    let slots = planes.flatMap { $0 }
    let cellCount = demand.count
    let columnCount = cellCount + planes.count
    // Row 0: the prices of planes are at most 1. Row k: the prices of the cells of permutation k are
    // at most that of its plane.
    var tableau = Tableau(rowCount: slots.count + 1, columnCount: columnCount)
    tableau.limits[0] = 1
    for (plane, permutations) in planes.enumerated() {
      tableau.objective[cellCount + plane] = delay * Double(permutations.count)
      tableau[0, cellCount + plane] = 1
    }
    for cell in 0..<cellCount { tableau.objective[cell] = demand[cell] }
    var row = 1
    for (plane, permutations) in planes.enumerated() {
      for cells in permutations {
        for cell in cells { tableau[row, cell] = 1 }
        tableau[row, cellCount + plane] = -1
        row += 1
      }
    }
    guard let prices = tableau.maximise() else { return nil }
    var next = 1
    let holds = planes.map { permutations in
      permutations.map { _ in
        defer { next += 1 }
        return prices[next]
      }
    }
    return (prices[0], holds)
  }
}

/// Maximise objective · x with A x ≤ limits and x ≥ 0, where limits are at or above 0.
private struct Tableau {
  let rowCount: Int
  let columnCount: Int
  /// Columns of x, then one slack for each row.
  private let width: Int
  private var cells: [Double]
  var limits: [Double]
  var objective: [Double]

  init(rowCount: Int, columnCount: Int) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    width = columnCount + rowCount
    cells = [Double](repeating: 0, count: rowCount * width)
    limits = [Double](repeating: 0, count: rowCount)
    objective = [Double](repeating: 0, count: width)
    for row in 0..<rowCount { cells[row * width + columnCount + row] = 1 }
  }

  subscript(row: Int, column: Int) -> Double {
    get { cells[row * width + column] }
    set { cells[row * width + column] = newValue }
  }

  /// The dual prices of the rows at the optimum; nil when there is none.
  mutating func maximise() -> [Double]? {
    let tolerance = 1e-11
    var basis = (0..<rowCount).map { columnCount + $0 }
    while let entering = objective.indices.first(where: {
      objective[$0] > tolerance * max(1, objective.reduce(0) { max($0, abs($1)) })
    }) {
      var leaving: Int?
      for row in 0..<rowCount where self[row, entering] > tolerance {
        guard let best = leaving else {
          leaving = row
          continue
        }
        let ratio = limits[row] / self[row, entering]
        let bestRatio = limits[best] / self[best, entering]
        if ratio < bestRatio || (ratio == bestRatio && basis[row] < basis[best]) { leaving = row }
      }
      guard let leaving else { return nil }
      pivot(row: leaving, column: entering)
      basis[leaving] = entering
    }
    return (0..<rowCount).map { -objective[columnCount + $0] }
  }

  private mutating func pivot(row: Int, column: Int) {
    let factor = self[row, column]
    for place in 0..<width { self[row, place] /= factor }
    limits[row] /= factor
    for other in 0..<rowCount where other != row && self[other, column] != 0 {
      let share = self[other, column]
      for place in 0..<width { self[other, place] -= share * self[row, place] }
      limits[other] -= share * limits[row]
    }
    let share = objective[column]
    for place in 0..<width { objective[place] -= share * self[row, place] }
  }
}
