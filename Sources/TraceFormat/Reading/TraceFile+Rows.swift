public import TraceModel

extension TraceFile {
  /// All operations, sorted by (iteration, layer, id), with all dependencies.
  public func operations() throws(TraceFormatError) -> OperationTable {
    try operations(iterations: nil, layers: nil)
  }

  /// All transfers, in file order.
  public func transfers() throws(TraceFormatError) -> TransferTable {
    var table = TransferTable()
    table.reserveCapacity(min(rowCount(of: .transfers), Self.reservedRows))
    try read(.transfers) { decoder throws(ContentDecoder.Defect) in
      try TransferColumns.decode(&decoder, into: &table)
    }
    return table
  }

  /// All routing, in file order.
  public func routing() throws(TraceFormatError) -> RoutingTable {
    var table = RoutingTable()
    try read(.routing) { decoder throws(ContentDecoder.Defect) in
      try RoutingColumns.decode(&decoder, into: &table)
    }
    return table
  }

  /// Everything but the messages.
  public func trace() throws(TraceFormatError) -> Trace {
    Trace(
      metadata: metadata, operations: try operations(), transfers: try transfers(),
      routing: try routing())
  }

  /// The operations of some iterations and layers, and what belongs to them.
  ///
  /// Reads only the blocks that can hold such rows. An operation whose iteration or layer is
  /// unknown (-1) is in it only when the range says so. Dependencies and transfers whose operations
  /// are not both (or not) in it are left out.
  public func trace(
    iterations: ClosedRange<Int32>?, layers: ClosedRange<Int32>? = nil
  ) throws(TraceFormatError) -> Trace {
    let operations = try operations(iterations: iterations, layers: layers)
    var chosen = KeyTable(minimumCapacity: operations.count)
    for operation in operations.rows {
      _ = chosen.number(of: UInt64(UInt32(bitPattern: operation.id)))
    }
    var transfers = TransferTable()
    try read(.transfers, iterations, layers) { decoder throws(ContentDecoder.Defect) in
      var block = TransferTable()
      try TransferColumns.decode(&decoder, into: &block)
      for rows in runs(of: block.operation, in: chosen) { transfers.append(block, rows: rows) }
    }
    var routing = RoutingTable()
    try read(.routing, iterations, layers) { decoder throws(ContentDecoder.Defect) in
      var block = RoutingTable()
      try RoutingColumns.decode(&decoder, into: &block)
      for rows in runs(of: block.operation, in: chosen) { routing.append(block, rows: rows) }
    }
    return Trace(
      metadata: metadata, operations: operations, transfers: transfers, routing: routing)
  }

  /// Calls `body` with the messages of one block after the other, in file order.
  ///
  /// Memory is that of one block, at most 65,536 messages.
  public func forEachMessageBlock(_ body: (MessageTable) throws -> Void) throws {
    var table = MessageTable()
    for entry in blocks where entry.kind == .messages {
      var decoder = try store.columns(of: entry)
      table.removeAll()
      try store.checking(entry) { () throws(ContentDecoder.Defect) in
        try MessageColumns.decode(&decoder, into: &table)
        try table.checkAddresses(count: metadata.layout.addresses.count)
      }
      try body(table)
    }
  }

  /// Calls `body` with the operations of one block after the other, in file order, of those blocks that
  /// can hold some of these iterations and layers.
  ///
  /// Memory is that of one block, at most 65,536 operations.
  public func forEachOperationBlock(
    iterations: ClosedRange<Int32>? = nil, layers: ClosedRange<Int32>? = nil,
    _ body: ([Operation]) throws -> Void
  ) throws {
    var rows: [Operation] = []
    for entry in blocks
    where entry.kind == .operations && entry.overlaps(iterations: iterations, layers: layers) {
      var decoder = try store.columns(of: entry)
      rows.removeAll(keepingCapacity: true)
      try store.checking(entry) { () throws(ContentDecoder.Defect) in
        try OperationColumns.decode(&decoder, into: &rows)
      }
      try body(rows)
    }
  }

  /// Number of rows of a kind, from the index alone.
  public func rowCount(of kind: BlockKind) -> Int {
    blocks.reduce(0) { $0 + ($1.kind == kind ? $1.rowCount : 0) }
  }
}

extension TraceFile {
  /// Rows for which memory is set aside on the word of the index: a made-up index is no order.
  private static let reservedRows = 1 << 26

  private func operations(
    iterations: ClosedRange<Int32>?, layers: ClosedRange<Int32>?
  ) throws(TraceFormatError) -> OperationTable {
    var table = OperationTable()
    try read(.operations, iterations, layers) { decoder throws(ContentDecoder.Defect) in
      try OperationColumns.decode(&decoder, into: &table.rows)
    }
    try read(.dependencies, iterations, layers) { decoder throws(ContentDecoder.Defect) in
      try DependencyColumns.decode(&decoder, into: &table.dependencies)
    }
    if iterations != nil || layers != nil {
      table.rows.removeAll { operation in
        !(iterations?.contains(operation.iteration) ?? true)
          || !(layers?.contains(operation.layer) ?? true)
      }
      let ids = Set(table.rows.map(\.id))
      table.dependencies.removeAll {
        !ids.contains($0.operation) || !ids.contains($0.predecessor)
      }
    }
    // Blocks are sorted inside, and only runs of them among each other.
    table.rows.sort { ($0.iteration, $0.layer, $0.id) < ($1.iteration, $1.layer, $1.id) }
    return table
  }

  /// Decodes the blocks of a kind that may hold such rows.
  private func read(
    _ kind: BlockKind, _ iterations: ClosedRange<Int32>? = nil,
    _ layers: ClosedRange<Int32>? = nil,
    _ body: (inout ContentDecoder) throws(ContentDecoder.Defect) -> Void
  ) throws(TraceFormatError) {
    for entry in blocks
    where entry.kind == kind && entry.overlaps(iterations: iterations, layers: layers) {
      var decoder = try store.columns(of: entry)
      try store.checking(entry) { () throws(ContentDecoder.Defect) in try body(&decoder) }
    }
  }

  /// The longest runs of rows whose operations are in `chosen`.
  private func runs(of operations: [Int32], in chosen: KeyTable) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var first = 0
    while first < operations.count {
      let id = operations[first]
      var end = first + 1
      while end < operations.count, operations[end] == id { end += 1 }
      if chosen.existingNumber(of: UInt64(UInt32(bitPattern: id))) != nil {
        if let last = runs.last, last.upperBound == first {
          runs[runs.count - 1] = last.lowerBound..<end
        } else {
          runs.append(first..<end)
        }
      }
      first = end
    }
    return runs
  }
}

extension MessageTable {
  /// Throws when a message names an address that the layout does not list.
  fileprivate func checkAddresses(count: Int) throws(ContentDecoder.Defect) {
    for column in [source, destination] {
      for id in column where id < 0 || Int(id) >= count {
        throw ContentDecoder.Defect("a message names address \(id); the layout lists \(count)")
      }
    }
  }
}
