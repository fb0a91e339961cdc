internal import ByteStreams
internal import TraceModel

/// The rows that wait for the length of their problem, and what is known across the log.
///
/// A problem is taken for finished when none of its rows is among the later half of those that
/// wait; its rows are then written. What is kept of it is a few bytes a layer, so that a second run
/// of the same problems is still noticed.
struct TokenRoutingAssembly {
  /// Rows held at most before the problems seen so far get their sources.
  static let pendingLimit = 1 << 22
  /// Rows that wait before finished problems are looked for.
  static let flushedRows = 1 << 16
  /// The same while the number of experts, and so the layout, is read from the rows themselves.
  static let surveyedRows = 1 << 18
  /// Without a model an expert id above this is taken for damage.
  static let undeclaredExpertLimit = 1 << 12

  private let options: IngestOptions
  private var layout: Layout?
  /// Experts of the declared model, or those that the first rows named.
  private var expertCount: Int?

  private var problems = ProblemTable()
  private var lastProblem: (name: [UInt8], number: Int)?
  /// Tokens of each problem, fixed when its first rows are written.
  private var tokenCounts: [Int32] = []
  private var isFixed: [Bool] = []
  /// The last pending row of each problem.
  private var lastRow: [Int32] = []
  /// (problem, layer) → place.
  private var places = KeyTable()
  private var seen = SeenTokens()

  private var pending = PendingRows()
  private var nextFlush: Int
  /// (place, group) → number in `dispatches`.
  private var operations = KeyTable()
  /// Operation ids.
  private var dispatches: [Int32] = []
  private var nextID: Int32 = 0
  private var highestExpert: Int32 = -1
  private var lateRows = 0
  private var result = IngestSummary()

  private struct PendingRows {
    var sets = ExpertSets()
    var place: [Int32] = []
    var token: [Int32] = []
    var set: [Int32] = []

    mutating func append(place: Int32, token: Int32, experts: Span<Int32>) {
      self.place.append(place)
      self.token.append(token)
      set.append(Int32(truncatingIfNeeded: sets.number(of: experts)))
    }
  }

  init(options: IngestOptions) {
    self.options = options
    layout = options.layout
    expertCount = options.model?.expertCount
    let isDeclared = options.layout != nil && options.model != nil
    nextFlush = isDeclared ? Self.flushedRows : Self.surveyedRows
  }

  // MARK: Reading

