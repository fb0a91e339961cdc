internal import TraceModel

/// How dependencies become columns and back.
enum DependencyColumns {
  static let operation: ColumnID = 1
  static let predecessor: ColumnID = 2

  static func encode(
    _ dependencies: [OperationTable.Dependency], rows: ArraySlice<Int32>,
    into encoder: inout ContentEncoder
  ) {
    encoder.add(operation, values: rows.map { Int64(dependencies[Int($0)].operation) })
    encoder.add(predecessor, values: rows.map { Int64(dependencies[Int($0)].predecessor) })
  }

  static func decode(
    _ decoder: inout ContentDecoder, into dependencies: inout [OperationTable.Dependency]
  ) throws(ContentDecoder.Defect) {
    var operations: [Int32] = []
    var predecessors: [Int32] = []
    try decoder.read(operation, into: &operations)
    try decoder.read(predecessor, into: &predecessors)
    for row in operations.indices {
      dependencies.append(
        OperationTable.Dependency(operation: operations[row], predecessor: predecessors[row]))
    }
  }
}
