internal import TraceModel

/// Puts the joined trace together.
struct JoinedTrace {
  private let traffic: Trace
  private let routing: Trace
  private let fit: JoinFit
  private var operations: OperationTable
  /// By operation id of the routing: the operation that was measured.
  private var measuredID: [Int32: Int32] = [:]

  init(_ traffic: Trace, _ routing: Trace, _ fit: JoinFit) {
    self.traffic = traffic
    self.routing = routing
    self.fit = fit
    operations = traffic.operations
    label()
  }

  /// Gives every operation its place in the training run.
  private mutating func label() {
    for row in operations.rows.indices {
      operations.rows[row].iteration = Operation.unknown
      operations.rows[row].layer = Operation.unknown
      operations.rows[row].phase = .unspecified
    }
    var begins: [(start: Int64, iteration: Int32)] = []
    for (exchanges, matches) in zip(fit.measured, fit.stepsOf) {
      for (exchange, steps) in zip(exchanges, matches) {
        guard let steps, let first = steps.first else { continue }
        for row in exchange.operations { take(fit.workload.steps[first], of: steps, row: row) }
        guard let row = exchange.operations.first else { continue }
        begins.append((operations.rows[row].start, operations.rows[row].iteration))
        for step in steps {
          measuredID[fit.workload.steps[step].operation] = operations.rows[row].id
        }
      }
    }
    begins.sort { ($0.start, $0.iteration) < ($1.start, $1.iteration) }
    for row in operations.rows.indices where operations.rows[row].iteration == Operation.unknown {
      operations.rows[row].iteration = Self.iteration(at: operations.rows[row].start, begins)
    }
  }

  private mutating func take(_ step: Workload.Step, of steps: [Int], row: Int) {
    operations.rows[row].kind = step.kind
    operations.rows[row].role = step.role
    operations.rows[row].phase = step.phase
    operations.rows[row].iteration = step.iteration
    operations.rows[row].microBatch = step.microBatch
    operations.rows[row].stage = step.stage
    operations.rows[row].layer = step.layer
    operations.rows[row].group = steps.count == 1 ? step.group : Operation.unknown
  }

  /// The iteration of the last exchange that began by a moment, or of the first of all.
  private static func iteration(
    at time: Int64, _ begins: [(start: Int64, iteration: Int32)]
  ) -> Int32 {
    guard time != Operation.unknownTime else { return Operation.unknown }
    var (low, high) = (0, begins.count)
    while low < high {
      let middle = (low + high) / 2
      if begins[middle].start <= time { low = middle + 1 } else { high = middle }
    }
    return begins.isEmpty ? Operation.unknown : begins[max(0, low - 1)].iteration
  }

  // MARK: The result

  func trace(_ summary: JoinSummary) -> Trace {
    var trace = Trace(
      metadata: metadata(summary), operations: operations, transfers: traffic.transfers)
    var ledger = Ledger(unit: "routing rows", source: "join")
    for row in 0..<routing.routing.count {
      ledger.read += 1
      guard let operation = measuredID[routing.routing.operation[row]] else {
        ledger.skip("of exchanges that were not measured", first: "row \(row)")
        continue
      }
      ledger.used += 1
      let experts = routing.routing.expertOffsets[row]..<routing.routing.expertOffsets[row + 1]
      trace.routing.append(
        operation: operation, sourceRank: routing.routing.sourceRank[row],
        tokens: routing.routing.tokens[row], expertSet: routing.routing.experts[experts])
    }
    trace.metadata.ledgers.append(ledger)
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
    metadata.ledgers += routing.metadata.ledgers + [exchangeLedger(summary)]
    metadata.notes += (routing.metadata.notes + summary.notes).filter {
      !metadata.notes.contains($0)
    }
    for (column, provenance) in routing.metadata.provenance
    where column.hasPrefix("routing") || column.hasPrefix("model") {
      metadata.provenance[column] = provenance
    }
    let method =
      "join with the routing log: matrices between servers, one copy of a token per "
      + "\(fit.copies.rawValue), \(percent(fit.unexplained)) unexplained"
    for column in ["iteration", "microBatch", "layer", "phase", "role", "kind"] {
      metadata.provenance["operations.\(column)"] = Provenance(
        .inferred, method: method, confidence: 1 - fit.unexplained)
    }
    return metadata
  }

  private func exchangeLedger(_ summary: JoinSummary) -> Ledger {
    var ledger = Ledger(unit: "measured exchanges", source: "join")
    ledger.read = Int64(summary.measuredCount)
    ledger.used = Int64(summary.matchedCount)
    ledger.skip(
      "unlike any that the routing expects there", count: ledger.read - ledger.used, first: "-")
    return ledger
  }
}
