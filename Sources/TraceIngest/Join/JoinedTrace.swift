internal import TraceModel

/// Puts the joined trace together.
struct JoinedTrace {
  private let traffic: Trace
  private let routing: Trace
  private let fit: JoinFit
  private var operations: OperationTable
  /// What became of the measured operations.
  private var ledger: Ledger
  /// By operation id of the routing: the operation that was measured.
  private var measuredID: [Int32: Int32] = [:]
  /// Operations whose iteration is not known: all-to-alls, and what ran beside them.
  private var withoutIteration = (exchanges: 0, others: 0)

  init(_ traffic: Trace, _ routing: Trace, _ measured: MeasuredExchanges, _ fit: JoinFit) {
    self.traffic = traffic
    self.routing = routing
    self.fit = fit
    operations = traffic.operations
    ledger = measured.ledger
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
    var isStray = [Bool](repeating: false, count: operations.count)
    for (exchanges, fates) in zip(measured.ofSite, fit.fates) {
      for (exchange, fate) in zip(exchanges, fates) {
        switch fate {
        case .found(let steps): label(exchange, steps, &times)
        case .beyond: leave(exchange, "before or after all that the routing holds")
        case .unlike: leave(exchange, "unlike what the routing holds in their place")
        }
        if case .found = fate { continue }
        for row in exchange.operations {
          isStray[row] = true
          times.addStray(start: operations.rows[row].start)
        }
      }
    }
    times.settle()
    for row in operations.rows.indices where operations.rows[row].iteration == Operation.unknown {
      let start = operations.rows[row].start
      let iteration =
        isStray[row] ? times.iteration(ofStrayAt: start) : times.iteration(at: start)
      if let iteration {
        operations.rows[row].iteration = iteration
      } else if isStray[row] {
        withoutIteration.exchanges += 1
      } else {
        withoutIteration.others += 1
      }
    }
  }

  private mutating func label(
    _ exchange: MeasuredExchange, _ steps: [Workload.Step], _ times: inout IterationTimes
  ) {
    guard let step = steps.first, let first = exchange.operations.first else { return }
    for row in exchange.operations { take(step, row: row) }
    let start = operations.rows[first].start
    times.add(
      start: start, end: exchange.operations.map { operations.rows[$0].end }.max() ?? start,
      iteration: step.iteration)
    for step in steps { measuredID[step.operation] = operations.rows[first].id }
    ledger.used += Int64(exchange.operations.count)
  }

  private mutating func leave(_ exchange: MeasuredExchange, _ reason: String) {
    for row in exchange.operations {
      ledger.skip(reason, first: "operation \(operations.rows[row].id)")
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
    let missing = reasonsMissing()
    var ledger = Ledger(unit: "routing rows", source: "join")
    for row in 0..<routing.routing.count {
      ledger.read += 1
      guard let operation = measuredID[routing.routing.operation[row]] else {
        ledger.skip(
          missing[routing.routing.operation[row]]
            ?? "of all-to-alls with nothing to compare between servers",
          first: "row \(row)")
        continue
      }
      ledger.used += 1
      let experts = routing.routing.expertOffsets[row]..<routing.routing.expertOffsets[row + 1]
      trace.routing.append(
        operation: operation, sourceRank: routing.routing.sourceRank[row],
        tokens: routing.routing.tokens[row], expertSet: routing.routing.experts[experts])
    }
    summary.ledgers = [self.ledger, ledger]
    summary.notes += notes
    trace.metadata = metadata(summary)
    return trace
  }

  /// Why operations of the routing were not found, by id.
  private func reasonsMissing() -> [Int32: String] {
    var reasons: [Int32: String] = [:]
    for (operations, isBeyond) in fit.missing {
      for operation in operations {
        reasons[operation] =
          isBeyond
          ? "of all-to-alls before or after all that was measured"
          : "of all-to-alls unlike what was measured in their place"
      }
    }
    return reasons
  }

  private var notes: [String] {
    var notes: [String] = []
    if withoutIteration.exchanges > 0 {
      notes.append(
        "\(withoutIteration.exchanges) operations may be all-to-alls that the routing does not hold: "
          + "their iteration is not known")
    }
    if withoutIteration.others > 0 {
      notes.append(
        "\(withoutIteration.others) other operations ran where the routing names no iteration, or "
          + "have no time: their iteration is not known")
    }
    return notes
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
