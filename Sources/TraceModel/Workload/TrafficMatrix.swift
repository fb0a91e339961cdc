/// bytes[source][destination] between equal ends, dense and row-major.
///
/// The unit is bytes unless the owner says otherwise (a token matrix is one too).
public struct TrafficMatrix: Sendable, Hashable {
  /// Number of ends; the matrix is `size` × `size`.
  public let size: Int
  /// `size * size` cells, row = source.
  public var cells: [Int64]

  /// A matrix of zeros.
  public init(size: Int) {
    self.size = size
    cells = [Int64](repeating: 0, count: size * size)
  }

  /// A matrix from rows, which must all be as long as there are rows.
  public init(rows: [[Int64]]) {
    size = rows.count
    cells = rows.flatMap { $0 }
    precondition(cells.count == size * size, "a traffic matrix must be square")
  }

  public subscript(source: Int, destination: Int) -> Int64 {
    get { cells[source * size + destination] }
    set { cells[source * size + destination] = newValue }
  }

  /// Sum of all cells.
  public var total: Int64 { cells.reduce(0, +) }

  /// The same matrix with an empty diagonal: what leaves its end.
  public var withoutDiagonal: TrafficMatrix {
    var result = self
    for end in 0..<size { result[end, end] = 0 }
    return result
  }

  /// Bytes sent by each end.
  public var rowSums: [Int64] {
    (0..<size).map { row in cells[row * size..<(row + 1) * size].reduce(0, +) }
  }

  /// Bytes received by each end.
  public var columnSums: [Int64] {
    var sums = [Int64](repeating: 0, count: size)
    for row in 0..<size {
      for column in 0..<size { sums[column] += cells[row * size + column] }
    }
    return sums
  }

  /// The matrix with sources and destinations exchanged.
  public var transposed: TrafficMatrix {
    var result = TrafficMatrix(size: size)
    for row in 0..<size {
      for column in 0..<size { result[column, row] = self[row, column] }
    }
    return result
  }

  /// Adds another matrix of the same size, cell by cell.
  public mutating func add(_ other: TrafficMatrix) {
    precondition(other.size == size)
    for index in cells.indices { cells[index] += other.cells[index] }
  }

  /// Cells summed over groups of ends: `group[end]` is the new end, 0 ..< groupCount.
  public func aggregated(by group: [Int], groupCount: Int) -> TrafficMatrix {
    var result = TrafficMatrix(size: groupCount)
    for row in 0..<size {
      for column in 0..<size where self[row, column] != 0 {
        result[group[row], group[column]] += self[row, column]
      }
    }
    return result
  }
}
