internal import TraceModel

/// Puts the joined trace together.
struct JoinedTrace {
  private let traffic: Trace
  private let routing: Trace
  private let fit: JoinFit
  private var operations: OperationTable
  /// By operation id of the routing: the operation that was measured.
  private var measuredID: [Int32: Int32] = [:]
  /// Operations outside the time that the routing covers.
  private var outsideCount = 0

  init(_ traffic: Trace, _ routing: Trace, _ measured: MeasuredExchanges, _ fit: JoinFit) {
    self.traffic = traffic
    self.routing = routing
    self.fit = fit
    operations = traffic.operations
    label(measured)
  }

  /// Gives every operation its place in the training run; what was inferred without the log goes,
  /// what was measured stays where the log says nothing.
  private mutating func label(_ measured: MeasuredExchanges) {
    forget("iteration") { $0.iteration = Operation.unknown }
    forget("microBatch") { $0.microBatch = Operation.unknown }
    forget("stage") { $0.stage = Operation.unknown }
    forget("layer") { $0.layer = Operation.unknown }
    forget("phase") { $0.phase = .unspecified }
    var times = IterationTimes()
    for (exchanges, matches) in zip(measured.ofSite, fit.stepsOf) {
      for (exchange, steps) in zip(exchanges, matches) {
        guard let steps, let first = steps.first, let row = exchange.operations.first else {
          continue
        }
        for row in exchange.operations { take(first, row: row) }
        times.add(
          operations.rows[row], until: exchange.operations.map { operations.rows[$0].end }.max())
        for step in steps { measuredID[step.operation] = operations.rows[row].id }
      }
    }
    times.settle()
    for row in operations.rows.indices where operations.rows[row].iteration == Operation.unknown {
      if let iteration = times.iteration(at: operations.rows[row].start) {
        operations.rows[row].iteration = iteration
      } else {
        outsideCount += 1
      }
    }
  }

  private mutating func forget(_ column: String, _ clear: (inout Operation) -> Void) {
    guard traffic.metadata.provenance["operations.\(column)"]?.origin != .measured else { return }
    for row in operations.rows.indices { clear(&operations.rows[row]) }
  }

  private mutating func take(_ step: Workload.Step, row: Int) {
    operations.rows[row].kind = step.kind
    operations.rows[row].role = step.role
    operations.rows[row].phase = step.phase
    operations.rows[row].iteration = step.iteration
    operations.rows[row].microBatch = step.microBatch
    operations.rows[row].stage = step.stage
    operations.rows[row].layer = step.layer
    // Of several groups of a site the lowest stands for all: no other site has it.
    operations.rows[row].group = step.group
  }

  // MARK: The result

  func trace(_ summary: inout JoinSummary) -> Trace {
    var trace = Trace(
      metadata: traffic.metadata, operations: operations, transfers: traffic.transfers)
    var ledger = Ledger(unit: "routing rows", source: "join")
    for row in 0..<routing.routing.count {
      ledger.read += 1
      guard let operation = measuredID[routing.routing.operation[row]] else {
        ledger.skip("of all-to-alls that were not measured", first: "row \(row)")
        continue
      }
      ledger.used += 1
      let experts = routing.routing.expertOffsets[row]..<routing.routing.expertOffsets[row + 1]
      trace.routing.append(
        operation: operation, sourceRank: routing.routing.sourceRank[row],
        tokens: routing.routing.tokens[row], expertSet: routing.routing.experts[experts])
    }
    summary.ledgers.append(ledger)
    if outsideCount > 0 {
      summary.notes.append(
        "\(outsideCount) operations ran before or after what the routing covers, or have no time: "
          + "their iteration is not known")
    }
    trace.metadata = metadata(summary)
    return trace
  }

  private func metadata(_ summary: JoinSummary) -> TraceMetadata {
    var metadata = traffic.metadata
    metadata.layout.parallelism = routing.metadata.layout.parallelism
    metadata.model = routing.metadata.model
    metadata.model?.copies = fit.copies
    // What was recorded stands above what was declared.
    metadata.model?.compute = LayerCompute()
    metadata.routingUnit = routing.metadata.routingUnit
    metadata.sources += routing.metadata.sources
    metadata.ledgers += routing.metadata.ledgers + summary.ledgers
    let notes = routing.metadata.notes + summary.notes.map { MetadataNotes.join + $0 }
    metadata.notes += notes.filter { !metadata.notes.contains($0) }
    for (column, provenance) in routing.metadata.provenance
    where column.hasPrefix("routing") || column.hasPrefix("model") {
      metadata.provenance[column] = provenance
    }
    let columns = ["iteration", "microBatch", "stage", "layer", "group", "phase", "role", "kind"]
    for column in columns.map({ "operations.\($0)" }) + ["model.copies"] {
      metadata.provenance[column] = Provenance(
        .inferred,
        method: "join with the routing log: matrices between servers, one copy of a token per "
          + fit.copies.rawValue,
        confidence: fit.coverage * (1 - fit.residual) * fit.contrast)
    }
    return metadata
  }
}

/// When iterations ran, by the exchanges that are known to be of them.
private struct IterationTimes {
  private var begins: [(start: Int64, iteration: Int32)] = []
  private var end = Int64.min
  private var longestPause: Int64 = 0

  mutating func add(_ operation: Operation, until end: Int64?) {
    begins.append((operation.start, operation.iteration))
    self.end = max(self.end, end ?? operation.start)
  }

  mutating func settle() {
    begins.sort { ($0.start, $0.iteration) < ($1.start, $1.iteration) }
    for (before, after) in zip(begins, begins.dropFirst()) {
      longestPause = max(longestPause, pause(from: before.start, to: after.start))
    }
  }

  /// The iteration of the last exchange that began by a moment; nil before the first, and later after
  /// the last than any exchange came after the one before it.
  func iteration(at time: Int64) -> Int32? {
    guard time != Operation.unknownTime, let first = begins.first, time >= first.start,
      time <= end || pause(from: end, to: time) <= longestPause
    else { return nil }
    var (low, high) = (0, begins.count)
    while low < high {
      let middle = (low + high) / 2
      if begins[middle].start <= time { low = middle + 1 } else { high = middle }
    }
    return begins[low - 1].iteration
  }
}
