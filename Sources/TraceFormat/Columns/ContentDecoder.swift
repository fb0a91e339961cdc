/// The columns of one decompressed block.
///
/// Nothing in a block is trusted: each size is checked before it is used. What is wrong is thrown
/// as words; the caller knows the file and the place.
struct ContentDecoder {
  /// Zero bytes that must stand behind the content: unpacking reads whole words.
  static let padding = 16

  struct Defect: Error {
    var words: String
    init(_ words: String) { self.words = words }
  }

  private struct Column {
    var id: ColumnID
    var encoding: ColumnEncoding
    var valueCount: Int
    /// Of the base value in the content.
    var start: Int
    /// Behind the data.
    var end: Int
  }

  private let bytes: [UInt8]
  private let columns: [Column]
  private let rowCount: Int
  private var words: [UInt64] = []

  /// Finds the columns in `paddedContent`, which has `padding` zeros behind it.
  init(paddedContent: [UInt8], columnCount: Int, rowCount: Int) throws(Defect) {
    bytes = paddedContent
    self.rowCount = rowCount
    let end = paddedContent.count - Self.padding
    var columns: [Column] = []
    var offset = 0
    for _ in 0..<columnCount {
      guard end - offset >= ColumnHeader.byteCount + 8 else {
        throw Defect("a column header is cut")
      }
      let valueCount = Int(paddedContent.littleEndian(at: offset + 4, as: UInt32.self))
      let byteCount = Int(paddedContent.littleEndian(at: offset + 8, as: UInt32.self))
      let start = offset + ColumnHeader.byteCount
      guard byteCount >= 8, byteCount <= end - start, valueCount <= FormatLimits.listValues else {
        throw Defect("a column claims \(byteCount) bytes for \(valueCount) values")
      }
      // An encoding of a later version can only be in a column that this one does not read.
      if let encoding = ColumnEncoding(rawValue: paddedContent[offset + 1]) {
        columns.append(
          Column(
            id: paddedContent[offset], encoding: encoding, valueCount: valueCount, start: start,
            end: start + byteCount))
      }
      offset = start + byteCount
    }
    self.columns = columns
  }

  /// Appends a column with one value per row.
  mutating func read<Value: FixedWidthInteger>(
    _ id: ColumnID, into column: inout [Value]
  ) throws(Defect) {
    try read(id, valueCount: rowCount, into: &column)
  }

  /// Appends a column of times that was stored as distances from the times in `starts`.
  mutating func readEnds(_ id: ColumnID, after starts: [Int64], into ends: inout [Int64])
    throws(Defect)
  {
    let first = ends.count
    try read(id, valueCount: rowCount, into: &ends)
    var span = ends.mutableSpan
    let startSpan = starts.span
    guard startSpan.count == span.count else { throw Defect("starts and ends differ in number") }
    for row in first..<span.count { span[row] = span[row] &+ startSpan[row] }
  }

  /// Appends a list column, whose number of values the caller knows from the lengths of its lists.
  mutating func read<Value: FixedWidthInteger>(
    _ id: ColumnID, valueCount: Int, into target: inout [Value]
  ) throws(Defect) {
    guard let column = columns.first(where: { $0.id == id }) else {
      throw Defect("column \(id) is missing")
    }
    guard column.valueCount == valueCount else {
      throw Defect("column \(id) has \(column.valueCount) values, \(valueCount) are expected")
    }
    if let constant = constant(column) {
      let value = Value(truncatingIfNeeded: constant)
      guard Int64(truncatingIfNeeded: value) == constant else {
        throw Defect("column \(id) has a value outside its type")
      }
      Self.makeRoom(for: valueCount, in: &target)
      target.append(contentsOf: repeatElement(value, count: valueCount))
      return
    }
    try decode(column)
    var outside: Int64 = 0
    Self.makeRoom(for: valueCount, in: &target)
    // Filled first: stores into a span become vector instructions, appending does not.
    let first = target.count
    target.append(contentsOf: repeatElement(0, count: valueCount))
    var added = target.mutableSpan
    let words = self.words.span
    for index in 0..<valueCount {
      let value = Int64(bitPattern: words[index])
      let narrow = Value(truncatingIfNeeded: value)
      outside |= value ^ Int64(truncatingIfNeeded: narrow)
      added[first &+ index] = narrow
    }
    guard outside == 0 else { throw Defect("column \(id) has a value outside its type") }
  }

  /// Doubling, not the exact need: block after block is appended to the same column.
  private static func makeRoom<Value>(for count: Int, in column: inout [Value]) {
    guard column.capacity < column.count + count else { return }
    column.reserveCapacity(max(column.count + count, 2 * column.count))
  }

  /// The value of all rows, when the column is stored as one value and no distances from it.
  private func constant(_ column: Column) -> Int64? {
    guard column.encoding == .offsetBytes, column.valueCount > 0, column.end - column.start == 9,
      bytes[column.start + 8] == 0
    else { return nil }
    return Int64(bitPattern: bytes.littleEndian(at: column.start, as: UInt64.self))
  }

  /// Leaves the values in `words`, which may be longer than they are.
  private mutating func decode(_ column: Column) throws(Defect) {
    let base = bytes.littleEndian(at: column.start, as: UInt64.self)
    let stored = column.encoding.isDelta ? max(column.valueCount - 1, 0) : column.valueCount
    let capacity = BitPacking.miniBlockCount(stored) * BitPacking.miniBlock + 1
    if words.count < capacity { words = [UInt64](repeating: 0, count: capacity) }
    if column.encoding.isBytes {
      try unpackBytes(column, count: stored)
    } else {
      try unpackBits(column, count: stored)
    }
    if column.valueCount == 0 { return }
    var span = words.mutableSpan
    if column.encoding.isDelta {
      var value = Int64(bitPattern: base)
      for index in 0..<stored {
        let step = unzigzag(span[index])
        span[index] = UInt64(bitPattern: value)
        value = value &+ step
      }
      span[stored] = UInt64(bitPattern: value)
    } else {
      for index in 0..<stored { span[index] = span[index] &+ base }
    }
  }

  private mutating func unpackBytes(_ column: Column, count: Int) throws(Defect) {
    let data = column.start + 8
    guard data < column.end else { throw Defect("column \(column.id) is cut") }
    let width = Int(bytes[data])
    guard [0, 1, 2, 4, 8].contains(width), column.end - data - 1 == count * width else {
      throw Defect("column \(column.id) has another size than its values need")
    }
    let content = bytes
    var span = words.mutableSpan
    unsafe BytePacking.unpack(
      content.span.bytes, at: data + 1, width: width, count: count, to: &span)
  }

  private mutating func unpackBits(_ column: Column, count: Int) throws(Defect) {
    let blocks = BitPacking.miniBlockCount(count)
    let firstWidth = column.start + 8
    guard column.end - firstWidth >= blocks else { throw Defect("column \(column.id) is cut") }
    let content = bytes
    let raw = unsafe content.span.bytes
    var span = words.mutableSpan
    var offset = firstWidth + blocks
    for block in 0..<blocks {
      let width = Int(content[firstWidth + block])
      guard width <= 64, column.end - offset >= width * 8 else {
        throw Defect("column \(column.id) has another size than its values need")
      }
      BitPacking.unpack(
        raw, at: offset, width: width, to: &span, start: block * BitPacking.miniBlock)
      offset += width * 8
    }
    guard offset == column.end else {
      throw Defect("column \(column.id) has another size than its values need")
    }
  }
}
