import Foundation
import Testing
import TestSupport
import TraceIngest
import TraceModel
import TraceSynthesis

/// A synthesised run of which only the capture and only the router logs are read.
@Suite("Joining a capture with router logs") struct JoinTests {
  private struct Run {
    var network: Trace
    var gates: Trace
    var truth: [SynthesisedBurst]
  }

  private static func plan(
    servers: Int = 8, gpusPerServer: Int = 1, parallelism: Parallelism,
    copies: CopyRule = .perExpert,
    preset: ModelPreset = .mixtral8x7B
  ) -> SynthesisPlan {
    var plan = SynthesisPlan(preset: preset, tokensPerRank: 256)
    plan.layout = Layout(
      serverCount: servers, gpusPerServer: gpusPerServer, parallelism: parallelism)
    plan.layers = [0, 1, 2]
    plan.iterations = 4
    plan.model.copies = copies
    return plan
  }

  private static func capture(_ plan: SynthesisPlan) throws -> (Trace, [SynthesisedBurst]) {
    try withScratchFolder { folder in
      var parameters = CaptureParameters()
      parameters.byteReduction = 512
      parameters.messageBytes = 16 << 10
      let path = folder.appendingPathComponent("capture.pcap").path
      let truth = try synthesiseCapture(plan, parameters: parameters, path: path)
      var captured = TraceBuffer()
      let summary = try CaptureReader.read(
        paths: [path], options: IngestOptions(layout: plan.addressedLayout), into: &captured)
      let layout = summary.layout ?? plan.addressedLayout
      var found = TraceBuffer()
      _ = try Attribution(layout: layout).run(
        forEachBlock: { try $0(captured.messages) }, into: &found)
      let trace = Trace(
        metadata: TraceMetadata(layout: layout), operations: found.operations,
        transfers: found.transfers)
      return (trace, truth.bursts)
    }
  }

  private static func gates(_ plan: SynthesisPlan, model: ExpertModel?) throws -> Trace {
    try withScratchFolder { folder in
      let paths = try synthesiseRouterLogs(plan, folder: folder.appendingPathComponent("logs").path)
      var routed = TraceBuffer()
      let summary = try RouterTraceReader.read(
        paths: paths, options: IngestOptions(layout: plan.layout, model: model), into: &routed)
      return Trace(
        metadata: TraceMetadata(
          layout: plan.layout, model: model, routingUnit: summary.routingUnit),
        operations: routed.operations, routing: routed.routing)
    }
  }

  private static func run(_ plan: SynthesisPlan, model: ExpertModel? = nil) throws -> Run {
    let (network, truth) = try capture(plan)
    return Run(network: network, gates: try gates(plan, model: model ?? plan.model), truth: truth)
  }

  /// Share of bytes whose iteration, layer and phase are those of the burst that they were in.
  private func rightShare(_ joined: Trace, _ truth: [SynthesisedBurst]) -> Double {
    var operationOf: [Int32: TraceModel.Operation] = [:]
    for operation in joined.operations.rows { operationOf[operation.id] = operation }
    var (right, all) = (0.0, 0.0)
    for row in 0..<joined.transfers.count {
      let start = joined.transfers.start[row]
      guard let burst = truth.last(where: { $0.start <= start }) else { continue }
      let operation = operationOf[joined.transfers.operation[row]]
      let isRight =
        operation?.iteration == burst.iteration && operation?.layer == burst.layer
        && operation?.phase == burst.phase
      all += Double(joined.transfers.bytes[row])
      if isRight { right += Double(joined.transfers.bytes[row]) }
    }
    return right / all
  }

