import Testing
import TraceIngest
import TraceModel
import TraceSynthesis

@Suite("Joining runs of several micro-batches and pipeline stages") struct JoinPipelineTests {
  private static func plan(stages: Int, microBatches: Int) -> SynthesisPlan {
    var plan = JoinRun.plan(
      servers: 4 * stages, parallelism: Parallelism(expert: 4, pipeline: stages, data: 4))
    plan.layers = Array(0..<Int32(4 * stages)).map(Int.init)
    plan.sharesOutLayers = true
    plan.iterations = 2
    plan.microBatches = microBatches
    plan.tokensPerRank = 32
    return plan
  }

  /// How jobs take turns, each written down from its own description.
  enum Schedule: String, CaseIterable {
    case serial, allForwardFirst, lastBackwardFirst, oneForwardOneBackward, interleaved

    func passes(ofStage stage: Int, of stages: Int, microBatches: Int) -> [WireRun.Pass] {
      let all = 0..<microBatches
      func forward(_ microBatch: Int) -> WireRun.Pass {
        WireRun.Pass(microBatch: microBatch, isBackward: false)
      }
      func backward(_ microBatch: Int) -> WireRun.Pass {
        WireRun.Pass(microBatch: microBatch, isBackward: true)
      }
      switch self {
      case .serial: return all.flatMap { [forward($0), backward($0)] }
      case .allForwardFirst: return all.map(forward) + all.map(backward)
      case .lastBackwardFirst: return all.map(forward) + all.reversed().map(backward)
      case .oneForwardOneBackward:
        let runUp = min(stages - 1 - stage, microBatches)
        return all.prefix(runUp).map(forward)
          + all.dropFirst(runUp).flatMap { [forward($0), backward($0 - runUp)] }
          + all.suffix(runUp).map(backward)
      case .interleaved:
        // Megatron-Core: two virtual stages of two layers each, in groups of as many micro-batches
        // as there are stages.
        func pass(_ number: Int, isBackward: Bool) -> WireRun.Pass {
          let inGroup = number % (2 * stages)
          let chunk = isBackward ? 1 - inGroup / stages : inGroup / stages
          let first = Int32(4 * stage + 2 * chunk)
          return WireRun.Pass(
            microBatch: number / (2 * stages) * stages + inGroup % stages, isBackward: isBackward,
            layers: first...first + 1)
        }
        let count = 2 * microBatches
        let runUp = min(count, (stages - 1 - stage) * 2 + stages)
        return (0..<runUp).map { pass($0, isBackward: false) }
          + (runUp..<count).flatMap {
            [pass($0, isBackward: false), pass($0 - runUp, isBackward: true)]
          } + (count - runUp..<count).map { pass($0, isBackward: true) }
      }
    }

    /// The order as it is printed for the first of several stages.
    var words: String {
      switch self {
      case .serial: "one micro-batch after the other"
      case .allForwardFirst: "all forward first"
      case .lastBackwardFirst: "the last micro-batch backward first"
      case .oneForwardOneBackward: "1F1B after a run-up"
      case .interleaved: "interleaved over 2 virtual stages"
      }
    }
  }

  @Test(
    "every all-to-all is found whatever the order of passes, and the order is said",
    arguments: Schedule.allCases, [(stages: 2, microBatches: 4), (stages: 3, microBatches: 6)])
  func schedules(schedule: Schedule, sizes: (stages: Int, microBatches: Int)) throws {
    let plan = Self.plan(stages: sizes.stages, microBatches: sizes.microBatches)
    let gates = try JoinRun.gates(plan, model: plan.model)
    let run = try WireRun(gates) {
      schedule.passes(ofStage: $0, of: sizes.stages, microBatches: sizes.microBatches)
    }
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(run.truth.count == 2 * sizes.microBatches * 4 * sizes.stages * 4)
    #expect(run.rightCount(in: joined) == run.truth.count)
    #expect(summary.matchedCount == run.truth.count)
    #expect(summary.orders.map(\.stage) == Array(0..<Int32(sizes.stages)))
    let first = try #require(summary.orders.first)
    #expect(first.order.contains(schedule.words))
    #expect(first.meanDistance < 1e-6 && first.runnerUpMeanDistance > first.meanDistance)
  }

  @Test("bursts that are missing do not hide the order of passes")
  func holes() throws {
    let plan = Self.plan(stages: 2, microBatches: 4)
    let gates = try JoinRun.gates(plan, model: plan.model)
    let run = try WireRun(gates) {
      Schedule.oneForwardOneBackward.passes(ofStage: $0, of: 2, microBatches: 4)
    }
    let network = run.network.without { $0 < 21 || (101..<104).contains($0) || $0 == 180 }
    let (joined, _) = try TraceJoin(traffic: network, routing: gates).run()
    #expect(run.rightCount(in: joined) == network.operations.count)
  }

  @Test("micro-batches whose gates choose alike are not told apart, and that is said")
  func alike() throws {
    let plan = Self.plan(stages: 2, microBatches: 3)
    var gates = try JoinRun.gates(plan, model: plan.model)
    // Every micro-batch routes as the first one does.
    var first = RoutingTable()
    let all = gates.routing
    var operationOf: [Int32: TraceModel.Operation] = [:]
    for operation in gates.operations.rows { operationOf[operation.id] = operation }
    for operation in gates.operations.rows where operation.phase == .dispatchForward {
      for row in 0..<all.count {
        guard let other = operationOf[all.operation[row]], other.microBatch == 0,
          other.iteration == operation.iteration, other.layer == operation.layer
        else { continue }
        first.append(
          operation: operation.id, sourceRank: all.sourceRank[row], tokens: all.tokens[row],
          expertSet: all.experts[all.expertOffsets[row]..<all.expertOffsets[row + 1]])
      }
    }
    gates.routing = first
    let run = try WireRun(gates) { _ in
      Schedule.allForwardFirst.passes(ofStage: 0, of: 2, microBatches: 3)
    }
    let (_, summary) = try TraceJoin(traffic: run.network, routing: gates).run()
    #expect(summary.notes.contains { $0.contains("cannot be told") })
  }

  @Test("the tool's own pipelined captures come back", arguments: [(2, 3), (4, 8)])
  func captured(stages: Int, microBatches: Int) throws {
    var plan = Self.plan(stages: stages, microBatches: microBatches)
    plan.tokensPerRank = 128
    let run = try JoinRun(plan)
    let (joined, summary) = try TraceJoin(traffic: run.network, routing: run.gates).run()
    #expect(JoinRun.rightShare(joined, run.truth) > 0.99)
    #expect(summary.matchedCount == summary.expectedCount)
  }
}