  mutating func read(_ lines: LineReader, into sink: inout some TraceSink) throws {
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
      if pending.set.count >= nextFlush { try flushFinished(into: &sink) }
      if counts.read % 65_536 == 0 { report(lines, counts) }
    }
    report(lines, counts)
    result.ledgers.append(counts.ledger(source: lines.name, truncation: lines.damage))
  }

  private mutating func add(_ record: TokenRecord) -> LineVerdict {
    let problem = number(ofProblem: record.problem)
    let place = places.number(
      of: UInt64(problem) << 32 | UInt64(UInt32(bitPattern: record.layer)))
    guard seen.insert(place: place, token: record.token) else { return .skipped(.duplicateKey) }
    if isFixed[problem] {
      lateRows += 1
    } else {
      tokenCounts[problem] = max(tokenCounts[problem], record.token + 1)
    }
    highestExpert = max(highestExpert, record.experts[record.experts.count - 1])
    lastRow[problem] = Int32(truncatingIfNeeded: pending.set.count)
    pending.append(
      place: Int32(truncatingIfNeeded: place), token: record.token, experts: record.experts.span)
    return .used
  }

  private mutating func number(ofProblem name: [UInt8]) -> Int {
    if let lastProblem, lastProblem.name == name { return lastProblem.number }
    let number = problems.number(of: name)
    if number == tokenCounts.count {
      tokenCounts.append(0)
      isFixed.append(false)
      lastRow.append(-1)
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

  /// Writes the rows of the problems that seem to be finished, or of all when too many wait.
  private mutating func flushFinished(into sink: inout some TraceSink) throws {
    let isFull = pending.set.count >= Self.pendingLimit
    try flush(rowsOfProblemsBefore: isFull ? .max : pending.set.count / 2, into: &sink)
    // What is kept is looked at again only when as much has come: linear in all.
    nextFlush = min(Self.pendingLimit, max(Self.flushedRows, 2 * pending.set.count))
  }

  /// Writes the rows of the problems whose last row stands before one.
  ///
  /// Their lengths, and the layout, are fixed from here on. The others wait on.
  private mutating func flush(
    rowsOfProblemsBefore limit: Int, into sink: inout some TraceSink
  ) throws {
    guard !pending.set.isEmpty else { return }
    let layout = fixLayout()
    let sources = SourceBlocks(layout: layout)
    let waiting = pending
    pending = PendingRows()
    var batch = RoutingBatch()
    var setOfBatch = [Int32](repeating: -1, count: waiting.sets.count)
    var numbers = KeyTable()
    for row in waiting.set.indices {
      let (place, token, set) = (waiting.place[row], waiting.token[row], Int(waiting.set[row]))
      let problem = problem(ofPlace: Int(place))
      guard lastRow[problem] < limit else {
        pending.append(place: place, token: token, experts: waiting.sets.experts(of: set).span)
        continue
      }
      isFixed[problem] = true
      let source = sources.rank(ofToken: token, of: tokenCounts[problem])
      let group = layout.parallelism.expertGroup(ofRank: source)
      let operation = numbers.number(of: UInt64(UInt32(bitPattern: place)) << 32 | UInt64(group))
      if setOfBatch[set] < 0 {
        setOfBatch[set] = Int32(truncatingIfNeeded: batch.set(waiting.sets.experts(of: set).span))
      }
      let pair = batch.pair(operation: operation, source: Int32(source))
      batch.add(pair: pair, set: Int(setOfBatch[set]), tokens: 1)
    }
    for row in pending.place.indices {
      lastRow[problem(ofPlace: Int(pending.place[row]))] = Int32(truncatingIfNeeded: row)
    }
    let ids = try appendOperations(of: numbers.keys, into: &sink)
    try sink.append(routing: batch.sorted(operations: ids))
  }

  private func problem(ofPlace place: Int) -> Int {
    Int(truncatingIfNeeded: places.keys[place] >> 32)
  }

  /// Writes the operations that were not written before; returns the dispatch of each.
  ///
  /// - Parameter keys: (place, group) of each.
  private mutating func appendOperations(
    of keys: [UInt64], into sink: inout some TraceSink
  ) throws -> [Int32] {
    let numbers = keys.map { operations.number(of: $0) }
    var fresh = numbers.indices.filter { numbers[$0] >= dispatches.count }.map { index in
      (number: numbers[index], layer: layer(ofKey: keys[index]))
    }
    fresh.sort {
      ($0.layer.microBatch, $0.layer.layer, $0.layer.group)
        < ($1.layer.microBatch, $1.layer.layer, $1.layer.group)
    }
    guard Int(nextID) + fresh.count * 2 < Int(Int32.max) else {
      throw IngestError(
        "more than \(Int32.max) operations", at: result.ledgers.first?.source ?? "routing log",
        advice: "Ingest fewer problems at a time.")
    }
    dispatches += [Int32](repeating: 0, count: operations.count - dispatches.count)
    var table = OperationTable()
    var start = 0
    while start < fresh.count {
      let problem = fresh[start].layer.microBatch
      let end = fresh[start...].firstIndex { $0.layer.microBatch != problem } ?? fresh.count
      let ids = appendAllToAlls(
        of: fresh[start..<end].map(\.layer), hasBackward: false, nextID: &nextID, into: &table)
      for (operation, id) in zip(fresh[start..<end], ids) { dispatches[operation.number] = id }
      start = end
    }
    try sink.append(operations: table)
    return numbers.map { dispatches[$0] }
  }

  private func layer(ofKey key: UInt64) -> RoutedLayer {
    let place = places.keys[Int(truncatingIfNeeded: key >> 32)]
    return RoutedLayer(
      iteration: Operation.unknown, microBatch: Int32(truncatingIfNeeded: place >> 32),
      layer: Int32(truncatingIfNeeded: place), group: Int32(truncatingIfNeeded: key))
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

  /// - Parameter inputs: what is known of the files and archives that were read.
  mutating func summary(
    adding inputs: IngestSummary, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    try requireUse(of: result.ledgers, format: "record of a per-token routing log")
    result.sources = inputs.sources
    result.ledgers += inputs.ledgers
    try flush(rowsOfProblemsBefore: .max, into: &sink)
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
    if lateRows > 0 {
      result.notes.append(
        "\(lateRows) rows came after their problem seemed to be finished; their source blocks follow "
          + "the part that was read first")
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
