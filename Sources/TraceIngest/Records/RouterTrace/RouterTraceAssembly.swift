internal import ByteStreams
internal import TraceModel

/// What is known across the files and steps of one router trace.
struct RouterTraceAssembly {
  /// Files that are open at once; ranks beyond are read afterwards, step by step again.
  static let openFileLimit = 512
  /// Without a model an expert id above this is taken for damage.
  static let undeclaredExpertLimit = 1 << 12

  private let layout: Layout?
  private let model: ExpertModel?
  private let progress: (@Sendable (IngestProgress) -> Void)?
  private let keepsOperations: Bool
  private let chunkBytes: Int
  private var ranks: RankBound
  private var nextID: Int32 = 0
  /// Layers whose operations were written, kept only when more files may follow.
  private var written: [RoutedLayer: Int32] = [:]
  /// (step, rank) of files that were read before, kept only when more files follow.
  private var earlierRanks = KeyTable()
  private var firstPredictionLayer: Int32?
  private var highestRank: Int32 = -1
  private var highestExpert: Int32 = -1
  private var result = IngestSummary()

  /// - Parameters:
  ///   - paths: files, of which some hundred are read in step.
  ///   - archives: those whose files are read one after the other.
  init(options: IngestOptions, paths: [String], archives: [String]) throws {
    layout = options.layout
    model = options.model
    progress = options.progress
    keepsOperations = !archives.isEmpty || paths.count > Self.openFileLimit
    chunkBytes = max(64 << 10, min(4 << 20, (128 << 20) / max(1, paths.count)))
    ranks = layout.map { RankBound(declared: $0.rankCount) } ?? .any
    if layout == nil {
      var census = RankCensus()
      for path in paths {
        census.read(try RouterFile(path: path, chunkBytes: 1 << 20), expertCount: expertCount)
      }
      var summary = IngestSummary()
      try RouterTraceReader.forEachFile(inArchives: archives, &summary) { file in
        census.read(file, expertCount: expertCount)
      }
      let first = (paths + archives).first ?? "router trace"
      ranks = try census.bound(source: fileName(of: first))
    }
  }

  private var expertCount: Int { model?.expertCount ?? Self.undeclaredExpertLimit }

  // MARK: Reading

  mutating func read(_ paths: [String], into sink: inout some TraceSink) throws {
    try read(paths.map { try RouterFile(path: $0, chunkBytes: chunkBytes) }, into: &sink)
  }

  mutating func read(_ files: [RouterFile], into sink: inout some TraceSink) throws {
    for file in files { file.advance(ranks: ranks, expertCount: expertCount) }
    while let step = files.lazy.filter(\.hasRecord).map(\.record.step).min() {
      try readStep(step, of: files, into: &sink)
    }
    for file in files { close(file) }
  }

  private mutating func readStep(
    _ step: Int32, of files: [RouterFile], into sink: inout some TraceSink
  ) throws {
    var batch = RoutingBatch()
    var layers: [RoutedLayer] = []
    var numbers: [RoutedLayer: Int] = [:]
    var seen: [LayerOfRank: SeenRecords] = [:]
    for (fileNumber, file) in files.enumerated() {
      while file.hasRecord && file.record.step == step {
        let record = file.record
        let place = LayerOfRank(layer: record.layer, rank: record.rank)
        let before = seen[place, default: SeenRecords(file: fileNumber)]
        if before.file != fileNumber || isInEarlierFile(record) {
          file.settle(.skipped(.otherFile))
        } else {
          seen[place] = SeenRecords(file: fileNumber, count: before.count + 1)
          let layer = routedLayer(of: record, microBatch: before.count)
          let number = numbers[layer] ?? layers.count
          if number == layers.count {
            numbers[layer] = number
            layers.append(layer)
          }
          add(record, operation: number, to: &batch)
          file.settle(.used)
        }
        advance(file)
      }
    }
    if keepsOperations {
      for place in seen.keys { _ = earlierRanks.number(of: Self.key(step, place.rank)) }
    }
    let ids = try appendOperations(of: layers, into: &sink)
    try sink.append(routing: batch.sorted(operations: ids))
  }

  /// True when a file that is closed already held this step of this rank.
  private func isInEarlierFile(_ record: RouterRecord) -> Bool {
    earlierRanks.existingNumber(of: Self.key(record.step, record.rank)) != nil
  }