  @Test(
    "the operations of the run come back",
    arguments: [
      plan(parallelism: Parallelism(expert: 8, data: 8)),
      plan(
        gpusPerServer: 4, parallelism: Parallelism(tensor: 4, expert: 8, expertTensor: 1, data: 8)),
      plan(
        servers: 16, gpusPerServer: 2, parallelism: Parallelism(expert: 16, data: 32),
        preset: .qwenMoE),
    ])
  func recovered(plan: SynthesisPlan) throws {
    let run = try Self.run(plan)
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(rightShare(joined, run.truth) > 0.99)
    #expect((summary.unexplained.first?.share ?? 1) < 0.05)
    #expect(joined.metadata.model?.copies == .perExpert)
    #expect(joined.metadata.model?.compute.isDeclared == false)
    #expect(joined.routing.count == run.gates.routing.count)
    #expect(joined.metadata.ledgers.contains { !$0.isBalanced } == false)
    // What was measured is as it was.
    #expect(joined.transfers == run.network.transfers)
  }

  @Test("the rule of copies is found out", arguments: CopyRule.allCases)
  func copies(rule: CopyRule) throws {
    let plan = Self.plan(
      servers: 4, gpusPerServer: 4, parallelism: Parallelism(expert: 8, data: 16), copies: rule,
      preset: .deepSeekV3)
    var declared = plan.model
    declared.copies = .perExpert
    let run = try Self.run(plan, model: declared)
    let (_, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(summary.copies == rule)
    let (best, next) = (summary.unexplained[0].share, summary.unexplained[1].share)
    #expect(best < 0.02 && next > best + 0.005)
    #expect(summary.unexplained.count == 3)
  }

  @Test("a capture that begins late and misses bursts finds its place")
  func partial() throws {
    let plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    var run = try Self.run(plan)
    let starts = run.network.operations.rows.map(\.start).sorted()
    let lost = Set(
      run.network.operations.rows.filter { $0.start < starts[17] || $0.start == starts[23] }
        .map(\.id))
    run.network.operations.rows.removeAll { lost.contains($0.id) }
    var kept = TransferTable()
    for row in 0..<run.network.transfers.count
    where !lost.contains(run.network.transfers.operation[row]) {
      let all = run.network.transfers
      kept.append(
        operation: all.operation[row], source: all.source[row], destination: all.destination[row],
        bytes: all.bytes[row], start: all.start[row], end: all.end[row])
    }
    run.network.transfers = kept
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(rightShare(joined, run.truth) > 0.99)
    #expect(summary.matchedCount == summary.measuredCount)
    #expect(summary.expectedCount == 48 && summary.matchedCount == 30)
    let ledger = try #require(joined.metadata.ledgers.last)
    #expect(ledger.isBalanced && ledger.skippedCount > 0)
  }

  @Test("without a model the shapes alone are compared, and the bytes per token are said")
  func tokens() throws {
    let plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    let network = try Self.capture(plan).0
    let gates = try Self.gates(plan, model: nil)
    let (joined, summary) = try TraceJoin(traffic: network, routing: gates).run()
    #expect(joined.metadata.model == nil)
    let factor = try #require(summary.factors.first { $0.phase == .dispatchForward }?.factor)
    // Hidden size × 2 bytes × tokens per logged token ÷ the capture's reduction.
    let expected =
      Double(plan.model.bytesPerLoggedToken(in: .dispatchForward)) / 512
    #expect(abs(factor / expected - 1) < 0.05)
    #expect(summary.notes.contains { $0.contains("no model") })
  }

  @Test("traces of different runs are refused, with the share that stays unexplained")
  func strangers() throws {
    var plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    let network = try Self.capture(plan).0
    plan.seed = 77
    let gates = try Self.gates(plan, model: plan.model)
    let error = try #require(throws: IngestError.self) {
      _ = try TraceJoin(traffic: network, routing: gates).run()
    }
    #expect(error.message.contains("unexplained"))
    // The wrong way round, and another layout.
    #expect(throws: IngestError.self) { _ = try TraceJoin(traffic: gates, routing: network).run() }
    var other = gates
    other.metadata.layout = Layout(serverCount: 4, gpusPerServer: 2)
    #expect(throws: IngestError.self) { _ = try TraceJoin(traffic: network, routing: other).run() }
  }
}
