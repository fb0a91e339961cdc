internal import ByteStreams
public import TraceModel

/// Writes a `.mixt` file: blocks of columns as they come, then the index.
///
/// Rows may come in batches of any size; the file depends on the rows and their order only.
/// Operations must come before the transfers, routing and dependencies that name them; messages at
/// any time. Operations, transfers and routing are sorted by (iteration, layer, operation id)
/// within runs of 2^18 rows, so memory stays bounded; rows that come roughly in that order give the
/// quickest random access, any other order gives the same rows.
///
/// The file grows as `path + ".partial"` and has its name only after `finish()`. A writer that
/// fails or is let go leaves the partial file, from which `TraceFile` reads all whole blocks.
public final class TraceWriter: TraceSink {
  let path: String
  private var blocks: BlockWriter
  private var metadata: TraceMetadata
  private var isFinished = false

  private var places = OperationPlaces()
  private var operations: [Operation] = []
  private var dependencies: [OperationTable.Dependency] = []
  private var messages = MessageTable()
  private var transfers = TransferTable()
  private var transferPlaces: [Int32] = []
  private var routing = RoutingTable()
  private var routingPlaces: [Int32] = []

  /// Creates the file and writes `metadata`, so that a salvaged file has a layout.
  public init(path: String, metadata: TraceMetadata) throws(TraceFormatError) {
    self.path = path
    self.metadata = metadata
    blocks = try BlockWriter(path: path)
    try writeMetadata()
  }

  /// Replaces the metadata; the last one is in force.
  ///
  /// It is written by `finish()`.
  public func setMetadata(_ metadata: TraceMetadata) {
    self.metadata = metadata
  }

  /// Messages, in the order in which they are to be read.
  public func append(messages batch: MessageTable) throws(TraceFormatError) {
    messages.append(contentsOf: batch)
    guard messages.count >= FormatLimits.rows else { return }
    try writeMessages(keepingRest: true)
  }

  /// Operations with new ids, and dependencies whose operation is known.
  public func append(operations batch: OperationTable) throws(TraceFormatError) {
    for operation in batch.rows {
      guard places.add(operation) else {
        throw misuse("operation \(operation.id) is appended twice")
      }
      operations.append(operation)
      if operations.count == FormatLimits.sortedRows { try writeOperations() }
    }
    for dependency in batch.dependencies {
      guard places.number(of: dependency.operation) != nil else {
        throw misuse(
          "a dependency names operation \(dependency.operation), which has not been appended")
      }
      dependencies.append(dependency)
      if dependencies.count == FormatLimits.sortedRows { try writeDependencies() }
    }
  }

  /// Transfers of operations that have been appended.
  public func append(transfers batch: TransferTable) throws(TraceFormatError) {
    var first = 0
    while first < batch.count {
      let room = FormatLimits.sortedRows - transfers.count
      let rows = first..<min(first + room, batch.count)
      try transferPlaces.append(contentsOf: numbers(of: batch.operation[rows], "transfer"))
      transfers.append(batch, rows: rows)
      if transfers.count == FormatLimits.sortedRows { try writeTransfers() }
      first = rows.upperBound
    }
  }

  /// Routing of operations that have been appended.
  public func append(routing batch: RoutingTable) throws(TraceFormatError) {
    var first = 0
    while first < batch.count {
      let rows = try first..<endOfRoutingRun(batch, from: first)
      try routingPlaces.append(contentsOf: numbers(of: batch.operation[rows], "row of routing"))
      routing.append(batch, rows: rows)
      if routing.count == FormatLimits.sortedRows
        || routing.experts.count >= FormatLimits.sortedListValues
      {
        try writeRouting()
      }
      first = rows.upperBound
    }
  }

  /// Appends the messages of another file, block by block, without decoding them.
  public func copyMessages(from file: TraceFile) throws(TraceFormatError) {
    try writeMessages(keepingRest: false)
    for entry in file.blocks where entry.kind == .messages {
      try blocks.copy(entry, bytes: file.store.wholeBlock(entry))
    }
  }

  /// Writes what is pending, index and trailer, and gives the file its name.
  ///
  /// Nothing may be appended afterwards.
  public func finish() throws(TraceFormatError) {
    precondition(!isFinished, "finished twice")
    try writeMessages(keepingRest: false)
    try writeOperations()
    try writeDependencies()
    try writeTransfers()
    try writeRouting()
    // Again even when it is the same: a second copy outlives damage to the first.
    try writeMetadata()
    try blocks.finish()
    isFinished = true
  }
}

// MARK: - Blocks

extension TraceWriter {
  /// Behind the last row of a batch that is still sorted together with what is pending.
  private func endOfRoutingRun(
    _ batch: RoutingTable, from first: Int
  ) throws(TraceFormatError) -> Int {
    let lastEnd = min(first + FormatLimits.sortedRows - routing.count, batch.count)
    var expertCount = routing.experts.count
    var end = first
    while end < lastEnd, expertCount < FormatLimits.sortedListValues {
      let setSize = batch.expertOffsets[end + 1] - batch.expertOffsets[end]
      guard setSize <= FormatLimits.listValues else {
        throw misuse("a row of routing has \(setSize) experts")
      }
      expertCount += setSize
      end += 1
    }
    return end
  }

