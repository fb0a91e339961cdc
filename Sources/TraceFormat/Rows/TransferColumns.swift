internal import TraceModel

/// How a transfer table becomes columns and back.
enum TransferColumns {
  static let operation: ColumnID = 1
  static let source: ColumnID = 2
  static let destination: ColumnID = 3
  static let bytes: ColumnID = 4
  static let start: ColumnID = 5
  static let duration: ColumnID = 6

  static func encode(
    _ table: TransferTable, rows: ArraySlice<Int32>, into encoder: inout ContentEncoder
  ) {
    encoder.add(operation, table.operation, rows: rows)
    encoder.add(source, table.source, rows: rows)
    encoder.add(destination, table.destination, rows: rows)
    encoder.add(bytes, table.bytes, rows: rows)
    encoder.add(start, table.start, rows: rows)
    encoder.add(duration, from: table.start, to: table.end, rows: rows)
  }

  static func decode(
    _ decoder: inout ContentDecoder, into table: inout TransferTable
  ) throws(ContentDecoder.Defect) {
    try decoder.read(operation, into: &table.operation)
    try decoder.read(source, into: &table.source)
    try decoder.read(destination, into: &table.destination)
    try decoder.read(bytes, into: &table.bytes)
    try decoder.read(start, into: &table.start)
    try decoder.readEnds(duration, after: table.start, into: &table.end)
  }
}
