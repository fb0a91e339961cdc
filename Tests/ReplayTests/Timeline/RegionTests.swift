import Replay
import Testing
import TraceModel

/// Regions have switches of their own: what one does is no business of another.
@Suite struct RegionTests {
  static let delay = ReconfigurationDelay(name: "test", switchingNanoseconds: 5)

  /// A layer for each matrix; under pipeline parallelism its bytes stay inside one region.
  static func twoRegions(_ layers: [(region: Int, matrix: TrafficMatrix)]) -> Workload {
    Workloads.oneGPUPerServer(
      layers.map { layer in
        var matrix = TrafficMatrix(size: 8)
        for source in 0..<4 {
          for destination in 0..<4 {
            matrix[4 * layer.region + source, 4 * layer.region + destination] =
              layer.matrix[source, destination]
          }
        }
        return matrix
      }, phases: Phase.allToAlls)
  }

  static let pairs = TrafficMatrix(rows: [
    [0, 40, 1, 1], [40, 0, 1, 1], [1, 1, 0, 40], [1, 1, 40, 0],
  ])
  static let crossed = TrafficMatrix(
    rows: [[0, 1, 1, 40], [1, 0, 40, 1], [1, 40, 0, 1], [40, 1, 1, 0]])
  static let pipelined = twoRegions([(0, pairs), (1, crossed), (0, pairs), (1, crossed)])

  static func fabric(
    _ scope: ReconfigurationScope, delay: ReconfigurationDelay = delay
  ) -> FabricSpecification {
    unitFabric(ElectricalAwareGreedy(), servers: 4, delay: delay, scope: scope)
  }

  @Test func circuitsSetOnceAreSetInEveryRegionAtItsFirstDemand() throws {
    let never = try replay(
      Self.pipelined, on: Self.fabric(.changedPortsOnly), options: ReplayOptions(policy: .never))
    let always = try replay(Self.pipelined, on: Self.fabric(.changedPortsOnly, delay: .instant))
    let standing = try replay(
      Self.pipelined, on: Self.fabric(.changedPortsOnly),
      options: ReplayOptions(policy: .never, chargesFirstConfiguration: false))
    #expect(standing.phases.map(\.durationNanoseconds) == always.phases.map(\.durationNanoseconds))
    #expect(never.total.reconfigurations == 2)
    // Each region's first phase waits, at the same time.
    #expect(never.total.blockedNanoseconds == 10)
    #expect(never.total.exposedNanoseconds == 5)
    #expect(never.bytes.circuits > 0)
  }

  @Test func aRegionWithoutDemandKeepsItsCircuitsAndIsNotCharged() throws {
    let result = try replay(Self.pipelined, on: Self.fabric(.changedPortsOnly))
    #expect(result.total.reconfigurations == 2)
    #expect(result.phases.filter(\.hasReconfigured).map(\.layer) == [0, 1])
    #expect(result.phases.map(\.reconfiguredRegionCount).max() == 1)
    #expect(result.total.blockedNanoseconds == 10)
    // A phase counts the circuits of its own region.
    #expect(Set(result.phases.map(\.circuitCount)) == [12])
    let stops = try replay(Self.pipelined, on: Self.fabric(.allStop))
    #expect(stops.phases.map(\.reconfiguredRegionCount).max() == 1)
  }

  @Test func onlyTheRegionThatChangesIsCounted() throws {
    // Region 0 moves the same both times, region 1 crosses its pairs.
    var first = TrafficMatrix(size: 8)
    var second = first
    for source in 0..<4 {
      for destination in 0..<4 {
        first[source, destination] = Self.pairs[source, destination]
        first[4 + source, 4 + destination] = Self.pairs[source, destination]
        second[source, destination] = Self.pairs[source, destination]
        second[4 + source, 4 + destination] = Self.crossed[source, destination]
      }
    }
    let result = try replay(
      Workloads.oneGPUPerServer([first, second]), on: Self.fabric(.changedPortsOnly))
    #expect(result.phases.map(\.reconfiguredRegionCount) == [2, 1])
  }

  @Test(arguments: ReconfigurationScope.allCases)
  func theCountDoesNotDependOnTheDelay(scope: ReconfigurationScope) throws {
    let workload = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(3), Fixtures.p8(2)], phases: Phase.allToAlls)
    let counts = try [ReconfigurationDelay.instant, Self.delay].map {
      try replay(workload, on: unitFabric(ElectricalAwareGreedy(), delay: $0, scope: scope))
        .total.reconfigurations
    }
    #expect(counts[0] == counts[1])
    #expect(counts[0] > 0)
  }

  @Test func withoutCircuitsNothingIsReconfigured() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    for fabric in [
      unitFabric(MixNetGreedy(.continue), optical: 0, sharing: .exclusive, delay: Self.delay),
      unitFabric(MixNetGreedy(.continue), servers: 1, sharing: .exclusive, delay: Self.delay),
    ] {
      let result = try replay(workload, on: fabric)
      #expect(result.total.reconfigurations == 0)
      #expect(result.total.blockedNanoseconds == 0)
      #expect(try topologyValue(of: workload, on: fabric).value == nil)
      #expect(try breakEvenDelay(of: ValueTests.alternating, on: fabric).value == nil)
    }
    #expect(
      try topologyValue(of: Fixtures.f8, opticalPorts: 0, electricalPorts: 2).value == nil)
  }

  @Test func unknownGroupsOfOneLayerOpenNoEpochOfTheirOwn() throws {
    var demands = DemandSet()
    let halves = [demands.append(Fixtures.p8(3)), demands.append(Fixtures.p8(2))]
    var steps: [Workload.Step] = []
    for phase in [Phase.dispatchForward, .combineForward] {
      for demand in halves {
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
            iteration: 0, microBatch: 0, layer: 0, demand: demand,
            isTransposed: phase.runsFromExperts))
      }
    }
    let workload = Workload(
      grain: .server, layout: Layout(serverCount: 8, gpusPerServer: 1), demands: demands,
      steps: steps)
    let plan = try PhasePlan(workload, iterations: nil)
    #expect(plan.phases.map(\.opensEpoch) == [true, true, false, false])
    #expect(plan.phases.map(\.opener) == [0, 1, 0, 1])
  }

  @Test func circuitsAreMeasuredAgainstAllCommunicationWhileTheyAreInPlace() throws {
    // One pair of servers talks in the first of two equally long phases, the other waits for it; the
    // circuits stay.
    var first = TrafficMatrix(size: 4)
    first[0, 1] = 80
    var second = TrafficMatrix(size: 4)
    second[2, 3] = 80
    let free = Workloads.oneGPUPerServer([first, second])
    let workload = Workload(
      grain: free.grain, layout: free.layout, demands: free.demands,
      steps: free.steps.map {
        var step = $0
        if step.operation == 1 { step.predecessors = [0] }
        return step
      })
    let result = try replay(
      workload, on: unitFabric(MixNetGreedy(.continue), servers: 2, sharing: .exclusive),
      options: ReplayOptions(policy: .never))
    let use = try #require(result.busiestLinks.first { $0.name == "circuit 0 → 1" })
    #expect(abs(use.utilisation - 0.5) < 1e-9)
    let later = try #require(result.busiestLinks.first { $0.name == "circuit 2 → 3" })
    #expect(abs(later.utilisation - 1) < 1e-9)
  }
}
