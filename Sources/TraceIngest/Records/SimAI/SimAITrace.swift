internal import TraceModel

/// Writes one iteration of a SimAI workload: forward through its rows, then back.
struct SimAITrace {
  /// More pairs of ranks in one collective than are written out.
  private static let pairLimit = 1 << 24

  private let header: SimAIHeader
  private let rows: [SimAIRow]
  private let places: [Place]
  private var operations = OperationTable()
  private var firstOfKind: [SimAICommunication: Int32] = [:]
  /// Nanoseconds of compute so far: the clock of a network that takes no time.
  private(set) var clock: Int64 = 0

  /// Where a row stands in the model.
  private struct Place {
    var microBatch = Operation.unknown
    var layer = Operation.unknown
    /// Which of the layer's two exchanges with experts it is, and nil for anything else.
    var isCombine: Bool?
  }

  init(_ header: SimAIHeader, _ rows: [SimAIRow]) {
    self.header = header
    self.rows = rows
    places = Self.places(of: rows, header)
  }

  var operationCount: Int { operations.count }

  mutating func write(into sink: inout some TraceSink, fileName: String) throws {
    for (row, place) in zip(rows, places) {
      append(row.forward, place, isBackward: false)
    }
    if !header.isForwardOnly {
      for (row, place) in zip(rows, places).reversed() {
        append(row.inputGradient, place, isBackward: true)
        append(row.weightGradient, place, isBackward: true)
      }
    }
    try sink.append(operations: operations)
    for (communication, id) in firstOfKind.sorted(by: { $0.value < $1.value }) {
      try write(communication, id: id, into: &sink, fileName)
    }
  }

  private func write(
    _ communication: SimAICommunication, id: Int32, into sink: inout some TraceSink,
    _ fileName: String
  ) throws {
    let members =
      communication.kind == .allToAll ? communication.shape(in: header.parallelism).count : 1
    guard header.rankCount * members <= Self.pairLimit else {
      throw IngestError(
        "an all-to-all among groups of \(members) of \(header.rankCount) ranks has more than "
          + "\(Self.pairLimit) pairs", at: fileName,
        advice: "Generate the workload for fewer GPUs with the same groups.")
    }
    var transfers = TransferTable()
    communication.forEachPair(in: header.parallelism) { source, destination, bytes in
      transfers.append(
        operation: id, source: Int32(source), destination: Int32(destination), bytes: bytes)
    }
    try sink.append(transfers: transfers)
  }

  /// Compute, and then its collective: one on all groups of the job, as all ranks run the same rows.
  private mutating func append(_ pass: SimAIRow.Pass, _ place: Place, isBackward: Bool) {
    clock += pass.computeNanoseconds
    guard let communication = pass.communication else { return }
    let id = Int32(operations.count)
    let source = firstOfKind[communication] ?? id
    firstOfKind[communication] = source
    operations.append(
      Operation(
        id: id, kind: communication.kind, role: communication.role,
        phase: Self.phase(of: communication, place, isBackward: isBackward), grain: .rank,
        iteration: 0, microBatch: place.microBatch, layer: place.layer, start: clock, end: clock,
        demandSource: source))
    // Equal times would leave the order open.
    if id > 0 { operations.dependencies.append(.init(operation: id, predecessor: id - 1)) }
  }

  private static func phase(
    of communication: SimAICommunication, _ place: Place, isBackward: Bool
  ) -> Phase {
    guard communication.isExpertExchange, let isCombine = place.isCombine else {
      return .unspecified
    }
    return switch (isCombine, isBackward) {
    case (false, false): .dispatchForward
    case (true, false): .combineForward
    case (true, true): .combineBackward
    case (false, true): .dispatchBackward
    }
  }

  // MARK: Places

  /// A micro-batch begins with its embedding, a layer with its attention, as AICB writes them.
  ///
  /// The two exchanges of a layer with its experts are its dispatch and its combine.
  private static func places(of rows: [SimAIRow], _ header: SimAIHeader) -> [Place] {
    let embeddings = rows.count { $0.name.hasPrefix("embedding_layer") }
    let haveMicroBatches = embeddings == header.microBatchCount
    let haveAttention = rows.contains { $0.name.hasPrefix("attention_column") }
    var places: [Place] = []
    var (microBatch, layer) = (Operation.unknown, Operation.unknown)
    for (number, row) in rows.enumerated() {
      if row.name.hasPrefix("embedding_layer") {
        if haveMicroBatches { microBatch += 1 }
        layer = Operation.unknown
      }
      if row.name.hasPrefix("attention_column") { layer += 1 }
      let isInLayer = ["attention", "mlp", "moe"].contains { row.name.hasPrefix($0) }
      places.append(
        Place(
          microBatch: isInLayer || row.name.hasPrefix("embedding_layer")
            ? microBatch : Operation.unknown,
          layer: haveAttention ? (isInLayer ? layer : Operation.unknown) : Int32(number)))
    }
    markExchanges(rows, &places)
    return places
  }

  private static func markExchanges(_ rows: [SimAIRow], _ places: inout [Place]) {
    var open: [Int] = []
    for index in rows.indices {
      if let last = open.last,
        (places[last].microBatch, places[last].layer) != (
          places[index].microBatch, places[index].layer
        )
      {
        close(open, &places)
        open = []
      }
      if rows[index].forward.communication?.isExpertExchange ?? false { open.append(index) }
    }
    close(open, &places)
  }

  private static func close(_ exchanges: [Int], _ places: inout [Place]) {
    guard exchanges.count == 2 else { return }
    places[exchanges[0]].isCombine = false
    places[exchanges[1]].isCombine = true
  }
}
