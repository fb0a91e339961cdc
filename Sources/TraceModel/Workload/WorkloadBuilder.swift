extension Workload {
  /// Builds the workload of a trace: each distinct demand once, the operations as they run.
  ///
  /// Operations with transfers move bytes; operations with routing move token copies, placed by
  /// `placement` and priced by the declared model's bytes per token of their phase.
  /// Derived operations share the demand of their source, transposed where the phase runs the
  /// other way.
  /// - Parameters:
  ///   - grain: what the ends shall be; nil takes the finest grain that all operations share.
  ///     A trace whose operations have different grains becomes one of servers.
  ///   - tokensAsBytes: count a token copy as one byte instead of asking for a model.
  ///   - placement: where experts are, on the trace's layout; contiguous blocks when nil.
  /// - Throws: `WorkloadError` when routing has no model, rows lie outside the layout, or the
  ///   grain is finer than what the trace knows.
  /// - Complexity: O(rows log rows) time, memory for the distinct demands.
  public init(
    trace: Trace, grain: Grain? = nil, tokensAsBytes: Bool = false,
    placement: ExpertPlacement? = nil
  ) throws(WorkloadError) {
    var builder = try WorkloadBuilder(
      trace: trace, grain: grain, tokensAsBytes: tokensAsBytes, placement: placement)
    self = try builder.workload()
  }
}

/// The stages between a trace and its workload.
private struct WorkloadBuilder {
  private let trace: Trace
  private let layout: Layout
  private let grain: Grain
  private let tokensAsBytes: Bool
  private var provenance: [String: Provenance]

  /// Operation id → row of the operation table.
  private var operationNumbers = KeyTable()
  private let transferRows: RowsByOperation
  private let routingRows: RowsByOperation

  private var pool = DemandPool()
  private var routed: RoutedDemand?
  /// Demand and unit of each operation row, worked out when first asked for.
  private var demandOfRow: [Int?]

  init(
    trace: Trace, grain: Grain?, tokensAsBytes: Bool, placement: ExpertPlacement?
  ) throws(WorkloadError) {
    self.trace = trace
    self.tokensAsBytes = tokensAsBytes
    layout = trace.metadata.layout
    provenance = trace.metadata.provenance
    if let defect = layout.defect { throw WorkloadError(defect, at: "layout") }
    demandOfRow = [Int?](repeating: nil, count: trace.operations.count)
    for (row, operation) in trace.operations.rows.enumerated() {
      let number = operationNumbers.number(of: UInt64(UInt32(bitPattern: operation.id)))
      guard number == row else {
        throw WorkloadError(
          "two operations have the id \(operation.id)", at: "operation row \(row)")
      }
    }
    transferRows = try RowsByOperation(
      trace.transfers.operation, numbers: operationNumbers, table: "transfer")
    routingRows = try RowsByOperation(
      trace.routing.operation, numbers: operationNumbers, table: "routing")
    self.grain = try Self.grain(requested: grain, trace: trace, provenance: &provenance)
    // Where bytes were measured as well, they are the demand.
    if trace.operations.rows.indices.contains(where: {
      transferRows[$0].isEmpty && !routingRows[$0].isEmpty
    }) {
      routed = try Self.routedDemand(trace, tokensAsBytes, placement)
    }
  }

  mutating func workload() throws(WorkloadError) -> Workload {
    var steps = trace.operations.rows.map { Self.step(of: $0) }
    addPredecessors(to: &steps)
    steps = sortedAsTheyRun(steps, stageCount: layout.parallelism.pipeline)
    // Demands are numbered as the steps run, so that the order of the rows does not matter.
    for index in steps.indices { try addDemand(to: &steps[index]) }
    addCompute(to: &steps)
    let workload = Workload(
      grain: grain, layout: layout, model: trace.metadata.model, demands: pool.demands,
      steps: steps, provenance: provenance)
    try workload.requireCountableBytes()
    return workload
  }

  // MARK: What is asked for

  private static func grain(
    requested: Grain?, trace: Trace, provenance: inout [String: Provenance]
  ) throws(WorkloadError) -> Grain {
    let rows = trace.operations.rows
    let first = rows.first?.grain ?? .rank
    let shared = rows.allSatisfy { $0.grain == first } ? first : nil
    guard let requested else {
      if shared == nil { noteMixedGrains(&provenance) }
      return shared ?? .server
    }
    if requested == .server || requested == shared { return requested }
    guard let shared else {
      noteMixedGrains(&provenance)
      return .server
    }
    throw WorkloadError(
      "the trace knows \(shared.name)s, not \(requested.name)s", at: "operations",
      advice: "Ask for the grain `\(shared.name)` or `server`.")
  }

  private static func noteMixedGrains(_ provenance: inout [String: Provenance]) {
    provenance["workload.grain"] = Provenance(
      .inferred, method: "operations of different grains, all brought to servers")
  }

