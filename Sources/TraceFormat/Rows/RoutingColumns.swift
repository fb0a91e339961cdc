internal import TraceModel

/// How a routing table becomes columns and back; the expert sets are one list column.
enum RoutingColumns {
  static let operation: ColumnID = 1
  static let sourceRank: ColumnID = 2
  static let tokens: ColumnID = 3
  static let expertCount: ColumnID = 4
  static let experts: ColumnID = 5

  static func encode(
    _ table: RoutingTable, rows: ArraySlice<Int32>, into encoder: inout ContentEncoder
  ) {
    encoder.add(operation, table.operation, rows: rows)
    encoder.add(sourceRank, table.sourceRank, rows: rows)
    encoder.add(tokens, table.tokens, rows: rows)
    var counts: [Int64] = []
    var values: [Int64] = []
    for row in rows {
      let set = table.expertOffsets[Int(row)]..<table.expertOffsets[Int(row) + 1]
      counts.append(Int64(set.count))
      for place in set { values.append(Int64(table.experts[place])) }
    }
    encoder.add(expertCount, values: counts)
    encoder.add(experts, values: values)
  }

  static func decode(
    _ decoder: inout ContentDecoder, into table: inout RoutingTable
  ) throws(ContentDecoder.Defect) {
    try decoder.read(operation, into: &table.operation)
    try decoder.read(sourceRank, into: &table.sourceRank)
    try decoder.read(tokens, into: &table.tokens)
    var counts: [UInt32] = []
    try decoder.read(expertCount, into: &counts)
    let first = table.experts.count
    var end = first
    table.expertOffsets.reserveCapacity(table.expertOffsets.count + counts.count)
    for count in counts {
      end += Int(count)
      table.expertOffsets.append(end)
    }
    guard end - first <= FormatLimits.listValues else {
      throw ContentDecoder.Defect("the expert sets claim \(end - first) values")
    }
    try decoder.read(experts, valueCount: end - first, into: &table.experts)
  }
}
