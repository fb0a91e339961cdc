import Testing
import TestSupport
import TraceIngest
import TraceModel
import TraceSynthesis

/// A synthesised run of which only the capture and only the router logs are read.
@Suite("Joining a capture with router logs") struct JoinTests {
  @Test(
    "the operations of the run come back",
    arguments: [
      JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8)),
      JoinRun.plan(
        gpusPerServer: 4, parallelism: Parallelism(tensor: 4, expert: 8, expertTensor: 1, data: 8)),
      JoinRun.plan(
        servers: 16, gpusPerServer: 2, parallelism: Parallelism(expert: 16, data: 32),
        preset: .qwenMoE),
    ])
  func recovered(plan: SynthesisPlan) throws {
    let run = try JoinRun(plan)
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(JoinRun.rightShare(joined, run.truth) > 0.99)
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
    let plan = JoinRun.plan(
      servers: 4, gpusPerServer: 4, parallelism: Parallelism(expert: 8, data: 16), copies: rule,
      preset: .deepSeekV3)
    var declared = plan.model
    declared.copies = .perExpert
    let run = try JoinRun(plan, model: declared)
    let (_, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(summary.copies == rule)
    #expect(summary.rules[0].residual < 0.02)
    #expect(summary.rules[1].residual > summary.rules[0].residual + 0.005)
    #expect(summary.rules.count == 3)
    #expect(summary.notes.contains { $0.contains("declares") } == (rule != .perExpert))
  }

  @Test("a capture that begins late and misses bursts finds its place")
  func partial() throws {
    let plan = JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8))
    let run = try JoinRun(plan)
    let network = run.network.without { $0 < 17 || $0 == 23 }
    let (joined, summary) = try TraceJoin(traffic: network, routing: run.gates).run()
    #expect(JoinRun.rightShare(joined, run.truth) > 0.99)
    #expect(summary.matchedCount == summary.measuredCount)
    #expect(summary.expectedCount == 48 && summary.matchedCount == 30)
    let ledger = try #require(joined.metadata.ledgers.last)
    #expect(ledger.skippedCount > 0 && ledger.used == Int64(joined.routing.count))
  }

  @Test("a hole longer than the band is crossed")
  func hole() throws {
    var plan = JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8))
    plan.iterations = 12
    let run = try JoinRun(plan)
    let network = run.network.without { (20..<90).contains($0) }
    let (joined, summary) = try TraceJoin(traffic: network, routing: run.gates).run()
    #expect(summary.matchedCount == 144 - 70)
    #expect(JoinRun.rightShare(joined, run.truth) > 0.99)
  }

  @Test("replicas that run in step get the same iterations, also where one could be anywhere")
  func replicas() throws {
    let plan = JoinRun.plan(
      servers: 16, parallelism: Parallelism(expert: 8, data: 16), preset: .mixtral8x7B)
    var run = try JoinRun(plan)
    #expect(run.gates.metadata.layout.parallelism.expertData == 2)
    run.network = run.network.without { $0 < 2 * 12 }
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(JoinRun.rightShare(joined, run.truth) > 0.99)
    #expect(summary.expectedCount == 96)
    // Each replica's operations bear their own group.
    let groups = Set(joined.operations.rows.map(\.group))
    #expect(groups == [0, 1])
  }

  @Test("without a model the shapes alone are compared, and the bytes per token are said")
  func tokens() throws {
    let plan = JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8))
    let network = try JoinRun.capture(plan).0
    let gates = try JoinRun.gates(plan, model: nil)
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
    var plan = JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8))
    let network = try JoinRun.capture(plan).0
    plan.seed = 77
    let gates = try JoinRun.gates(plan, model: plan.model)
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
    var plan = JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8))
    (plan.skew, plan.pairAffinity, plan.tokensPerRank) = (0, 0, 4096)
    let (network, truth) = try JoinRun.capture(plan)
    let own = try JoinRun.gates(plan, model: plan.model)
    #expect(
      JoinRun.rightShare(try TraceJoin(traffic: network, routing: own).run().trace, truth) > 0.99)
    plan.seed = 77
    let gates = try JoinRun.gates(plan, model: plan.model)
    let error = try #require(throws: IngestError.self) {
      _ = try TraceJoin(traffic: network, routing: gates).run()
    }
    #expect(error.message.contains("other places"))
  }

  @Test("without a model the rule of copies is found out as well")
  func copiesOfTokens() throws {
    let plan = JoinRun.plan(
      servers: 4, gpusPerServer: 4, parallelism: Parallelism(expert: 8, data: 16),
      copies: .perServer, preset: .deepSeekV3)
    let network = try JoinRun.capture(plan).0
    let gates = try JoinRun.gates(plan, model: nil)
    let (_, summary) = try TraceJoin(traffic: network, routing: gates).run()
    #expect(summary.copies == .perServer)
  }

  @Test("damaged rows are named")
  func damaged() throws {
    let plan = JoinRun.plan(parallelism: Parallelism(expert: 8, data: 8))
    let run = try JoinRun(plan)
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
