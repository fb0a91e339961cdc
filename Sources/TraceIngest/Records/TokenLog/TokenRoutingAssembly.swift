internal import ByteStreams
internal import TraceModel

/// The rows that wait for the length of their problem, and what is known across the log.
struct TokenRoutingAssembly {
  /// Rows held at most before the problems seen so far get their sources.
  static let pendingLimit = 1 << 22
  /// Without a model an expert id above this is taken for damage.
  static let undeclaredExpertLimit = 1 << 12

  private let options: IngestOptions
  private var layout: Layout?
  /// Experts of the declared model, or those that the first rows named.
  private var expertCount: Int?

  private var problems: [[UInt8]: Int32] = [:]
  private var lastProblem: (name: [UInt8], number: Int32)?
  /// Tokens of each problem, fixed when its first rows are written.
  private var tokenCounts: [Int32] = []
  private var isFixed: [Bool] = []
  /// (problem, layer) → place, for duplicates.
  private var places = KeyTable()
  private var seen = SeenTokens()

  private var batch = RoutingBatch()
  private var pending = PendingRows()
  private var operationIDs: [RoutedLayer: Int32] = [:]
  private var nextID: Int32 = 0
  private var highestExpert: Int32 = -1
  private var splitProblems = 0
  private var result = IngestSummary()

  private struct PendingRows {
    var problem: [Int32] = []
    var layer: [Int32] = []
    var token: [Int32] = []
    var set: [Int32] = []
  }

  init(options: IngestOptions) {
    self.options = options
    layout = options.layout
    expertCount = options.model?.expertCount
  }

  // MARK: Reading

  mutating func read(_ path: String, into sink: inout some TraceSink) throws {
    let lines = try LineReader(path: path)
    var counts = LineCounts()
    var record = TokenRecord()
    reading: while true {
      var verdict = LineVerdict.used
      let expertLimit = expertCount ?? Self.undeclaredExpertLimit
      let event = lines.next { line in
        verdict = isBlank(line) ? .skipped(.blank) : record.read(line, expertCount: expertLimit)
      }
      switch event {
      case .end: break reading
      case .overlong: verdict = .malformed(.record(.overlong))
      case .cut: verdict = .malformed(.record(.cutByDamage))
      case .line: if verdict == .used { verdict = add(record) }
      }
      counts.add(verdict, line: lines.number)
      if pending.set.count >= Self.pendingLimit { try flush(into: &sink) }
      if counts.read % 65_536 == 0 { report(lines, counts) }
    }
    report(lines, counts)
    result.sources.append(describe(lines.source, format: TokenRoutingReader.formatName))
    result.ledgers.append(
      counts.ledger(source: lines.source.name, truncation: lines.damage?.description))
  }

  private mutating func add(_ record: TokenRecord) -> LineVerdict {
    let problem = number(ofProblem: record.problem)
    let place = places.number(
      of: UInt64(UInt32(bitPattern: problem)) << 32 | UInt64(UInt32(bitPattern: record.layer)))
    guard seen.insert(place: place, token: record.token) else { return .skipped(.duplicateKey) }
    if !isFixed[Int(problem)] {
      tokenCounts[Int(problem)] = max(tokenCounts[Int(problem)], record.token + 1)
    }
    highestExpert = max(highestExpert, record.experts[record.experts.count - 1])
    pending.problem.append(problem)
    pending.layer.append(record.layer)
    pending.token.append(record.token)
    pending.set.append(Int32(truncatingIfNeeded: batch.set(record.experts.span)))
    return .used
  }

  private mutating func number(ofProblem name: [UInt8]) -> Int32 {
    if let lastProblem, lastProblem.name == name { return lastProblem.number }
    let number = problems[name] ?? Int32(truncatingIfNeeded: tokenCounts.count)
    if number == tokenCounts.count {
      problems[name] = number
      tokenCounts.append(0)
      isFixed.append(false)
    }
    lastProblem = (name, number)
    return number
  }

  private func report(_ lines: LineReader, _ counts: LineCounts) {
    options.progress?(
      IngestProgress(
        file: lines.source.name, bytesRead: lines.source.compressedBytesRead,
        byteCount: lines.source.compressedByteCount, units: counts.read, unitName: "lines"))
  }

  // MARK: Writing

  /// Writes the pending rows: their problems' lengths, and the layout, are fixed from here on.
  private mutating func flush(into sink: inout some TraceSink) throws {
    guard !pending.set.isEmpty else { return }
    let layout = fixLayout()
    let sources = SourceBlocks(layout: layout)
    var layers: [RoutedLayer] = []
    var numbers: [RoutedLayer: Int] = [:]
    for row in pending.set.indices {
      let problem = pending.problem[row]
      let source = sources.rank(
        ofToken: pending.token[row], of: tokenCounts[Int(problem)])
      let layer = RoutedLayer(
        iteration: Operation.unknown, microBatch: problem, layer: pending.layer[row],
        group: Int32(layout.parallelism.expertGroup(ofRank: source)))
      let number = numbers[layer] ?? layers.count
      if number == layers.count {
        numbers[layer] = number
        layers.append(layer)
      }
      let pair = batch.pair(operation: number, source: Int32(source))
      batch.add(pair: pair, set: Int(pending.set[row]), tokens: 1)
    }
    let ids = try appendOperations(of: layers, into: &sink)
    try sink.append(routing: batch.sorted(operations: ids))
    fixProblems()
    batch = RoutingBatch()
    pending = PendingRows()
  }

