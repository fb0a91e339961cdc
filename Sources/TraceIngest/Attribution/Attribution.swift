public import TraceModel

/// What the user says about attribution instead of leaving it to inference.
public struct AttributionOptions: Sendable {
  /// Pause that separates two operations, in nanoseconds; nil to infer it.
  public var idleGapNanoseconds: Int64?
  /// Bursts of one iteration; nil to infer it.
  public var burstsPerIteration: Int?

  public init(idleGapNanoseconds: Int64? = nil, burstsPerIteration: Int? = nil) {
    self.idleGapNanoseconds = idleGapNanoseconds
    self.burstsPerIteration = burstsPerIteration
  }
}

/// What attribution found, for people and for the file's provenance.
public struct AttributionSummary: Sendable {
  public var operationCount = 0
  public var messageCount = 0
  /// Messages of each kind that occurs, in the order of `MessageKind`.
  public var messageCountByKind: [(kind: MessageKind, count: Int)] = []
  public var idleGapNanoseconds: Int64 = 0
  public var iterationCount: Int?
  public var provenance: [String: Provenance] = [:]
  public var notes: [String] = []
}

/// The second pass of ingest: messages become operations and transfers.
///
/// Bursts are separated by idle gaps; the groups that talk inside a burst are its operations; the
/// shape of a group's traffic tells an all-to-all from a ring; the repetition of bursts gives
/// iterations; transposed pairs of matrices give layers and phases. Everything is inferred and
/// marked so. The messages are read twice and never held: memory is O(bursts × pairs in them).
public struct Attribution {
  private let layout: Layout
  private let options: AttributionOptions

  public init(layout: Layout, options: AttributionOptions = AttributionOptions()) {
    self.layout = layout
    self.options = options
  }

  /// Attributes messages and appends operations and transfers (at NIC grain) to a sink.
  ///
  /// - Parameter forEachBlock: calls its argument with every block of messages, each time the same.
  public func run(
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void, into sink: inout some TraceSink
  ) throws -> AttributionSummary {
    var summary = AttributionSummary()
    var busy = BusyTime(resolution: IdleGap.jitter)
    var countOfKind = [Int](repeating: 0, count: MessageKind.allCases.count)
    try forEachBlock { block in
      summary.messageCount += block.count
      for row in 0..<block.count {
        countOfKind[Int(block.kind[row].rawValue)] += 1
        busy.add(start: block.start[row], end: block.end[row])
      }
    }
    busy.settle()
    summary.messageCountByKind = MessageKind.allCases.compactMap { kind in
      let count = countOfKind[Int(kind.rawValue)]
      return count > 0 ? (kind, count) : nil
    }
    guard busy.count > 0 else { return summary }
    let gap =
      options.idleGapNanoseconds.map { IdleGap(nanoseconds: $0, method: "declared") }
      ?? IdleGap.inferred(from: busy.pauses)
    summary.idleGapNanoseconds = gap.nanoseconds
    let bursts = try Burst.collect(
      in: busy.joined(gap: gap.nanoseconds), layout: layout, forEachBlock: forEachBlock)
    let reading = BurstReading(
      bursts, layout: layout, burstsPerIteration: options.burstsPerIteration)
    try emit(bursts, reading, summary: &summary, into: &sink)
    describe(bursts, reading, gap: gap, in: &summary)
    return summary
  }

  private func emit(
    _ bursts: [Burst], _ reading: BurstReading, summary: inout AttributionSummary,
    into sink: inout some TraceSink
  ) throws {
    var operations = OperationTable()
    var transfers = TransferTable()
    for (index, burst) in bursts.enumerated() {
      let groups = reading.groups[index]
      let first = Int32(operations.count)
      for (group, shape) in groups.shapes.enumerated() {
        var operation = Operation(
          id: first + Int32(group), kind: shape.kind, role: shape.role, grain: .nic,
          group: Int32(group), start: burst.start, end: burst.end)
        if let period = reading.period {
          operation.iteration = Int32(clamping: period.iteration(ofBurst: index))
          if shape.kind == .allToAll, let assignment = reading.assignment {
            let place = period.place(ofBurst: index)
            operation.layer = assignment.layers[place] ?? Operation.unknown
            operation.phase = assignment.phases[place] ?? .unspecified
          }
        }
        operations.append(operation)
      }
      for (transfer, group) in zip(burst.transfers, groups.groupOfTransfer) {
        transfers.append(
          operation: first + Int32(group), source: Int32(clamping: transfer.pair.source),
          destination: Int32(clamping: transfer.pair.destination), bytes: transfer.bytes,
          start: transfer.start, end: transfer.end)
      }
    }
    try sink.append(operations: operations)
    try sink.append(transfers: transfers)
    summary.operationCount = operations.count
  }

  private func describe(
    _ bursts: [Burst], _ reading: BurstReading, gap: IdleGap, in summary: inout AttributionSummary
  ) {
    let shapes = reading.groups.flatMap(\.shapes)
    summary.provenance["operations.start"] = Provenance(.measured, method: "packet times")
    summary.provenance["transfers.bytes"] = Provenance(.measured, method: "packets")
    summary.provenance["operations"] = Provenance(
      options.idleGapNanoseconds == nil ? .inferred : .declared,
      method: "bursts between idle gaps over \(gap.nanoseconds / 1_000) µs (\(gap.method))")
    summary.provenance["operations.kind"] = Provenance(
      .inferred, method: "who talks to whom in a burst: full mesh, ring or pairs",
      confidence: shapes.reduce(0) { $0 + $1.confidence } / Double(max(1, shapes.count)))
    summary.provenance["operations.role"] = Provenance(
      .inferred, method: "all-to-all is expert, ring is data, single pairs are pipeline")
    if let period = reading.period {
      summary.iterationCount = (bursts.indices.map { period.iteration(ofBurst: $0) }.max() ?? 0) + 1
      summary.provenance["operations.iteration"] = Provenance(
        options.burstsPerIteration == nil ? .inferred : .declared,
        method: "every \(period.length) bursts repeat", confidence: period.likeness)
    } else {
      summary.provenance["operations.iteration"] = Provenance(
        .absent, method: "\(bursts.count) bursts show no repetition, or are all alike")
    }
    summary.provenance["operations.layer"] =
      reading.assignment.map {
        Provenance(.inferred, method: $0.method, confidence: $0.likeness)
      } ?? Provenance(.absent, method: "matrices of successive bursts are not transposes")
    summary.provenance["operations.phase"] = summary.provenance["operations.layer"]
    let unknown = shapes.count { $0.kind == .unknown }
    if unknown > 0 {
      summary.notes.append(
        "\(unknown) bursts are between two servers in both directions: their kind cannot be told")
    }
  }
}
