/// Gathers the columns of one block, each in the encoding that is smallest before compression.
struct ContentEncoder {
  private(set) var bytes: [UInt8] = []
  private(set) var columnCount = 0

  /// The values of the column at hand, their distances from the smallest, their differences.
  private var values: [Int64] = []
  private var offsets: [UInt64] = []
  private var deltas: [UInt64] = []

  /// Starts the next block.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    columnCount = 0
  }

  /// Adds the values of `column` in the order that `rows` gives.
  mutating func add<Value: FixedWidthInteger>(
    _ id: ColumnID, _ column: [Value], rows: ArraySlice<Int32>
  ) {
    values.removeAll(keepingCapacity: true)
    for row in rows { values.append(Int64(truncatingIfNeeded: column[Int(row)])) }
    addGathered(id)
  }

  /// Adds `later - earlier`, which is smaller than `later` where both are times.
  mutating func add(
    _ id: ColumnID, from earlier: [Int64], to later: [Int64], rows: ArraySlice<Int32>
  ) {
    values.removeAll(keepingCapacity: true)
    for row in rows { values.append(later[Int(row)] &- earlier[Int(row)]) }
    addGathered(id)
  }

  /// Adds a column whose values are already in order.
  mutating func add(_ id: ColumnID, values column: [Int64]) {
    values.removeAll(keepingCapacity: true)
    values += column
    addGathered(id)
  }

  private mutating func addGathered(_ id: ColumnID) {
    let count = values.count
    let smallest = transform()
    let (offsets, deltas) = (offsets, deltas)
    let offsetUnion = Self.union(offsets.span)
    let deltaUnion = Self.union(deltas.span)
    let offsetWidths = BitPacking.widths(offsets.span)
    let deltaWidths = BitPacking.widths(deltas.span)
    let byteWidths = (
      BytePacking.width(ofUnion: offsetUnion), BytePacking.width(ofUnion: deltaUnion)
    )
    // Whole bytes first: on equal sizes they compress better.
    let sizes: [(encoding: ColumnEncoding, byteCount: Int)] = [
      (.offsetBytes, 1 + offsets.count * byteWidths.0),
      (.deltaBytes, 1 + deltas.count * byteWidths.1),
      (.offsetBits, offsetWidths.count + BitPacking.packedByteCount(offsetWidths.span)),
      (.deltaBits, deltaWidths.count + BitPacking.packedByteCount(deltaWidths.span)),
    ]
    var best = sizes[0]
    for candidate in sizes where candidate.byteCount < best.byteCount { best = candidate }

    columnCount += 1
    bytes.append(id)
    bytes.append(best.encoding.rawValue)
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(count))
    bytes.append(littleEndian: UInt32(8 + best.byteCount))
    bytes.append(littleEndian: best.encoding.isDelta ? values.first ?? 0 : smallest)
    switch best.encoding {
    case .offsetBytes:
      bytes.append(UInt8(byteWidths.0))
      BytePacking.pack(offsets.span, width: byteWidths.0, to: &bytes)
    case .deltaBytes:
      bytes.append(UInt8(byteWidths.1))
      BytePacking.pack(deltas.span, width: byteWidths.1, to: &bytes)
    case .offsetBits:
      bytes += offsetWidths
      BitPacking.pack(offsets.span, widths: offsetWidths.span, to: &bytes)
    case .deltaBits:
      bytes += deltaWidths
      BitPacking.pack(deltas.span, widths: deltaWidths.span, to: &bytes)
    }
  }

  /// Fills `offsets` and `deltas` from `values` and gives the smallest value.
  private mutating func transform() -> Int64 {
    let smallest = values.min() ?? 0
    offsets.removeAll(keepingCapacity: true)
    deltas.removeAll(keepingCapacity: true)
    for value in values { offsets.append(UInt64(bitPattern: value &- smallest)) }
    var before = values.first ?? 0
    for value in values.dropFirst() {
      deltas.append(zigzag(value &- before))
      before = value
    }
    return smallest
  }

  private static func union(_ values: Span<UInt64>) -> UInt64 {
    var union: UInt64 = 0
    for index in values.indices { union |= values[index] }
    return union
  }
}
