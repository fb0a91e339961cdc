import TraceModel

/// Routing rows by operation, in the order of the operation table.
struct RowsOfOperations: Sequence {
  private var entries: [(operation: Operation, rows: [Int])] = []

  init(_ trace: Trace, iterations: Set<Int32>?) {
    var numbers = KeyTable()
    for operation in trace.operations.rows {
      _ = numbers.number(of: UInt64(UInt32(bitPattern: operation.id)))
    }
    var rows = [[Int]](repeating: [], count: trace.operations.rows.count)
    for (row, id) in trace.routing.operation.enumerated() {
      guard let number = numbers.existingNumber(of: UInt64(UInt32(bitPattern: id))),
        number < rows.count
      else { continue }
      rows[number].append(row)
    }
    for (number, operation) in trace.operations.rows.enumerated()
    where !rows[number].isEmpty && iterations?.contains(operation.iteration) != false {
      entries.append((operation, rows[number]))
    }
  }

  func makeIterator() -> IndexingIterator<[(operation: Operation, rows: [Int])]> {
    entries.makeIterator()
  }
}