  private static func routedDemand(
    _ trace: Trace, _ tokensAsBytes: Bool, _ placement: ExpertPlacement?
  ) throws(WorkloadError) -> RoutedDemand {
    let model = trace.metadata.model
    guard model != nil || tokensAsBytes else {
      throw WorkloadError(
        "the trace holds routed tokens, and no model says how many bytes a token has",
        at: "metadata",
        advice: "Declare a model, or count each token copy as one byte.")
    }
    let layout = trace.metadata.layout
    let experts = trace.expertCount
    let copies = model?.copies ?? .perExpert
    guard let placement else {
      return RoutedDemand(
        placement: try ExpertPlacement(contiguousBlocksOf: experts, on: layout), copies: copies)
    }
    // Without a model nobody knows of experts that no token was sent to.
    let fits = model == nil ? placement.expertCount >= experts : placement.expertCount == experts
    guard placement.layout == layout, fits else {
      throw WorkloadError(
        "the placement is of \(placement.expertCount) experts on another layout or model than "
          + "the trace's, which has \(experts) experts", at: "placement",
        advice: "Make the placement from the trace's own layout and model.")
    }
    return RoutedDemand(placement: placement, copies: copies)
  }

  // MARK: Demands

  /// The step of an operation before its demand is known.
  private static func step(of operation: Operation) -> Workload.Step {
    Workload.Step(
      operation: operation.id, kind: operation.kind, role: operation.role, phase: operation.phase,
      iteration: operation.iteration, microBatch: operation.microBatch, stage: operation.stage,
      layer: operation.layer, group: operation.group, demand: 0, start: operation.start,
      end: operation.end)
  }

  private mutating func addDemand(to step: inout Workload.Step) throws(WorkloadError) {
    let operation = trace.operations.rows[try row(ofOperation: step.operation, for: step.operation)]
    let sourceRow = try row(ofOperation: operation.demandSource, for: operation.id)
    let source = trace.operations.rows[sourceRow]
    let isRouted = transferRows[sourceRow].isEmpty && !routingRows[sourceRow].isEmpty
    if isRouted && !tokensAsBytes, let model = trace.metadata.model {
      step.bytesPerUnit = model.bytesPerLoggedToken(in: operation.phase)
    }
    step.demand = try demand(ofRow: sourceRow)
    step.isTransposed = operation.phase.runsFromExperts != source.phase.runsFromExperts
  }

  private func row(ofOperation id: Int32, for user: Int32) throws(WorkloadError) -> Int {
    guard let number = operationNumbers.existingNumber(of: UInt64(UInt32(bitPattern: id))) else {
      throw WorkloadError(
        "its demand comes from operation \(id), which does not exist", at: "operation \(user)",
        advice: "The trace is incomplete; ingest it again.")
    }
    return number
  }

  private mutating func demand(ofRow row: Int) throws(WorkloadError) -> Int {
    if let known = demandOfRow[row] { return known }
    let demand =
      transferRows[row].isEmpty && !routingRows[row].isEmpty
      ? try routedDemand(ofRow: row) : try transferredDemand(ofRow: row)
    demandOfRow[row] = demand
    return demand
  }

  private mutating func transferredDemand(ofRow row: Int) throws(WorkloadError) -> Int {
    let own = trace.operations.rows[row].grain
    let limit = layout.endpointCount(at: own)
    var sums = PairSums()
    for transfer in transferRows[row] {
      let source = Int(trace.transfers.source[transfer])
      let destination = Int(trace.transfers.destination[transfer])
      guard source >= 0, source < limit, destination >= 0, destination < limit else {
        throw WorkloadError(
          "\(own.name) \(source) → \(destination) is outside the layout's \(limit) \(own.name)s",
          at: "transfer row \(transfer)", advice: "Declare the layout that it was recorded on.")
      }
      let bytes = trace.transfers.bytes[transfer]
      guard bytes >= 0 else {
        throw WorkloadError("\(bytes) bytes", at: "transfer row \(transfer)")
      }
      sums.add(
        bytes, from: end(source, of: own),
        to: end(destination, of: own))
    }
    let columns = sums.columns()
    return pool.insert(
      source: columns.source, destination: columns.destination, amount: columns.amount)
  }

  private mutating func routedDemand(ofRow row: Int) throws(WorkloadError) -> Int {
    var ranks = DemandSet()
    _ = try routed?.append(
      rows: routingRows[row], of: trace.routing, layer: trace.operations.rows[row].layer,
      to: &ranks)
    guard grain != .rank else {
      return pool.insert(
        source: ranks.source, destination: ranks.destination, amount: ranks.amount)
    }
    var sums = PairSums()
    for pair in ranks.source.indices {
      sums.add(
        ranks.amount[pair], from: end(Int(ranks.source[pair]), of: .rank),
        to: end(Int(ranks.destination[pair]), of: .rank))
    }
    let columns = sums.columns()
    return pool.insert(
      source: columns.source, destination: columns.destination, amount: columns.amount)
  }

  /// An end of an operation's grain as an end of the workload's.
  private func end(_ endpoint: Int, of own: Grain) -> Int {
    own == grain ? endpoint : layout.server(of: endpoint, at: own)
  }

