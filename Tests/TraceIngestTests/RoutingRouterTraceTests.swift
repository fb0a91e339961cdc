import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct RoutingRouterTraceTests {
  private func read(
    _ files: [[String]], layout: Layout? = Layout(serverCount: 2, gpusPerServer: 1),
    model: ExpertModel? = nil
  ) throws -> (TraceBuffer, IngestSummary) {
    try withScratchFolder { folder in
      var sink = TraceBuffer()
      let paths = try files.enumerated().map {
        try write($0.element, to: "router_trace_rank\($0.offset).jsonl", in: folder)
      }
      let summary = try RouterTraceReader.read(
        paths: paths, options: IngestOptions(layout: layout, model: model), into: &sink)
      return (sink, summary)
    }
  }

  @Test func filesOfManyRanksBecomeOneTrace() throws {
    let (trace, summary) = try read([
      [
        routerLine(step: 4, layer: 0, rank: 0, [[1, 0], [0, 1], [3, 2]]),
        routerLine(step: 5, layer: 0, rank: 0, [[2, 1]]),
      ],
      [
        routerLine(step: 4, layer: 0, rank: 1, [[3, 0]]),
        routerLine(step: 5, layer: 0, rank: 1, [[0, 3], [1, 3]]),
      ],
    ])
    #expect(
      trace.tokensByRow == [
        RoutingRow(iteration: 4, microBatch: 0, layer: 0, group: 0, source: 0, experts: [0, 1]): 2,
        RoutingRow(iteration: 4, microBatch: 0, layer: 0, group: 0, source: 0, experts: [2, 3]): 1,
        RoutingRow(iteration: 4, microBatch: 0, layer: 0, group: 0, source: 1, experts: [0, 3]): 1,
        RoutingRow(iteration: 5, microBatch: 0, layer: 0, group: 0, source: 0, experts: [1, 2]): 1,
        RoutingRow(iteration: 5, microBatch: 0, layer: 0, group: 0, source: 1, experts: [0, 3]): 1,
        RoutingRow(iteration: 5, microBatch: 0, layer: 0, group: 0, source: 1, experts: [1, 3]): 1,
      ])
    #expect(summary.routingUnit == .tokens)
    #expect(summary.used == 4 && summary.areBalanced)
    #expect(summary.ledgers.map(\.unit) == ["lines", "lines"])
  }

  @Test func fourAllToAllsComeFromEachRecordedLayerInRunningOrder() throws {
    let (trace, _) = try read([
      [
        routerLine(step: 0, layer: 1, rank: 0, [[0]]),
        routerLine(step: 0, layer: 0, rank: 0, [[1]]),
      ]
    ])
    let rows = trace.operations.rows
    #expect(
      rows.map { "\($0.layer) \($0.phase.name)" } == [
        "0 dispatch-forward", "0 combine-forward", "1 dispatch-forward", "1 combine-forward",
        "1 combine-backward", "1 dispatch-backward", "0 combine-backward", "0 dispatch-backward",
      ])
    #expect(rows.map(\.id) == (0..<8).map { Int32($0) })
    #expect(rows.map(\.demandSource) == [0, 0, 2, 2, 2, 2, 0, 0])
    #expect(trace.operations.dependencies.isEmpty)
    #expect(Set(trace.routing.operation) == [0, 2])
  }

  @Test func repeatsOfAStepLayerAndRankAreMicroBatches() throws {
    let lines = (0..<3).flatMap { batch in
      (0..<2).map { routerLine(step: 7, layer: $0, rank: 0, [[batch]]) }
    }
    let (trace, summary) = try read([lines])
    #expect(trace.operations.count == 3 * 2 * 4)
    #expect(Set(trace.operations.rows.map(\.microBatch)) == [0, 1, 2])
    for (row, tokens) in trace.tokensByRow {
      #expect(row.experts == [row.microBatch] && tokens == 1)
    }
    #expect(summary.provenance["operations.microBatch"]?.origin == .inferred)
  }

  @Test func theVersionWithoutStageAndBlockIsRead() throws {
    let (trace, _) = try read([[routerLine(step: 0, layer: 3, rank: 1, [[2, 0]], block: nil)]])
    #expect(trace.tokensByRow.keys.first?.experts == [0, 2])
    #expect(trace.operations.rows.allSatisfy { $0.layer == 3 })
  }

  @Test func predictionBlocksFollowTheDecoderLayers() throws {
    let (trace, summary) = try read([
      [
        routerLine(step: 0, layer: 0, rank: 0, [[1]]),
        routerLine(step: 0, layer: 5, rank: 0, [[2]]),
        routerLine(step: 0, layer: 0, rank: 0, [[3]], block: "mtp", mtp: 0),
        routerLine(step: 1, layer: 0, rank: 0, [[3]], block: "mtp", mtp: 0),
      ]
    ])
    #expect(Set(trace.tokensByRow.keys.map(\.layer)) == [0, 5, 6])
    #expect(trace.operations.rows.allSatisfy { $0.microBatch == 0 })
    #expect(summary.notes.contains { $0.contains("numbered as layers from 6") })
  }

  @Test func expertGroupsGetOperationsOfTheirOwn() throws {
    // 4 ranks in two expert groups of two.
    let layout = Layout(
      serverCount: 4, gpusPerServer: 1, parallelism: Parallelism(expert: 2, data: 4))
    let (trace, _) = try read(
      [(0..<4).map { routerLine(step: 0, layer: 0, rank: $0, [[$0]]) }], layout: layout)
    #expect(trace.operations.count == 2 * 4)
    for row in trace.tokensByRow.keys { #expect(row.group == row.source / 2) }
    #expect(trace.operations.rows.prefix(4).map(\.group) == [0, 1, 0, 1])
  }

  @Test func badRecordsAreCountedWithTheirReasons() throws {
    let model = ExpertModel(
      name: "m", layerCount: 1, expertCount: 4, topK: 2, hiddenSize: 1)
    let good = routerLine(step: 0, layer: 0, rank: 0, [[0, 1]])
    let (trace, summary) = try read(
      [
        [
          good,
          "",
          good.replacingOccurrences(of: "\"num_tokens\": 1", with: "\"num_tokens\": 2"),
          routerLine(step: 0, layer: 0, rank: 2, [[0, 1]]),
          routerLine(step: 0, layer: 0, rank: 0, [[0, 4]]),
          routerLine(step: 0, layer: 0, rank: 0, [[-1, 1]]),
          routerLine(step: 0, layer: 0, rank: 0, [[1, 1]]),
          "{\"step\": 0, \"layer\": 0}",
          "{\"step\": 0,",
          good.replacingOccurrences(of: "pre_dispatch", with: "post_dispatch"),
          good.replacingOccurrences(of: "\"layer\": 0", with: "\"layer\": -4"),
          good.replacingOccurrences(of: "\"layer\": 0", with: "\"layer\": 99999999999"),
        ]
      ], model: model)
    #expect(trace.tokenCount == 1)
    let ledger = try #require(summary.ledgers.first)
    #expect(ledger.isBalanced && ledger.read == 12 && ledger.used == 1)
    #expect(ledger.skippedCount == 2 && ledger.malformedCount == 9)
    let reasons = Dictionary(
      uniqueKeysWithValues: ledger.malformed.map { ($0.reason, ($0.count, $0.first)) })
    #expect(reasons[RecordDefect.idCountMismatch.words]?.1 == "line 3")
    #expect(reasons[RecordDefect.rankOutsideLayout.words]?.1 == "line 4")
    #expect(reasons[RecordDefect.expertOutsideModel.words]?.0 == 2)
    #expect(reasons[RecordDefect.repeatedExpert.words]?.1 == "line 7")
    #expect(reasons[RecordDefect.missingField.words]?.1 == "line 8")
    #expect(reasons[JSONDefect.unterminated.words]?.1 == "line 9")
  }

  @Test func aRestartedJobsOldStepsAreSkippedAndCounted() throws {
    let (trace, summary) = try read([
      [3, 4, 3, 4, 5].map { routerLine(step: $0, layer: 0, rank: 0, [[0]]) }
    ])
    #expect(trace.tokenCount == 3)
    #expect(summary.ledgers[0].skipped.map(\.reason) == [LineSkipReason.earlierStep.words])
    #expect(summary.ledgers[0].skipped.map(\.count) == [2])
    #expect(summary.areBalanced)
  }

  /// Three steps of four ranks.
  private let oneRun = (0..<12).map { line in
    routerLine(step: line / 4, layer: 0, rank: line % 4, [[line % 8, 8]])
  }

  @Test func aSecondRunInOneFileDoublesNoStep() throws {
    let once = try read([oneRun], layout: nil)
    let twice = try read([oneRun + oneRun], layout: nil)
    #expect(once.0.routing == twice.0.routing && once.0.operations == twice.0.operations)
    #expect(twice.1.ledgers[0].skipped.map(\.count) == [12])
    #expect(twice.1.notes.contains { $0.hasPrefix("12 lines were left out") })
  }

  @Test func aCopiedFileIsNoMicroBatch() throws {
    let once = try read([oneRun], layout: nil)
    let (trace, summary) = try read([oneRun, oneRun], layout: nil)
    #expect(trace.routing == once.0.routing && trace.operations == once.0.operations)
    #expect(summary.ledgers.map(\.used) == [12, 0] && summary.areBalanced)
    #expect(summary.ledgers[1].skipped.map(\.reason) == [LineSkipReason.otherFile.words])
  }

  @Test func theSameFileTwiceIsReadOnce() throws {
    try withScratchFolder { folder in
      let path = try write(oneRun, to: "a.jsonl", in: folder)
      let link = folder.appendingPathComponent("b.jsonl").path
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
      var sink = TraceBuffer()
      let summary = try RouterTraceReader.read(
        paths: [path, path, link], options: IngestOptions(), into: &sink)
      #expect(sink.tokenCount == 12 && summary.ledgers.count == 1)
      #expect(summary.notes.filter { $0.contains("read once") }.count == 2)
    }
  }

  @Test func oneDamagedRankMakesNoServers() throws {
    let damaged = oneRun[2].replacingOccurrences(of: "\"rank\": 2", with: "\"rank\": 1048575")
    let lines = oneRun.prefix(2) + [damaged] + oneRun.dropFirst(2)
    let (trace, summary) = try read([Array(lines)], layout: nil)
    #expect(summary.layout?.rankCount == 4)
    #expect(trace.tokenCount == 12)
    #expect(summary.ledgers[0].malformed.map(\.first) == ["line 3"])
    #expect(summary.ledgers[0].malformed.first?.reason.contains("--layout") == true)
    // In a later step it is no better.
    let late = try read(
      [oneRun + [damaged.replacingOccurrences(of: "p\": 0", with: "p\": 7")]], layout: nil)
    #expect(late.1.layout?.rankCount == 4 && late.1.ledgers[0].malformedCount == 1)
  }

  @Test func ranksWithGapsAreBelievedAndFewOfManyAreNot() throws {
    func line(_ rank: Int) -> String { routerLine(step: 0, layer: 0, rank: rank, [[0]]) }
    let later = try read([(24..<32).map(line)], layout: nil)
    #expect(later.1.layout?.rankCount == 32 && later.0.tokenCount == 8)
    let error = #expect(throws: IngestError.self) {
      try read([[0, 64, 128, 192].map(line)], layout: nil)
    }
    #expect(error?.description.contains("4 of at least 193 ranks") == true)
    #expect(error?.advice?.contains("--layout") == true)
  }

  @Test(arguments: [
    ("[1, 2, 3, [4]]", JSONDefect.notAnArray.words),
    ("[[1, 2], 3, 4]", JSONDefect.notAnArray.words),
    ("[1, 2, 3, 4]", JSONDefect.notAnArray.words),
    ("[[1, 2, 3], [4]]", RecordDefect.unevenTokens.words),
    ("[[1, 2, 3, 4]]", RecordDefect.unevenTokens.words),
    ("[[1, 2], []]", RecordDefect.idCountMismatch.words),
    ("[[[1, 2]], [[3, 4]]]", JSONDefect.notAnInteger.words),
    ("[[1, 2], [3, 4294967296]]", RecordDefect.numberTooLarge.words),
    ("[[1, 2], [9999999999, 4294967296]]", RecordDefect.numberTooLarge.words),
    ("[[1, 2], [3, -4294967296]]", RecordDefect.expertOutsideModel.words),
    ("[[1, 2], [3, 4096]]", RecordDefect.expertOutsideModel.words),
  ])
  func everyTokenNamesTopKExpertsInARowOfItsOwn(indices: String, reason: String) throws {
    let good = routerLine(step: 0, layer: 0, rank: 0, [[1, 2], [3, 4]])
    let bad = good.replacingOccurrences(of: "[[1, 2], [3, 4]]", with: indices)
    let (trace, summary) = try read([[good, bad]])
    #expect(trace.tokenCount == 2)
    #expect(summary.ledgers[0].malformed.map(\.reason) == [reason])
  }

  @Test func aByteOrderMarkIsNoDamage() throws {
    let (trace, summary) = try read([["\u{FEFF}" + oneRun[0]] + oneRun.dropFirst()], layout: nil)
    #expect(trace.tokenCount == 12 && summary.ledgers[0].malformed.isEmpty)
  }

  @Test func ranksWithoutALayoutBecomeOneExpertGroup() throws {
    let (_, summary) = try read(
      [(0..<16).map { routerLine(step: 0, layer: 0, rank: $0, [[0]]) }], layout: nil)
    #expect(summary.layout == Layout(serverCount: 2, gpusPerServer: 8))
    #expect(summary.provenance["layout"]?.origin == .inferred)
  }

  @Test func aFileWithoutOneGoodRecordIsAnError() {
    let error = #expect(throws: IngestError.self) { try read([["{\"step\": 1}", "nonsense"]]) }
    #expect(
      error?.description.contains("line 2") == true || error?.description.contains("line 1") == true
    )
  }

  @Test(arguments: ["gzip", "zstd"])
  func compressedFilesGiveTheSameRows(program: String) throws {
    guard Programs.exists(program) else { return }
    try withScratchFolder { folder in
      var random = RandomStream(seed: 3)
      let lines = (0..<400).map { line in
        routerLine(
          step: line / 8, layer: line % 4, rank: line / 4 % 2,
          (0..<20).map { _ in random.permutation(8).prefix(2).map { $0 } })
      }
      let plain = try write(lines, to: "a.jsonl", in: folder)
      _ = try Programs.run([program, "-k", plain])
      var first = TraceBuffer()
      var second = TraceBuffer()
      let options = IngestOptions(layout: Layout(serverCount: 2, gpusPerServer: 1))
      _ = try RouterTraceReader.read(paths: [plain], options: options, into: &first)
      let packed = plain + (program == "gzip" ? ".gz" : ".zst")
      let summary = try RouterTraceReader.read(paths: [packed], options: options, into: &second)
      #expect(first.routing == second.routing && first.operations == second.operations)
      #expect(first.tokenCount == 8000)
      #expect(summary.sources[0].format.hasSuffix(", \(program)"))
    }
  }

  @Test func aCutFileGivesWhatCouldBeReadAndSaysSo() throws {
    guard Programs.exists("gzip") else { return }
    try withScratchFolder { folder in
      var random = RandomStream(seed: 5)
      let lines = (0..<2000).map { step in
        routerLine(
          step: step, layer: 0, rank: 0, (0..<10).map { _ in [random.below(4_096)] })
      }
      let path = try write(lines, to: "a.jsonl", in: folder)
      _ = try Programs.run(["gzip", path])
      let packed = try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))
      try packed.prefix(packed.count / 2).write(to: URL(fileURLWithPath: path + ".gz"))
      var sink = TraceBuffer()
      let summary = try RouterTraceReader.read(
        paths: [path + ".gz"], options: IngestOptions(), into: &sink)
      let ledger = summary.ledgers[0]
      #expect(ledger.used > 500 && ledger.used < 1500)
      #expect(ledger.truncation != nil && ledger.hasDamage && ledger.isBalanced)
      #expect(sink.tokenCount == ledger.used * 10)
    }
  }
}
