import Replay
import Testing
import TraceModel

/// Policies on the demand whose circuits for one phase are the worst for the next.
@Suite struct PolicyTests {
  /// One layer whose demand alternates from iteration to iteration.
  static func alternating(_ count: Int, compute: Double = 0) -> Workload {
    let layers = Workloads.oneGPUPerServer(
      (0..<count).map { Fixtures.p8($0 % 2 == 0 ? 3 : 2) },
      iterations: (0..<count).map { Int32($0) }, compute: compute)
    return Workload(
      grain: layers.grain, layout: layers.layout, demands: layers.demands,
      steps: layers.steps.map {
        var step = $0
        step.layer = 0
        return step
      })
  }

  static func durations(_ policy: ReconfigurationPolicy, _ predictor: (any DemandPredictor)? = nil)
    throws -> [Double]
  {
    try replay(
      alternating(4), on: unitFabric(ElectricalAwareGreedy()),
      options: ReplayOptions(policy: policy, predictor: predictor.map { PredictorChoice($0) })
    ).phases.map(\.durationNanoseconds)
  }

  static func near(_ left: [Double], _ right: [Double]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) < 1e-9 }
  }

  @Test func aStaleTopologyLosesToAnyFixedOne() throws {
    let matched = [10.625, 10.625, 10.625, 10.625]
    #expect(Self.near(try Self.durations(.always), matched))
    #expect(Self.near(try Self.durations(.never), [10.625, 41.5, 10.625, 41.5]))
    // The last value is always the wrong one here; nothing is known before the first.
    let stale = try Self.durations(.predicted(recalibrates: false), LastValuePredictor())
    #expect(Self.near(stale, [10.625, 41.5, 41.5, 41.5]))
    let oracle = OraclePredictor(
      (0..<4).map { (0, Fixtures.p8($0 % 2 == 0 ? 3 : 2)) })
    #expect(Self.near(try Self.durations(.predicted(recalibrates: false), oracle), matched))
    let fixed = try replay(Self.alternating(4), on: unitFabric(Circulant()))
    #expect(Self.near(fixed.phases.map(\.durationNanoseconds), [20.25, 20.25, 20.25, 20.25]))
    #expect(stale.reduce(0, +) > fixed.completionNanoseconds)
  }

  @Test func hysteresisDoesNotFollowWhatComesBack() throws {
    // Over two passes the new circuits gain nothing: what one gains the other loses.
    let calm = try Self.durations(.hysteresis(factor: 1, epochs: 2))
    #expect(Self.near(calm, [10.625, 41.5, 10.625, 41.5]))
    let nervous = try Self.durations(.hysteresis(factor: 1, epochs: 1))
    #expect(Self.near(nervous, [10.625, 10.625, 10.625, 10.625]))
  }

  @Test func predictedCircuitsHideBehindComputeAndCanBeRecalibrated() throws {
    let delay = ReconfigurationDelay(switchingNanoseconds: 5)
    let fabric = unitFabric(ElectricalAwareGreedy(), delay: delay)
    let steady = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(3)], iterations: [0, 1], compute: 7,
      phases: [.dispatchForward, .combineForward])
    let workload = Workload(
      grain: steady.grain, layout: steady.layout, demands: steady.demands,
      steps: steady.steps.map {
        var step = $0
        step.layer = 0
        return step
      })
    func run(_ policy: ReconfigurationPolicy) throws -> ReplayResult {
      try replay(
        workload, on: fabric,
        options: ReplayOptions(policy: policy, predictor: PredictorChoice(LastValuePredictor())))
    }
    let exact = try run(.always)
    #expect(exact.total.exposedNanoseconds == 10)
    let predicted = try run(.predicted(recalibrates: false))
    #expect(predicted.iterations.map(\.exposedNanoseconds) == [5, 0])
    #expect(predicted.iterations[1].hiddenNanoseconds == 5)
    // The combine's circuits are set up once more, behind the experts.
    let recalibrated = try run(.predicted(recalibrates: true))
    #expect(recalibrated.total.reconfigurations == 4)
    #expect(recalibrated.completionNanoseconds == predicted.completionNanoseconds)
    #expect(throws: ReplayError.self) {
      try replay(
        workload, on: fabric, options: ReplayOptions(policy: .predicted(recalibrates: false)))
    }
  }

  @Test func pairsOnTheEPSDoNotWaitForCircuits() throws {
    // One circuit per server: 0 and 1 exchange most bytes and get it, 0 and 2 go over the EPS.
    var matrix = TrafficMatrix(size: 3)
    matrix[0, 1] = 100
    matrix[0, 2] = 10
    let fabric = unitFabric(
      MixNetGreedy(.continue), optical: 1, nics: 2, servers: 3, sharing: .exclusive,
      delay: ReconfigurationDelay(switchingNanoseconds: 50))
    let result = try replay(Workloads.oneGPUPerServer([matrix]), on: fabric)
    #expect(result.completionNanoseconds == 150)
    #expect(result.phases[0].startNanoseconds == 0)
    #expect(result.phases[0].durationNanoseconds == 150)
    #expect(result.phases[0].blockedNanoseconds == 50)
    #expect(result.total.exposedNanoseconds == 50)
  }

  @Test func circuitsKeptInPlaceCarryWhileOthersChange() throws {
    // 0 ↔ 1 keeps its circuit; 2 ↔ 3 becomes 2 ↔ 4.
    func matrix(_ partner: Int) -> TrafficMatrix {
      var matrix = TrafficMatrix(size: 5)
      for (left, right) in [(0, 1), (2, partner)] {
        matrix[left, right] = 100
        matrix[right, left] = 100
      }
      return matrix
    }
    // The second step of 0 and 1 decides: it has twice the bytes.
    var second = matrix(4)
    second[0, 1] = 200
    let workload = Workloads.oneGPUPerServer([matrix(3), second])
    func completion(_ scope: ReconfigurationScope) throws -> Double {
      let fabric = unitFabric(
        MixNetGreedy(.continue), optical: 1, nics: 2, servers: 5, sharing: .exclusive,
        delay: ReconfigurationDelay(switchingNanoseconds: 50), scope: scope)
      return try replay(
        workload, on: fabric, options: ReplayOptions(chargesFirstConfiguration: false)
      ).completionNanoseconds
    }
    #expect(try completion(.changedPortsOnly) == 300)
    #expect(try completion(.allStop) == 350)
  }
}
