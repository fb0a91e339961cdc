internal import TraceModel

/// How a message table becomes columns and back.
enum MessageColumns {
  static let source: ColumnID = 1
  static let destination: ColumnID = 2
  static let channel: ColumnID = 3
  static let kind: ColumnID = 4
  static let start: ColumnID = 5
  static let duration: ColumnID = 6
  static let bytes: ColumnID = 7
  static let repeatedBytes: ColumnID = 8
  static let packets: ColumnID = 9
  static let missingPackets: ColumnID = 10

  static func encode(
    _ table: MessageTable, rows: ArraySlice<Int32>, into encoder: inout ContentEncoder
  ) {
    encoder.add(source, table.source, rows: rows)
    encoder.add(destination, table.destination, rows: rows)
    encoder.add(channel, table.channel, rows: rows)
    encoder.add(kind, values: rows.map { Int64(table.kind[Int($0)].rawValue) })
    encoder.add(start, table.start, rows: rows)
    encoder.add(duration, from: table.start, to: table.end, rows: rows)
    encoder.add(bytes, table.bytes, rows: rows)
    encoder.add(repeatedBytes, table.repeatedBytes, rows: rows)
    encoder.add(packets, table.packets, rows: rows)
    encoder.add(missingPackets, table.missingPackets, rows: rows)
  }

  static func decode(
    _ decoder: inout ContentDecoder, into table: inout MessageTable
  ) throws(ContentDecoder.Defect) {
    try decoder.read(source, into: &table.source)
    try decoder.read(destination, into: &table.destination)
    try decoder.read(channel, into: &table.channel)
    var kinds: [UInt8] = []
    try decoder.read(kind, into: &kinds)
    try decodeEnumeration(kinds, named: "message kind", into: &table.kind)
    try decoder.read(start, into: &table.start)
    try decoder.readEnds(duration, after: table.start, into: &table.end)
    try decoder.read(bytes, into: &table.bytes)
    try decoder.read(repeatedBytes, into: &table.repeatedBytes)
    try decoder.read(packets, into: &table.packets)
    try decoder.read(missingPackets, into: &table.missingPackets)
  }
}

/// Appends the cases with these raw values.
func decodeEnumeration<Case: RawRepresentable>(
  _ rawValues: [UInt8], named name: String, into cases: inout [Case]
) throws(ContentDecoder.Defect) where Case.RawValue == UInt8 {
  cases.reserveCapacity(cases.count + rawValues.count)
  for rawValue in rawValues {
    guard let value = Case(rawValue: rawValue) else {
      throw ContentDecoder.Defect("\(name) \(rawValue) is not known to this version")
    }
    cases.append(value)
  }
}
