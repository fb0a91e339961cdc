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

  @Test("a log that ends before the capture does gives what it covers", arguments: [6, 3, 2])
  func logsThatEndEarly(iterations: Int) throws {
    var plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    plan.layers = Array(0..<6)
    plan.iterations = 8
    let run = try Self.run(plan)
    var gates = run.gates
    gates.operations.rows.removeAll { $0.iteration >= iterations }
    let kept = Set(gates.operations.rows.map(\.id))
    gates.routing = RoutingTable()
    for row in 0..<run.gates.routing.count where kept.contains(run.gates.routing.operation[row]) {
      let experts =
        run.gates.routing.expertOffsets[row]..<run.gates.routing.expertOffsets[row + 1]
      gates.routing.append(
        operation: run.gates.routing.operation[row], sourceRank: run.gates.routing.sourceRank[row],
        tokens: run.gates.routing.tokens[row], expertSet: run.gates.routing.experts[experts])
    }
    let (joined, _) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(rightShare(joined, run.truth) > 0.99 * Double(iterations) / 8)
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
    #expect((summary.rules.first?.residual ?? 1) < 0.05)
    #expect(summary.contrast > 0.5)
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
    #expect(summary.rules[0].residual < 0.02)
    #expect(summary.rules[1].residual > summary.rules[0].residual + 0.005)
    #expect(summary.rules.count == 3)
    #expect(summary.notes.contains { $0.contains("declares") } == (rule != .perExpert))
  }

  /// The trace without some of its operations.
  private func without(
    _ trace: Trace, _ isLost: (_ place: Int) -> Bool
  ) -> Trace {
    var kept = trace
    let order = trace.operations.rows.sorted { $0.start < $1.start }.map(\.id)
    let lost = Set(order.indices.filter(isLost).map { order[$0] })
    kept.operations.rows.removeAll { lost.contains($0.id) }
    kept.transfers = TransferTable()
    let all = trace.transfers
    for row in 0..<all.count where !lost.contains(all.operation[row]) {
      kept.transfers.append(
        operation: all.operation[row], source: all.source[row], destination: all.destination[row],
        bytes: all.bytes[row], start: all.start[row], end: all.end[row])
    }
    return kept
  }

  @Test("a capture that begins late and misses bursts finds its place")
  func partial() throws {
    let plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    let run = try Self.run(plan)
    let network = without(run.network) { $0 < 17 || $0 == 23 }
    let (joined, summary) = try TraceJoin(traffic: network, routing: run.gates).run()
    #expect(rightShare(joined, run.truth) > 0.99)
    #expect(summary.matchedCount == summary.measuredCount)
    #expect(summary.expectedCount == 48 && summary.matchedCount == 30)
    let ledger = try #require(joined.metadata.ledgers.last)
    #expect(ledger.skippedCount > 0 && ledger.used == Int64(joined.routing.count))
  }

  @Test("a hole longer than the band is crossed")
  func hole() throws {
    var plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    plan.iterations = 12
    let run = try Self.run(plan)
    let network = without(run.network) { (20..<90).contains($0) }
    let (joined, summary) = try TraceJoin(traffic: network, routing: run.gates).run()
    #expect(summary.matchedCount == 144 - 70)
    #expect(rightShare(joined, run.truth) > 0.99)
  }

  @Test("what ran outside the log's time has no iteration, and is counted")
  func outside() throws {
    let plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    var run = try Self.run(plan)
    // The log of the second and third iteration of four.
    let inside = Set(
      run.gates.operations.rows.filter { [1, 2].contains($0.iteration) }.map(\.id))
    run.gates.operations.rows.removeAll { !inside.contains($0.id) }
    var routing = RoutingTable()
    for row in 0..<run.gates.routing.count
    where inside.contains(run.gates.routing.operation[row]) {
      let all = run.gates.routing
      routing.append(
        operation: all.operation[row], sourceRank: all.sourceRank[row], tokens: all.tokens[row],
        expertSet: all.experts[all.expertOffsets[row]..<all.expertOffsets[row + 1]])
    }
    run.gates.routing = routing
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(summary.matchedCount == 24 && summary.measuredCount == 48)
    let iterations = joined.operations.rows.sorted { $0.start < $1.start }.map(\.iteration)
    #expect(iterations.prefix(12).allSatisfy { $0 == TraceModel.Operation.unknown })
    #expect(
      iterations[12..<24].allSatisfy { $0 == 1 } && iterations[24..<36].allSatisfy { $0 == 2 })
    #expect(iterations.suffix(8).allSatisfy { $0 == TraceModel.Operation.unknown })
    #expect(summary.notes.contains { $0.contains("before or after") })
  }

  @Test("replicas that run in step get the same iterations, also where one could be anywhere")
  func replicas() throws {
    let plan = Self.plan(
      servers: 16, parallelism: Parallelism(expert: 8, data: 16), preset: .mixtral8x7B)
    var run = try Self.run(plan)
    #expect(run.gates.metadata.layout.parallelism.expertData == 2)
    run.network = without(run.network) { $0 < 2 * 12 }
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(rightShare(joined, run.truth) > 0.99)
    #expect(summary.expectedCount == 96)
    // Each replica's operations bear their own group.
    let groups = Set(joined.operations.rows.map(\.group))
    #expect(groups == [0, 1])
  }

  @Test("without a model the shapes alone are compared, and the bytes per token are said")
  func tokens() throws {
    let plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    let network = try Self.capture(plan).0
    let gates = try Self.gates(plan, model: nil)
    let (joined, summary) = try TraceJoin(traffic: network, routing: gates).run()
    #expect(joined.metadata.model == nil)
    // What was measured needs no price.
    let workload = try Workload(trace: joined)
    #expect(
      workload.matrix(of: workload.steps, at: .server).total == joined.transfers.bytes.reduce(0, +))
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
    #expect(error.message.contains("alike") || error.message.contains("unexplained"))
    // The wrong way round, and another layout.
    #expect(throws: IngestError.self) { _ = try TraceJoin(traffic: gates, routing: network).run() }
    var other = gates
    other.metadata.layout = Layout(serverCount: 4, gpusPerServer: 2)
    #expect(throws: IngestError.self) { _ = try TraceJoin(traffic: network, routing: other).run() }
  }

  @Test("strangers whose gates are even are told by what fits no place better than another")
  func evenStrangers() throws {
    var plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    (plan.skew, plan.pairAffinity, plan.tokensPerRank) = (0, 0, 4096)
    let (network, truth) = try Self.capture(plan)
    let own = try Self.gates(plan, model: plan.model)
    #expect(rightShare(try TraceJoin(traffic: network, routing: own).run().trace, truth) > 0.99)
    plan.seed = 77
    let gates = try Self.gates(plan, model: plan.model)
    let error = try #require(throws: IngestError.self) {
      _ = try TraceJoin(traffic: network, routing: gates).run()
    }
    #expect(error.message.contains("other places"))
  }

  @Test("without a model the rule of copies is found out as well")
  func copiesOfTokens() throws {
    let plan = Self.plan(
      servers: 4, gpusPerServer: 4, parallelism: Parallelism(expert: 8, data: 16),
      copies: .perServer, preset: .deepSeekV3)
    let network = try Self.capture(plan).0
    let gates = try Self.gates(plan, model: nil)
    let (_, summary) = try TraceJoin(traffic: network, routing: gates).run()
    #expect(summary.copies == .perServer)
  }

  @Test("damaged rows are named")
  func damaged() throws {
    let plan = Self.plan(parallelism: Parallelism(expert: 8, data: 8))
    let run = try Self.run(plan)
    for (source, bytes) in [(Int32(-1), Int64(1)), (8, 1), (0, -1)] {
      var network = run.network
      network.transfers.source[5] = source
      network.transfers.bytes[5] = bytes
      let error = try #require(throws: IngestError.self) {
        _ = try TraceJoin(traffic: network, routing: run.gates).run()
      }
      #expect(error.location == "transfer row 5")
    }
  }
}
