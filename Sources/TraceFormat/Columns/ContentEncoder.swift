/// Gathers the columns of one block, each in the encoding that is smallest before compression.
struct ContentEncoder {
  private(set) var bytes: [UInt8] = []
  private(set) var columnCount = 0

  /// The values of the column at hand; only grows, so it may be longer than they are.
  private var values: [Int64] = []
  /// Room for them when they are packed, as long as `values`.
  private var words: [UInt64] = []

  /// Starts the next block.
  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    columnCount = 0
  }

  /// Adds the values of `column` in the order that `rows` gives.
  mutating func add<Value: FixedWidthInteger>(
    _ id: ColumnID, _ column: [Value], rows: ArraySlice<Int32>
  ) {
    makeRoom(rows.count)
    let (source, order) = (column.span, rows.span)
    var target = values.mutableSpan
    for place in order.indices {
      target[place] = Int64(truncatingIfNeeded: source[Int(order[place])])
    }
    addGathered(id, count: order.count)
  }

  /// Adds `later - earlier`, which is smaller than `later` where both are times.
  mutating func add(
    _ id: ColumnID, from earlier: [Int64], to later: [Int64], rows: ArraySlice<Int32>
  ) {
    makeRoom(rows.count)
    let (before, after, order) = (earlier.span, later.span, rows.span)
    var target = values.mutableSpan
    for place in order.indices {
      target[place] = after[Int(order[place])] &- before[Int(order[place])]
    }
    addGathered(id, count: order.count)
  }

  /// Adds a column whose values are already in order.
  mutating func add(_ id: ColumnID, values column: [Int64]) {
    makeRoom(column.count)
    let source = column.span
    var target = values.mutableSpan
    for place in source.indices { target[place] = source[place] }
    addGathered(id, count: source.count)
  }

  private mutating func makeRoom(_ count: Int) {
    guard values.count < count else { return }
    values = [Int64](repeating: 0, count: count)
    words = [UInt64](repeating: 0, count: count)
  }

  private mutating func addGathered(_ id: ColumnID, count: Int) {
    let gathered = values
    let values = gathered.span.extracting(first: count)
    let column = ColumnCandidates(values)
    let (encoding, byteCount) = column.smallest
    columnCount += 1
    bytes.append(id)
    bytes.append(encoding.rawValue)
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(count))
    bytes.append(littleEndian: UInt32(8 + byteCount))
    column.append(values, as: encoding, by: &words, to: &bytes)
  }
}