  /// Dependencies between operations of the trace; those on others are already satisfied.
  private func addPredecessors(to steps: inout [Workload.Step]) {
    guard !trace.operations.dependencies.isEmpty else { return }
    var predecessors = [[Int32]](repeating: [], count: trace.operations.count)
    for dependency in trace.operations.dependencies {
      let ids = (dependency.operation, dependency.predecessor)
      guard
        let row = operationNumbers.existingNumber(of: UInt64(UInt32(bitPattern: ids.0))),
        operationNumbers.existingNumber(of: UInt64(UInt32(bitPattern: ids.1))) != nil
      else { continue }
      predecessors[row].append(ids.1)
    }
    for index in steps.indices {
      let id = UInt64(UInt32(bitPattern: steps[index].operation))
      if let row = operationNumbers.existingNumber(of: id) {
        steps[index].predecessors = predecessors[row].sorted()
      }
    }
  }

  // MARK: Compute

  private mutating func addCompute(to steps: inout [Workload.Step]) {
    if let model = trace.metadata.model, model.compute.isDeclared {
      let isScaled = addDeclaredCompute(of: model, to: &steps)
      provenance["steps.computeBefore"] = Provenance(
        .declared, method: "compute times of the model" + (isScaled ? ", scaled with tokens" : ""))
    } else if addRecordedGaps(to: &steps) {
      provenance["steps.computeBefore"] = Provenance(
        .inferred,
        method: "gaps between recorded operations: compute and waiting, an upper bound")
    } else {
      provenance["steps.computeBefore"] = Provenance(
        .absent, method: "no compute times: every step starts when it can")
    }
  }

  /// Adds the compute times of the model; true when some were scaled.
  ///
  /// Those of operations with routing are scaled by their tokens when the model says for how many
  /// tokens its times hold.
  private func addDeclaredCompute(of model: ExpertModel, to steps: inout [Workload.Step]) -> Bool {
    var loads = [TokenLoad?](repeating: nil, count: trace.operations.count)
    var counter = routed.map { TokenLoadCounter(placement: $0.placement) }
    var isScaled = false
    for index in steps.indices where steps[index].role == .expert {
      let phase = steps[index].phase
      steps[index].computeBeforeNanoseconds = model.compute.nanoseconds(before: phase)
      guard model.compute.referenceTokensPerRank > 0,
        let row = routedSourceRow(ofOperation: steps[index].operation)
      else { continue }
      let load =
        loads[row]
        ?? counter?.load(
          rows: routingRows[row], of: trace.routing, layer: trace.operations.rows[row].layer)
      loads[row] = load
      guard let load else { continue }
      steps[index].computeBeforeNanoseconds *= load.share(before: phase, model: model)
      steps[index].computeFollowsBytes = phase.runsFromExperts
      isScaled = true
    }
    return isScaled
  }

  /// The row whose routing an operation moves; nil when it moves recorded transfers.
  private func routedSourceRow(ofOperation id: Int32) -> Int? {
    guard let row = try? row(ofOperation: id, for: id),
      let source = try? self.row(ofOperation: trace.operations.rows[row].demandSource, for: id),
      transferRows[source].isEmpty, !routingRows[source].isEmpty
    else { return nil }
    return source
  }

  /// Start minus the end of the one before it in its iteration and group; false when no two
  /// successive operations have times.
  private func addRecordedGaps(to steps: inout [Workload.Step]) -> Bool {
    var lastEnd: [GroupOfIteration: Int64] = [:]
    var isKnown = false
    for index in steps.indices {
      let step = steps[index]
      guard step.start != Operation.unknownTime, step.end != Operation.unknownTime else { continue }
      let key = GroupOfIteration(iteration: step.iteration, group: step.group)
      if let end = lastEnd[key] {
        let (gap, overflow) = step.start.subtractingReportingOverflow(end)
        steps[index].computeBeforeNanoseconds = overflow ? 0 : Double(max(0, gap))
        isKnown = true
      }
      lastEnd[key] = max(lastEnd[key] ?? step.end, step.end)
    }
    return isKnown
  }
}

private struct GroupOfIteration: Hashable {
  var iteration: Int32
  var group: Int32
}

/// Rows of a table by the row of the operation that they belong to (counting sort).
private struct RowsByOperation {
  private var offsets: [Int]
  private var rows: [Int]

  init(_ operations: [Int32], numbers: KeyTable, table: String) throws(WorkloadError) {
    offsets = [Int](repeating: 0, count: numbers.count + 1)
    rows = [Int](repeating: 0, count: operations.count)
    var owner = rows
    for (row, id) in operations.enumerated() {
      guard let number = numbers.existingNumber(of: UInt64(UInt32(bitPattern: id))) else {
        throw WorkloadError("operation \(id) does not exist", at: "\(table) row \(row)")
      }
      owner[row] = number
      offsets[number + 1] += 1
    }
    for number in 0..<numbers.count { offsets[number + 1] += offsets[number] }
    var next = offsets
    for row in operations.indices {
      rows[next[owner[row]]] = row
      next[owner[row]] += 1
    }
  }

  /// Ids are numbered in the order of the operation table, so a number is a row there.
  subscript(operationRow: Int) -> ArraySlice<Int> {
    rows[offsets[operationRow]..<offsets[operationRow + 1]]
  }
}