  private mutating func appendOperations(
    of layers: [RoutedLayer], into sink: inout some TraceSink
  ) throws -> [Int32] {
    let fresh = layers.filter { operationIDs[$0] == nil }.sorted {
      ($0.microBatch, $0.layer, $0.group) < ($1.microBatch, $1.layer, $1.group)
    }
    guard Int(nextID) + fresh.count * 2 < Int(Int32.max) else {
      throw IngestError(
        "more than \(Int32.max) operations", at: result.sources.first?.name ?? "routing log",
        advice: "Ingest fewer problems at a time.")
    }
    var operations = OperationTable()
    var start = 0
    while start < fresh.count {
      let end =
        fresh[start...].firstIndex { $0.microBatch != fresh[start].microBatch } ?? fresh.count
      let run = Array(fresh[start..<end])
      let dispatches = appendAllToAlls(
        of: run, hasBackward: false, nextID: &nextID, into: &operations)
      for (layer, dispatch) in zip(run, dispatches) { operationIDs[layer] = dispatch }
      start = end
    }
    try sink.append(operations: operations)
    return layers.map { operationIDs[$0] ?? 0 }
  }

  private mutating func fixProblems() {
    var current: Int32 = -1
    for problem in pending.problem where problem != current {
      if isFixed[Int(problem)] { splitProblems += 1 }
      current = problem
    }
    for problem in pending.problem { isFixed[Int(problem)] = true }
  }

  private mutating func fixLayout() -> Layout {
    let experts = expertCount ?? Int(highestExpert) + 1
    expertCount = experts
    if let layout { return layout }
    let inferred = Layout(serverCount: experts, gpusPerServer: 1)
    layout = inferred
    return inferred
  }

  // MARK: Closing

  mutating func summary(into sink: inout some TraceSink) throws -> IngestSummary {
    try requireUse(of: result.ledgers, format: "record of a per-token routing log")
    try flush(into: &sink)
    result.routingUnit = .tokens
    result.layout = layout
    result.provenance = [
      "operations.iteration": Provenance(.absent, method: "a serving log holds no step"),
      "operations.microBatch": Provenance(
        .measured, method: "problems of the log, numbered as they first occur"),
      "operations.layer": Provenance(.measured, method: "layer of the routing log"),
      "operations.phase": Provenance(
        .inferred, method: "dispatch-forward is recorded; combine-forward derives from it"),
      "operations.start": Provenance(.absent, method: "a routing log holds no time"),
      "routing.sourceRank": Provenance(
        .inferred, method: "contiguous blocks of a problem's tokens over the source ranks"),
      "routing.tokens": Provenance(.measured, method: "experts of the routing log"),
      "transfers": Provenance(.absent, method: "bytes follow from the model and the placement"),
    ]
    addNotes()
    return result
  }

  private mutating func addNotes() {
    result.notes += [
      "no step in this log: trends cannot be identified",
      "no source rank in this log: which ranks send to which experts cannot be identified",
      "forward pass only: the log comes from serving; expert traffic only",
    ]
    if options.layout == nil, let layout {
      result.provenance["layout"] = Provenance(
        .inferred, method: "one server with one GPU per expert")
      result.notes.append(
        "no layout declared: \(layout.serverCount) experts taken as \(layout.serverCount) servers "
          + "of one GPU")
    }
    let duplicates = result.ledgers.flatMap(\.skipped)
      .filter { $0.reason == LineSkipReason.duplicateKey.words }.reduce(0) { $0 + $1.count }
    if duplicates > 0 {
      result.notes.append(
        "\(duplicates) rows repeat an earlier (problem, layer, token) and were left out: a second "
          + "run was appended, or the token counter restarts with every forward pass")
    }
    if splitProblems > 0 {
      result.notes.append(
        "\(splitProblems) pieces of problems came after \(Self.pendingLimit) rows; their source "
          + "blocks follow the part that was read first")
    }
  }
}

/// Gives the tokens of a problem to the ranks of the first pipeline stage in contiguous blocks.
struct SourceBlocks {
  private let rankCount: Int

  init(layout: Layout) { rankCount = max(1, layout.parallelism.stageRankCount) }

  func rank(ofToken token: Int32, of tokenCount: Int32) -> Int {
    min(rankCount - 1, Int(token) * rankCount / max(1, Int(tokenCount)))
  }
}