  private func writeMetadata() throws(TraceFormatError) {
    try blocks.write(.metadata, content: MetadataContent.encode(metadata))
  }

  private func writeMessages(keepingRest: Bool) throws(TraceFormatError) {
    let table = messages
    let order = Array(0..<Int32(table.count))
    var first = 0
    while table.count - first >= (keepingRest ? FormatLimits.rows : 1) {
      let rows = order[first..<min(first + FormatLimits.rows, table.count)]
      MessageColumns.encode(table, rows: rows, into: &blocks.encoder)
      try blocks.writeGathered(.messages, rowCount: rows.count)
      first = rows.endIndex
    }
    messages.removeFirst(first)
  }

  private func writeOperations() throws(TraceFormatError) {
    let table = operations
    let numbers = try numbers(of: table.map(\.id)[...], "operation")
    operations.removeAll(keepingCapacity: true)
    try writeSorted(.operations, numbers) { rows, encoder in
      OperationColumns.encode(table, rows: rows, into: &encoder)
    }
  }

  private func writeDependencies() throws(TraceFormatError) {
    try writeOperations()
    let table = dependencies
    let numbers = try numbers(of: table.map(\.operation)[...], "dependency")
    dependencies.removeAll(keepingCapacity: true)
    try writeSorted(.dependencies, numbers) { rows, encoder in
      DependencyColumns.encode(table, rows: rows, into: &encoder)
    }
  }

  /// A salvaged file should hold the operation of each transfer, so those are written first.
  private func writeTransfers() throws(TraceFormatError) {
    try writeOperations()
    let table = transfers
    let numbers = transferPlaces
    transfers.removeAll()
    transferPlaces.removeAll(keepingCapacity: true)
    try writeSorted(.transfers, numbers) { rows, encoder in
      TransferColumns.encode(table, rows: rows, into: &encoder)
    }
  }

  private func writeRouting() throws(TraceFormatError) {
    try writeOperations()
    let table = routing
    let numbers = routingPlaces
    routing = RoutingTable()
    routingPlaces.removeAll(keepingCapacity: true)
    func valueCount(_ row: Int32) -> Int {
      table.expertOffsets[Int(row) + 1] - table.expertOffsets[Int(row)]
    }
    try writeSorted(.routing, numbers, valueCount: valueCount) { rows, encoder in
      RoutingColumns.encode(table, rows: rows, into: &encoder)
    }
  }

  /// Sorts rows by their operation's place and writes them as blocks.
  ///
  /// - Parameter valueCount: of a row's list, where the rows have one.
  private func writeSorted(
    _ kind: BlockKind, _ numbers: [Int32], valueCount: ((Int32) -> Int)? = nil,
    encode: (ArraySlice<Int32>, inout ContentEncoder) -> Void
  ) throws(TraceFormatError) {
    let order = places.order(numbers)
    var first = 0
    while first < order.count {
      var end = min(first + FormatLimits.rows, order.count)
      if let valueCount {
        var values = valueCount(order[first])
        var row = first + 1
        while row < end {
          values += valueCount(order[row])
          if values > FormatLimits.listValuesPerBlock { end = row }
          row += 1
        }
      }
      let rows = order[first..<end]
      encode(rows, &blocks.encoder)
      let (iterations, layers) = ranges(of: rows, numbers)
      try blocks.writeGathered(
        kind, rowCount: rows.count, iterations: iterations, layers: layers)
      first = end
    }
  }

  private func ranges(
    of rows: ArraySlice<Int32>, _ numbers: [Int32]
  ) -> (iterations: ClosedRange<Int32>?, layers: ClosedRange<Int32>?) {
    guard let first = rows.first else { return (nil, nil) }
    let (allIterations, allLayers) = (places.iterations, places.layers)
    let start = Int(numbers[Int(first)])
    var iterations = allIterations[start]...allIterations[start]
    var layers = allLayers[start]...allLayers[start]
    for row in rows {
      let number = Int(numbers[Int(row)])
      iterations = iterations.including(allIterations[number])
      layers = layers.including(allLayers[number])
    }
    return (iterations, layers)
  }

  private func numbers(
    of ids: ArraySlice<Int32>, _ what: String
  ) throws(TraceFormatError) -> [Int32] {
    var numbers: [Int32] = []
    numbers.reserveCapacity(ids.count)
    var known: (id: Int32, number: Int32)?
    for id in ids {
      // Rows of one operation stand together more often than not.
      if let known, known.id == id {
        numbers.append(known.number)
        continue
      }
      guard let number = places.number(of: id) else {
        throw misuse("a \(what) names operation \(id), which has not been appended")
      }
      numbers.append(number)
      known = (id, number)
    }
    return numbers
  }

  private func misuse(_ words: String) -> TraceFormatError {
    TraceFormatError(.rows, file: path, message: words)
  }
}

extension ClosedRange<Int32> {
  func including(_ value: Int32) -> ClosedRange<Int32> {
    if value < lowerBound { return value...upperBound }
    if value > upperBound { return lowerBound...value }
    return self
  }
}
