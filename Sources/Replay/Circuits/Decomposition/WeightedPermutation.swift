/// One receiver for every sender, and the bytes that each of them may send meanwhile.
package struct WeightedPermutation: Sendable, Hashable {
  package var bytes: Int64
  /// A permutation; a sender that is its own receiver holds no circuit.
  package var receiver: [Int32]

  package init(bytes: Int64, receiver: [Int32]) {
    self.bytes = bytes
    self.receiver = receiver
  }
}

extension CircuitRequest {
  /// All optical ports of a server on its receiver, until the bytes of the permutation have passed.
  func configuration(_ permutation: WeightedPermutation) -> CircuitConfiguration {
    CircuitConfiguration(
      receiver: permutation.receiver, count: opticalPorts,
      holdNanoseconds: Double(permutation.bytes) / opticalRate)
  }

  /// Whether the packet network takes such line sums in so many nanoseconds.
  func packetNetworkTakes(_ sums: LineSums, within nanoseconds: Double) -> Bool {
    Double(sums.largest) <= electricalRate * nanoseconds
  }
}

/// Row and column sums of a matrix that changes cell by cell.
struct LineSums {
  private(set) var rows: [Int64]
  private(set) var columns: [Int64]

  init(_ cells: [Int64], size: Int) {
    rows = [Int64](repeating: 0, count: size)
    columns = rows
    for row in 0..<size {
      for column in 0..<size {
        rows[row] &+= cells[row * size + column]
        columns[column] &+= cells[row * size + column]
      }
    }
  }

  mutating func add(_ bytes: Int64, row: Int, column: Int) {
    rows[row] &+= bytes
    columns[column] &+= bytes
  }

  var largest: Int64 { max(rows.max() ?? 0, columns.max() ?? 0) }
}

/// Takes up to `bytes` from every chosen cell.
///
/// - Returns: the bytes taken in all.
func serve(_ permutation: WeightedPermutation, from cells: inout [Int64], sums: inout LineSums)
  -> Int64
{
  let size = permutation.receiver.count
  var served: Int64 = 0
  for source in 0..<size {
    let destination = Int(permutation.receiver[source])
    let taken = min(permutation.bytes, cells[source * size + destination])
    cells[source * size + destination] -= taken
    sums.add(-taken, row: source, column: destination)
    served += taken
  }
  return served
}
