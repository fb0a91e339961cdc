import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct RoutingTokenLogTests {
  private func line(
    _ problem: Int, _ layer: Int, _ token: Int, _ experts: [Int], key: String = "token_idx"
  ) -> String {
    "{\"dataset\": \"d\", \"problem_id\": \(problem), \"layer\": \(layer), "
      + "\"experts\": \(experts), \"gating_probs\": [0.5, 5e-1], \"\(key)\": \(token)}"
  }

  private func read(
    _ lines: [String], options: IngestOptions = IngestOptions()
  ) throws -> (TraceBuffer, IngestSummary) {
    try withScratchFolder { folder in
      var sink = TraceBuffer()
      let path = try write(lines, to: "routing.jsonl", in: folder)
      let summary = try TokenRoutingReader.read(paths: [path], options: options, into: &sink)
      return (sink, summary)
    }
  }

  @Test func tokensOfAProblemAreDividedAmongSourcesInContiguousBlocks() throws {
    // 8 tokens over 4 servers (4 experts): two each.
    let (trace, summary) = try read((0..<8).map { line(0, 2, $0, [3, $0 % 3]) })
    #expect(summary.layout == Layout(serverCount: 4, gpusPerServer: 1))
    var tokens: [Int32: Int64] = [:]
    for (row, count) in trace.tokensByRow { tokens[row.source, default: 0] += count }
    #expect(tokens == [0: 2, 1: 2, 2: 2, 3: 2])
    #expect(trace.tokensByRow.keys.allSatisfy { $0.experts.last == 3 && $0.layer == 2 })
    #expect(summary.provenance["routing.sourceRank"]?.origin == .inferred)
    #expect(summary.provenance["operations.iteration"]?.origin == .absent)
    #expect(summary.notes.contains { $0.contains("trends cannot be identified") })
  }

  @Test func onlyTheTwoForwardPhasesExist() throws {
    let (trace, _) = try read([
      line(5, 1, 0, [0, 1]), line(5, 0, 0, [0, 1]), line(9, 0, 0, [1, 0], key: "token_pos"),
    ])
    #expect(
      trace.operations.rows.map { "\($0.microBatch) \($0.layer) \($0.phase.name)" } == [
        "0 0 dispatch-forward", "0 0 combine-forward", "0 1 dispatch-forward",
        "0 1 combine-forward", "1 0 dispatch-forward", "1 0 combine-forward",
      ])
    #expect(trace.operations.rows.allSatisfy { $0.iteration == Operation.unknown })
  }

  @Test func repeatedKeysAreSkippedAndCounted() throws {
    let once = (0..<70).map { line(0, 0, $0, [0, 1]) }
    let (trace, summary) = try read(once + once.suffix(3))
    #expect(trace.tokenCount == 70)
    #expect(summary.ledgers[0].skipped.map(\.count) == [3])
    #expect(summary.notes.contains { $0.hasPrefix("3 rows repeat") })
    #expect(summary.areBalanced)
  }

  /// More rows than wait at once, in two layers; `order` says where each row stands.
  private func manyProblems(
    _ count: Int, tokens: Int, shuffled: Bool
  ) throws -> (TraceBuffer, IngestSummary) {
    var rows: [(problem: Int, token: Int)] = []
    for problem in 0..<count { for token in 0..<tokens { rows.append((problem, token)) } }
    if shuffled {
      // Eight problems at a time, as a server batches them.
      rows.sort { ($0.problem / 8, $0.token, $0.problem) < ($1.problem / 8, $1.token, $1.problem) }
    }
    let model = ExpertModel(name: "m", layerCount: 2, expertCount: 8, topK: 2, hiddenSize: 1)
    return try read(
      rows.flatMap { row in
        (0..<2).map { line(row.problem, $0, row.token, [row.token % 7, 7]) }
      }, options: IngestOptions(layout: Layout(serverCount: 8, gpusPerServer: 1), model: model))
  }

  @Test(arguments: [false, true])
  func finishedProblemsAreWrittenBeforeTheLogEnds(shuffled: Bool) throws {
    let (count, tokens) = (6_000, 16)
    let (trace, summary) = try manyProblems(count, tokens: tokens, shuffled: shuffled)
    #expect(summary.used == Int64(count * tokens * 2) && trace.tokenCount == summary.used)
    #expect(!summary.notes.contains { $0.contains("seemed to be finished") })
    #expect(trace.operations.count == count * 2 * 2)
    // Two tokens of each problem for every source, whenever it was written.
    var perSource: [RoutingRow: Int64] = [:]
    for (row, tokens) in trace.tokensByRow {
      var key = row
      key.experts = []
      perSource[key, default: 0] += tokens
    }
    #expect(perSource.count == count * 2 * 8)
    #expect(perSource.values.allSatisfy { $0 == 2 })
  }

  @Test func rowsOfAProblemThatSeemedFinishedAreKeptAndNoted() throws {
    var lines = (0..<8).map { line(-1, 0, $0, [0, 1]) }
    lines += (0..<70_000).map { line($0 / 10, 0, $0 % 10, [0, 1]) }
    lines += (8..<10).map { line(-1, 0, $0, [0, 1]) } + [line(-1, 0, 3, [0, 1])]
    let model = ExpertModel(name: "m", layerCount: 1, expertCount: 2, topK: 2, hiddenSize: 1)
    let (trace, summary) = try read(
      lines, options: IngestOptions(layout: Layout(serverCount: 2, gpusPerServer: 1), model: model))
    #expect(trace.tokenCount == 70_010 && summary.areBalanced)
    #expect(summary.ledgers[0].skipped.map(\.count) == [1])
    #expect(summary.notes.contains { $0.hasPrefix("2 rows came after") })
    #expect(trace.operations.count == 2 * 7_001)
  }

  @Test func badRowsAreCounted() throws {
    let (_, summary) = try read(
      [
        line(0, 0, 0, [0, 1]), line(0, 0, -1, [0, 1]), line(0, 0, 1, [0, 9]),
        line(0, 0, 1, []), "{}", "[]",
      ],
      options: IngestOptions(
        model: ExpertModel(name: "m", layerCount: 1, expertCount: 8, topK: 2, hiddenSize: 1)))
    #expect(summary.ledgers[0].malformedCount == 5 && summary.areBalanced)
    #expect(summary.layout?.serverCount == 8)
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func everyRowOfTheHumanevalLogIsAccountedFor() throws {
    let path = RealInputs.path("routing/mixtral-8x7b-humaneval_2_routing.jsonl")
    #expect(try TraceReaderCatalogue.identify(path) == TokenRoutingReader.self)
    var trace = TraceBuffer()
    let summary = try TokenRoutingReader.read(
      paths: [path], options: IngestOptions(), into: &trace)
    #expect(summary.read == 10_779 && summary.used == 10_779 && summary.areBalanced)
    #expect(trace.tokenCount == 10_779)
    #expect(trace.operations.count == 2 * 32 * 2)
    #expect(summary.layout == Layout(serverCount: 8, gpusPerServer: 1))
    #expect(Set(trace.routing.sourceRank) == Set(0..<8))
    #expect(trace.routing.expertOffsets.last == trace.routing.count * 2)
    // Two copies of 8,192 bytes per token, there and back.
    let model = ExpertModel(
      name: "Mixtral 8x7B", layerCount: 32, expertCount: 8, topK: 2, hiddenSize: 4096)
    let workload = try Workload(
      trace: Trace(
        metadata: TraceMetadata(layout: try #require(summary.layout), model: model),
        operations: trace.operations, routing: trace.routing))
    #expect(workload.steps.count == 128 && workload.iterations == [Operation.unknown])
    #expect(workload.matrix(of: workload.steps).total == 10_779 * 2 * 8_192 * 2)
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func repeatedKeysOfTheRawLogAreFound() throws {
    let path = RealInputs.path("routing/mixtral-8x7b-routing_raw.jsonl")
    var trace = TraceBuffer()
    let summary = try TokenRoutingReader.read(
      paths: [path], options: IngestOptions(), into: &trace)
    #expect(summary.read == 6_777 && summary.used == 4_198 && summary.areBalanced)
    #expect(summary.ledgers[0].skipped.map(\.count) == [2_579])
    #expect(trace.tokenCount == 4_198)
  }
}
