/// The matrix P with Σ w · ‖to − P · from‖² least, whose columns are proportions: not below 0, sum 1.
///
/// Projected gradient from the identity: with steps of 1 ÷ (largest row sum of the quadratic form), at
/// least its largest eigenvalue, the error never grows. Each column is projected onto the simplex
/// exactly (Held, Wolfe and Crowder, Math. Programming 1974).
package struct TransitionFit {
  package struct Sample: Sendable {
    package var from: [Double]
    package var to: [Double]

    package init(from: [Double], to: [Double]) {
      self.from = from
      self.to = to
    }
  }

  package let size: Int
  /// Row-major.
  package private(set) var matrix: [Double]
  /// Σ w · from · fromᵀ and Σ w · to · fromᵀ.
  private var inner: [Double]
  private var outer: [Double]

  /// - Parameter decay: weight of a sample relative to the next one; the last has weight 1.
  package init(_ samples: [Sample], decay: Double = 1) {
    size = samples.first?.from.count ?? 0
    matrix = [Double](repeating: 0, count: size * size)
    for index in 0..<size { matrix[index * size + index] = 1 }
    inner = [Double](repeating: 0, count: size * size)
    outer = inner
    var weight = 1.0
    for sample in samples.reversed() {
      for row in 0..<size {
        for column in 0..<size {
          inner[row * size + column] += weight * sample.from[row] * sample.from[column]
          outer[row * size + column] += weight * sample.to[row] * sample.from[column]
        }
      }
      weight *= decay
    }
  }

  /// Takes so many steps towards the best matrix; O(size³) each.
  package mutating func improve(steps: Int) {
    let steepest = (0..<size).reduce(0.0) { most, row in
      max(most, inner[row * size..<(row + 1) * size].reduce(0) { $0 + abs($1) })
    }
    guard steepest > 0 else { return }
    for _ in 0..<steps {
      var moved = matrix
      for row in 0..<size {
        for column in 0..<size {
          var slope = -outer[row * size + column]
          for other in 0..<size {
            slope += matrix[row * size + other] * inner[other * size + column]
          }
          moved[row * size + column] -= slope / steepest
        }
      }
      for column in 0..<size {
        let projected = projectedOntoSimplex((0..<size).map { moved[$0 * size + column] })
        for row in 0..<size { moved[row * size + column] = projected[row] }
      }
      matrix = moved
    }
  }

  package func apply(to loads: [Double]) -> [Double] {
    (0..<size).map { row in
      (0..<size).reduce(0) { $0 + matrix[row * size + $1] * loads[$1] }
    }
  }
}

/// The nearest vector whose entries are not below 0 and add up to 1.
package func projectedOntoSimplex(_ vector: [Double]) -> [Double] {
  var sum = 0.0
  var shift = 0.0
  for (index, value) in vector.sorted(by: >).enumerated() {
    sum += value
    let candidate = (sum - 1) / Double(index + 1)
    if value <= candidate { break }
    shift = candidate
  }
  return vector.map { max(0, $0 - shift) }
}
