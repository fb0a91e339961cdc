internal import TraceModel

// Sums that stop at the largest number where those of TraceModel would trap: amounts come from files.
extension TrafficMatrix {
  /// The rows and columns of some ends, in their order.
  func restricted(to ends: [Int]) -> TrafficMatrix {
    var result = TrafficMatrix(size: ends.count)
    for (row, source) in ends.enumerated() {
      for (column, destination) in ends.enumerated() {
        result.cells[row * ends.count + column] = cells[source * size + destination]
      }
    }
    return result
  }

  var saturatingRowSums: [Int64] {
    (0..<size).map { cells[$0 * size..<($0 + 1) * size].reduce(0, saturatingSum) }
  }

  var saturatingColumnSums: [Int64] {
    var sums = [Int64](repeating: 0, count: size)
    for row in 0..<size {
      for column in 0..<size {
        sums[column] = saturatingSum(sums[column], cells[row * size + column])
      }
    }
    return sums
  }

  /// Adds a matrix of the same size; sums stop at the largest number.
  mutating func addSaturating(_ other: TrafficMatrix) {
    var sums = cells.mutableSpan
    let amounts = other.cells.span
    for cell in amounts.indices { sums[cell] = saturatingSum(sums[cell], amounts[cell]) }
  }

  /// The matrix between groups of `count` neighbouring ends each.
  func grouped(by count: Int) -> TrafficMatrix {
    var result = TrafficMatrix(size: size / count)
    for row in 0..<size {
      for column in 0..<size {
        let cell = row / count * result.size + column / count
        result.cells[cell] = saturatingSum(result.cells[cell], cells[row * size + column])
      }
    }
    return result
  }
}
