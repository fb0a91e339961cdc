internal import ByteStreams
internal import TraceModel

/// What is known across the matrices of one trace.
struct TokenMatrixAssembly {
  private let options: IngestOptions
  private var layout: Layout?
  private var experts: Int?
  private var nextID: Int32 = 0
  private var matrixCount: Int32 = 0
  private var result = IngestSummary()

  init(options: IngestOptions) {
    self.options = options
    layout = options.layout
    experts = options.model?.expertCount
  }

  mutating func read(_ path: String, into sink: inout some TraceSink) throws {
    let lines = try LineReader(path: path)
    let name = lines.source.name
    var counts = LineCounts()
    while true {
      var outcome: Result<(TokenMatrix, defect: String?)?, JSONDefect> = .success(nil)
      let event = lines.next { line in
        guard !isBlank(line) else { return }
        do throws(JSONDefect) {
          outcome = .success(try TokenMatrix.read(line))
        } catch {
          outcome = .failure(error)
        }
      }
      switch event {
      case .end:
        result.sources.append(describe(lines.source, format: TokenMatrixReader.formatName))
        result.ledgers.append(
          counts.ledger(source: name, truncation: lines.damage))
        return
      case .overlong: counts.add(.malformed(.record(.overlong)), line: lines.number)
      case .cut: counts.add(.malformed(.record(.cutByDamage)), line: lines.number)
      case .line:
        switch outcome {
        case .success(nil): counts.add(.skipped(.blank), line: lines.number)
        case .failure(let defect): counts.add(.malformed(.json(defect)), line: lines.number)
        case .success((let matrix, let defect)?):
          let location = "\(name), line \(lines.number)"
          if let defect { throw IngestError(defect, at: location) }
          try append(matrix, at: location, into: &sink)
          counts.add(.used, line: lines.number)
        }
      }
    }
  }

  private mutating func append(
    _ matrix: TokenMatrix, at location: String, into sink: inout some TraceSink
  ) throws {
    let layout = try fit(matrix, at: location)
    let ranks = layout.parallelism.ranks(ofExpertGroup: 0)
    var operations = OperationTable()
    let dispatch = appendAllToAlls(
      of: [
        RoutedLayer(
          iteration: Operation.unknown, microBatch: matrixCount, layer: Operation.unknown, group: 0)
      ], hasBackward: true, nextID: &nextID, into: &operations)[0]
    matrixCount += 1
    var routing = RoutingTable()
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount {
        let tokens = matrix.cells[row * matrix.columnCount + column]
        guard tokens > 0 else { continue }
        routing.append(
          operation: dispatch, sourceRank: Int32(ranks[row]), tokens: tokens,
          expertSet: CollectionOfOne(Int32(column)))
      }
    }
    try sink.append(operations: operations)
    try sink.append(routing: routing)
  }

  /// The layout that the matrix belongs to; throws when the shape does not match it.
  private mutating func fit(_ matrix: TokenMatrix, at location: String) throws -> Layout {
    let shape = "\(matrix.rowCount) × \(matrix.columnCount)"
    guard matrix.rowCount > 0, matrix.columnCount > 0 else {
      throw IngestError("the matrix is empty", at: location)
    }
    if let experts, experts != matrix.columnCount {
      throw IngestError(
        "the matrix is \(shape), but "
          + (options.model == nil ? "the one before it had" : "the model has")
          + " \(experts) experts",
        at: location, advice: "Columns are experts; declare a model with as many.")
    }
    let fitted = layout ?? Layout(serverCount: matrix.rowCount, gpusPerServer: 1)
    guard fitted.parallelism.expert == matrix.rowCount else {
      throw IngestError(
        "the matrix is \(shape), but the layout has expert parallelism \(fitted.parallelism.expert)",
        at: location,
        advice: "Rows are expert-parallel ranks; declare `expert: \(matrix.rowCount)`, or use the "
          + "matrix that was recorded on this layout. It is not wrapped around or repeated.")
    }
    guard matrix.columnCount % matrix.rowCount == 0 else {
      throw IngestError(
        "the matrix is \(shape): \(matrix.columnCount) experts cannot be divided evenly among "
          + "\(matrix.rowCount) ranks", at: location)
    }
    experts = matrix.columnCount
    layout = fitted
    return fitted
  }

  mutating func summary() throws -> IngestSummary {
    try requireUse(of: result.ledgers, format: "token matrix")
    result.routingUnit = .assignments
    result.layout = layout
    result.provenance = [
      "operations.iteration": Provenance(.absent, method: "a matrix holds no step"),
      "operations.microBatch": Provenance(.inferred, method: "order of the matrices"),
      "operations.layer": Provenance(.absent, method: "a matrix names no layer"),
      "operations.phase": Provenance(
        .declared, method: "a matrix is a dispatch-forward; the other phases derive from it"),
      "operations.start": Provenance(.absent, method: "a matrix holds no time"),
      "routing.sourceRank": Provenance(.declared, method: "rows are expert-parallel ranks"),
      "routing.tokens": Provenance(.measured, method: "cells of the matrix, in assignments"),
      "transfers": Provenance(.absent, method: "bytes follow from the model and the placement"),
    ]
    result.notes.append(
      "cells count token-expert assignments: copies per rank or server can only be bounded")
    if options.layout == nil, let layout {
      result.provenance["layout"] = Provenance(.inferred, method: "one server per matrix row")
      result.notes.append(
        "no layout declared: \(layout.serverCount) rows taken as \(layout.serverCount) servers of "
          + "one GPU")
    } else if let layout, layout.parallelism.expertGroupCount > 1 {
      result.notes.append(
        "the matrix stands for expert group 0 of \(layout.parallelism.expertGroupCount)")
    }
    if matrixCount == 1 {
      result.notes.append("a single matrix: change over time cannot be identified")
    }
    return result
  }
}
