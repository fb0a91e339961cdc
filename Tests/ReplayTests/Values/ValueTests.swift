import Replay
import Testing
import TraceModel

@Suite struct ValueTests {
  /// Eight iterations of two layers whose pairs alternate.
  static let alternating = Workloads.oneGPUPerServer(
    (0..<8).flatMap { _ in [Fixtures.p8(3), Fixtures.p8(2)] },
    iterations: (0..<8).flatMap { [Int32($0), Int32($0)] })

  @Test func reconfiguringPaysForAlternatingPairs() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    let value = try #require(try reconfigurationValue(of: Self.alternating, on: fabric).value)
    // No static circuits serve both better than the circulant's 20.25 by much.
    #expect(value > 0.5)
    #expect(value <= 20.25 / 10.625 - 1 + 1e-9)
    let breakEven = try #require(try breakEvenDelay(of: Self.alternating, on: fabric).value)
    #expect(abs(breakEven - value * 10.625) < 1e-6)
  }

  @Test func theValuesTogetherAreTheValuesAlone() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    for workload in [Self.alternating, Workloads.oneGPUPerServer([Fixtures.p8(3)])] {
      let worth = try OpticalWorth(of: workload, on: fabric)
      #expect(try worth.topology == topologyValue(of: workload, on: fabric))
      #expect(try worth.reconfiguration == reconfigurationValue(of: workload, on: fabric))
      #expect(try worth.breakEvenNanoseconds == breakEvenDelay(of: workload, on: fabric))
    }
    #expect(try OpticalWorth(of: Self.alternating, on: unitFabric(nil)).topology.value == nil)
  }

  @Test func oneMatrixMeasuresNothingAboutReconfiguring() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    let single = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(3)], iterations: [0, 1], phases: Phase.allToAlls)
    guard case .notMeasurable(let reason) = try reconfigurationValue(of: single, on: fabric) else {
      Issue.record("a single matrix gave a number")
      return
    }
    #expect(reason.contains("single"))
    let oneIteration = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    #expect(try reconfigurationValue(of: oneIteration, on: fabric).value == nil)
  }

  @Test func pairStructureIsWorthATopology() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3)])
    let value = try #require(try topologyValue(of: workload, on: fabric).value)
    #expect(abs(value - (20.25 / 10.625 - 1)) < 1e-9)
    #expect(Measurement.value(value).isWorthwhile)
    #expect(try topologyValue(of: workload, on: unitFabric(nil)).value == nil)
  }

  @Test func breakEvenCountsOnlyTheChangesThatCost() throws {
    // Forward and backward of a layer share circuits, so with changed ports only half the passes change.
    let workload = Workloads.oneGPUPerServer(
      (0..<4).flatMap { _ in [Fixtures.p8(3), Fixtures.p8(2)] },
      iterations: (0..<4).flatMap { [Int32($0), Int32($0)] },
      phases: [.dispatchForward, .combineBackward])
    let all = try #require(
      try breakEvenDelay(of: workload, on: unitFabric(ElectricalAwareGreedy())).value)
    let changed = try #require(
      try breakEvenDelay(
        of: workload, on: unitFabric(ElectricalAwareGreedy(), scope: .changedPortsOnly)
      ).value)
    #expect(abs(changed - 2 * all) < 1e-9 * changed)
  }

  @Test func hindsightLiesBetweenInstantAndStatic() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    func study(_ delay: Double) throws -> HindsightStudy {
      try #require(
        try hindsight(of: Self.alternating, on: fabric, delayNanoseconds: delay))
    }
    let free = try study(0)
    #expect(free.stepCount == 16)
    #expect(free.candidateCount >= 3)
    #expect(abs(free.instantNanoseconds - 16 * 10.625) < 1e-9)
    #expect(abs(free.best.nanoseconds - free.instantNanoseconds) < 1e-9)
    #expect(free.staticNanoseconds <= 16 * 20.25 + 1e-9)
    let saved = (free.staticNanoseconds - free.instantNanoseconds) / 16
    #expect(free.breakEvenNanoseconds >= saved - 1e-9)
    let dear = try study(free.breakEvenNanoseconds * 1.001)
    #expect(dear.best.changes == 0)
    #expect(dear.best.nanoseconds == dear.staticNanoseconds)
    let cheap = try study(free.breakEvenNanoseconds * 0.999)
    #expect(cheap.best.changes > 0)
    #expect(cheap.best.nanoseconds < cheap.staticNanoseconds)
    #expect(try hindsight(of: Self.alternating, on: unitFabric(nil)) == nil)
  }

  @Test func computeHidesTheDelayOfABackwardPassOnly() throws {
    func study(_ phase: Phase) throws -> HindsightStudy {
      let workload = Workloads.oneGPUPerServer(
        [Fixtures.p8(3), Fixtures.p8(2), Fixtures.p8(3), Fixtures.p8(2)], compute: 1000,
        phases: [phase])
      return try #require(
        try hindsight(
          of: workload, on: unitFabric(ElectricalAwareGreedy()), delayNanoseconds: 900))
    }
    #expect(try study(.combineBackward).best.nanoseconds == 4 * 10.625)
    #expect(try study(.dispatchForward).best.changes == 0)
  }

  @Test func predictorsAreScoredByTheTimeThatTheyCost() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    // Layer by layer last time's demand is this time's.
    let steady = try #require(
      try predictorRegret(
        of: Self.layered((0..<16).map { Fixtures.p8($0 % 2 == 0 ? 3 : 2) }, perIteration: 2),
        on: fabric, predictor: LastValuePredictor()))
    #expect(steady.regret.value == 0)
    #expect(steady.scoredCount == 14 && steady.unpredictedCount == 2)
    // One layer whose pairs alternate: last time's circuits are the wrong ones, every time.
    let demands = (0..<6).map { Fixtures.p8($0 % 2 == 0 ? 3 : 2) }
    let moving = Self.layered(demands, perIteration: 1)
    let stale = try #require(
      try predictorRegret(of: moving, on: fabric, predictor: LastValuePredictor()))
    #expect(abs(try #require(stale.regret.value) - (41.5 / 10.625 - 1)) < 1e-9)
    let oracle = try #require(
      try predictorRegret(
        of: moving, on: fabric, predictor: OraclePredictor(demands.map { (0, $0) })))
    #expect(oracle.regret.value == 0)
    #expect(oracle.scoredCount == 6)
    // Loads say nothing about pairs: Copilot sees a uniform demand.
    let copilot = try #require(
      try predictorRegret(of: moving, on: fabric, predictor: CopilotPredictor()))
    #expect(try #require(copilot.regret.value) > 0.5)
    #expect(
      try predictorRegret(
        of: moving, on: unitFabric(Circulant()), predictor: LastValuePredictor()) == nil)
  }

  /// Several iterations of the same layers.
  static func layered(
    _ demands: [TrafficMatrix], perIteration layers: Int, compute: Double = 0
  ) -> Workload {
    let workload = Workloads.oneGPUPerServer(
      demands, iterations: demands.indices.map { Int32($0 / layers) }, compute: compute)
    return Workload(
      grain: workload.grain, layout: workload.layout, demands: workload.demands,
      steps: workload.steps.enumerated().map { index, step in
        var step = step
        step.layer = Int32(index % layers)
        return step
      })
  }
}