  private static func key(_ step: Int32, _ rank: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: step)) << 32 | UInt64(UInt32(bitPattern: rank))
  }

  private func advance(_ file: RouterFile) {
    file.advance(ranks: ranks, expertCount: expertCount)
    if file.counts.read % 1024 == 0 { report(file) }
  }

  private mutating func add(
    _ record: RouterRecord, operation: Int, to batch: inout RoutingBatch
  ) {
    highestRank = max(highestRank, record.rank)
    let pair = batch.pair(operation: operation, source: record.rank)
    highestExpert = max(highestExpert, record.highestExpert)
    batch.add(pair: pair, tokensOf: record.experts.span, topK: record.topK)
  }

  private func routedLayer(of record: RouterRecord, microBatch: Int32) -> RoutedLayer {
    let parallelism = layout?.parallelism
    let rank = Int(record.rank)
    return RoutedLayer(
      iteration: record.step, microBatch: microBatch, layer: record.layer,
      stage: parallelism.map { Int32($0.stage(ofRank: rank)) } ?? Operation.unknown,
      group: parallelism.map { Int32($0.expertGroup(ofRank: rank)) } ?? 0)
  }

  // MARK: Writing

  /// Writes the operations of one step that were not written before; returns the dispatch of each.
  private mutating func appendOperations(
    of layers: [RoutedLayer], into sink: inout some TraceSink
  ) throws -> [Int32] {
    let layers = numberPredictionBlocks(layers)
    let order = layers.indices.filter { written[layers[$0]] == nil }.sorted { first, second in
      let (left, right) = (layers[first], layers[second])
      return (left.microBatch, left.layer, left.group)
        < (right.microBatch, right.layer, right.group)
    }
    guard Int(nextID) + order.count * Phase.allToAlls.count < Int(Int32.max) else {
      throw IngestError(
        "more than \(Int32.max) operations", at: result.sources.first?.name ?? "router trace",
        advice: "Ingest fewer steps at a time.")
    }
    var ids = layers.map { written[$0] ?? 0 }
    var operations = OperationTable()
    var start = 0
    while start < order.count {
      let microBatch = layers[order[start]].microBatch
      let end =
        order[start...].firstIndex { layers[$0].microBatch != microBatch } ?? order.count
      let dispatches = appendAllToAlls(
        of: order[start..<end].map { layers[$0] }, hasBackward: true, nextID: &nextID,
        into: &operations)
      for (offset, dispatch) in dispatches.enumerated() { ids[order[start + offset]] = dispatch }
      start = end
    }
    if keepsOperations {
      for index in order { written[layers[index]] = ids[index] }
    }
    try sink.append(operations: operations)
    return ids
  }

  /// Multi-token-prediction blocks follow the decoder's layers.
  private mutating func numberPredictionBlocks(_ layers: [RoutedLayer]) -> [RoutedLayer] {
    guard layers.contains(where: { $0.layer >= RouterRecord.predictionBlock }) else {
      return layers
    }
    let highest = layers.map(\.layer).filter { $0 < RouterRecord.predictionBlock }.max() ?? -1
    let first =
      firstPredictionLayer ?? Int32(clamping: model?.layerCount ?? 0).clamped(above: highest)
    firstPredictionLayer = first
    return layers.map { layer in
      guard layer.layer >= RouterRecord.predictionBlock else { return layer }
      var moved = layer
      moved.layer = layer.layer - RouterRecord.predictionBlock + first
      return moved
    }
  }

  // MARK: Closing

  private func report(_ file: RouterFile) {
    progress?(
      IngestProgress(
        file: file.lines.source.name, bytesRead: file.lines.source.compressedBytesRead,
        byteCount: file.lines.source.compressedByteCount, units: file.counts.read,
        unitName: "lines"))
  }

  private mutating func close(_ file: RouterFile) {
    report(file)
    if !file.lines.isInArchive {
      result.sources.append(describe(file.lines.source, format: RouterTraceReader.formatName))
    }
    result.ledgers.append(
      file.counts.ledger(source: file.lines.name, truncation: file.truncation))
  }

  /// - Parameter archives: what is known of the archives that were read.
  mutating func summary(adding archives: IngestSummary) throws -> IngestSummary {
    try requireUse(of: result.ledgers, format: "record of a router trace")
    result.sources += archives.sources
    result.ledgers += archives.ledgers
    result.routingUnit = .tokens
    result.provenance = [
      "operations.iteration": Provenance(.measured, method: "step of the router trace"),
      "operations.microBatch": Provenance(
        .inferred, method: "repeats of one (step, layer, rank), counted in file order"),
      "operations.layer": Provenance(.measured, method: "layer of the router trace, as given"),
      "operations.phase": Provenance(
        .inferred,
        method: "dispatch-forward is recorded; combine and the backward pass derive from it"),
      "operations.start": Provenance(.absent, method: "a router trace holds no time"),
      "operations.group": Provenance(
        layout == nil ? .inferred : .declared,
        method: layout == nil
          ? "no layout: all ranks taken as one expert group" : "expert groups of the layout"),
      "routing.sourceRank": Provenance(.measured, method: "rank of the router trace"),
      "routing.tokens": Provenance(.measured, method: "top_indices of the router trace"),
      "transfers": Provenance(.absent, method: "bytes follow from the model and the placement"),
    ]
    result.layout = layout ?? inferredLayout()
    addNotes()
    return result
  }

  private mutating func addNotes() {
    result.notes.append("expert traffic only: a router trace has no data or pipeline traffic")
    if let first = firstPredictionLayer {
      result.notes.append("multi-token-prediction blocks are numbered as layers from \(first) on")
    }
    if let layout, layout.parallelism.pipeline > 1 {
      result.notes.append(
        "layers are as given: with \(layout.parallelism.pipeline) pipeline stages Megatron may "
          + "count them inside each stage")
    }
    if model == nil {
      result.notes.append(
        "no model declared: the highest expert id seen is \(highestExpert); "
          + "declare the model to turn tokens into bytes")
    }
    for reason in [LineSkipReason.earlierStep, .otherFile] {
      let count = result.ledgers.flatMap(\.skipped)
        .filter { $0.reason == reason.words }.reduce(0) { $0 + $1.count }
      if count > 0 { result.notes.append("\(count) lines were left out: \(reason.words)") }
    }
  }

  private mutating func inferredLayout() -> Layout {
    let ranks = Int(highestRank) + 1
    let gpus = (1...8).last { ranks % $0 == 0 } ?? 1
    result.notes.append(
      "no layout declared: \(ranks) ranks taken as one expert group on servers of \(gpus) GPUs")
    result.provenance["layout"] = Provenance(
      .inferred, method: "ranks of the router trace, up to 8 per server")
    return Layout(serverCount: ranks / gpus, gpusPerServer: gpus)
  }
}

private struct LayerOfRank: Hashable {
  var layer: Int32
  var rank: Int32
}

/// The records of one step, layer and rank so far.
private struct SeenRecords {
  var file: Int
  var count: Int32 = 0
}

extension Int32 {
  fileprivate func clamped(above other: Int32) -> Int32 { Swift.max(self, other + 1) }
}
