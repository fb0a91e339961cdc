import Replay
import TestSupport
import Testing
import TraceModel

@Suite struct FatTreePathTests {
  static func fabric(
    _ routing: PathRouting, leaf: Double = 1, pod: Double = 1, nics: Int = 1
  ) -> FabricSpecification {
    FabricSpecification(
      name: "tree", summary: "",
      electrical: FatTree(
        serversPerLeaf: 2, leavesPerPod: 2, leafOversubscription: leaf, podOversubscription: pod,
        routing: routing), nicsPerServer: nics, nicBitsPerSecond: 8e9)
  }

  @Test func aPermutationMeetsNoOtherFlowUnderDModK() throws {
    // Every destination has cables of its own on the way down, and here on the way up as well.
    var shift = TrafficMatrix(size: 8)
    for source in 0..<8 { shift[source, (source + 4) % 8] = 10 }
    let fixed = try DirectFixtures.completion(of: shift, on: Self.fabric(.destinationModulo))
    #expect(fixed == 10)
  }

  @Test func hashedFlowsCollideByTheirSeed() throws {
    var shift = TrafficMatrix(size: 8)
    for source in 0..<8 { shift[source, (source + 4) % 8] = 10 }
    let times = try (0..<8).map {
      try DirectFixtures.completion(
        of: shift, on: Self.fabric(.hashed(seed: UInt64($0), queuePairsPerPair: 1)))
    }
    let again = try DirectFixtures.completion(
      of: shift, on: Self.fabric(.hashed(seed: 3, queuePairsPerPair: 1)))
    #expect(times[3] == again)
    #expect(Set(times).count > 1)
    #expect(times.allSatisfy { $0 >= 10 })
    // Many queue pairs come near spraying.
    let many = try DirectFixtures.completion(
      of: shift, on: Self.fabric(.hashed(seed: 3, queuePairsPerPair: 256)))
    #expect(many < 10 * 1.2)
  }

  @Test(arguments: [1.0, 2, 3], [1, 4]) func realCablesCarryWhatThePoolDoes(
    ratio: Double, nics: Int
  ) throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.f8])
    func rates(_ routing: PathRouting) throws -> (up: Double, links: Int) {
      let network = try FabricNetwork(
        Self.fabric(routing, leaf: ratio, pod: ratio, nics: nics), layout: workload.layout,
        grain: .server)
      var sum = 0.0
      var count = 0
      for link in 0..<network.links.count where network.links.tier[link] == .network {
        sum += network.links.capacity[link]
        count += 1
      }
      return (sum, count)
    }
    let pooled = try rates(.sprayed)
    let cables = try rates(.destinationModulo)
    #expect(DirectFixtures.near(pooled.up, cables.up))
    #expect(cables.links >= pooled.links)
  }

  /// A pool of uplinks is never slower than the cables that it stands for, on any seed here.
  @Test(arguments: 0..<5) func sprayingIsFastest(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    let matrix = Fixtures.random(8, &random)
    let sprayed = try DirectFixtures.completion(of: matrix, on: Self.fabric(.sprayed, leaf: 2))
    for routing in [
      PathRouting.destinationModulo, .hashed(seed: UInt64(seed), queuePairsPerPair: 2),
    ] {
      let found = try DirectFixtures.completion(of: matrix, on: Self.fabric(routing, leaf: 2))
      #expect(found >= sprayed * (1 - 1e-9))
    }
  }

  @Test func severalQueuePairsAreSeveralSubflows() throws {
    let (problem, network) = try DirectFixtures.problem(
      of: Fixtures.f8, on: Self.fabric(.hashed(seed: 1, queuePairsPerPair: 4), nics: 2))
    #expect(!network.hasOnePathPerPair)
    // Two NICs with four queue pairs each, but one way to a neighbour on the same leaf.
    #expect(
      Set((0..<problem.flowCount).map { problem.subflows(of: $0).count }) == [1, 8])
  }

  @Test func morePathsThanAreNumberedAreRefusedBeforeTheyAreLaidOut() throws {
    let (problem, network) = try DirectFixtures.problem(
      of: Fixtures.f8, on: Self.fabric(.hashed(seed: 1, queuePairsPerPair: 1024), nics: 2))
    let term = DemandTerm(demand: 0, isTransposed: false, bytesPerUnit: 1, isExpert: true)
    let pairs = PhaseDemand([term], of: Workloads.oneGPUPerServer([Fixtures.f8])).pairs
    try network.checkPathCount(of: pairs, limit: problem.path.count)
    let error = #expect(throws: ReplayError.self) {
      try network.checkPathCount(of: pairs, limit: problem.path.count - 1)
    }
    #expect(error?.message.contains("56 pairs") == true)
    #expect(error?.advice?.contains("queue pairs") == true)
    // One path each: looked at only when there are very many.
    let (single, pool) = try DirectFixtures.problem(of: Fixtures.f8, on: Self.fabric(.sprayed))
    try pool.checkPathCount(of: pairs, limit: single.path.count)
    #expect(throws: ReplayError.self) {
      try pool.checkPathCount(of: pairs, limit: single.path.count - 1)
    }
  }

  @Test func aBoundOnSeveralPathsHolds() throws {
    let result = try replay(
      Workloads.oneGPUPerServer([Fixtures.f8, Fixtures.p8(3)]),
      on: Self.fabric(.hashed(seed: 2, queuePairsPerPair: 3), leaf: 3, nics: 2))
    #expect(result.completionNanoseconds >= result.total.boundNanoseconds * (1 - 1e-9))
  }
}

/// An all-to-all of 128 nodes whose per-flow times on D-mod-k paths were worked out by an
/// independent fluid solver: eight pods of sixteen, four to a leaf, non-blocking.
@Suite(
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
  .enabled(if: PeerScenario.areFastEnough, "peer scenarios run in release builds"))
struct FixedPathScenarioTests {
  @Test func everyFlowEndsWhenTheReferenceSays() throws {
    let reference = try Programs.run(
      ["gzip", "-dc", RealInputs.path("peers/fct/S1_fluid_dmodk.csv.gz")]
    ).output.split(separator: "\n").dropFirst()
    let scenario = PeerScenario(
      name: "S1", nodes: 128, unit: 16_384, stride: 1,
      network: FatTree(serversPerLeaf: 4, leavesPerPod: 4, routing: .destinationModulo),
      completionMicroseconds: 2105.960)
    let problem = try scenario.problem()
    let solution = try problem.solve()
    #expect(reference.count == problem.flowCount)
    #expect(abs(solution.completion / 1000 - scenario.completionMicroseconds) < 0.0006)
    var mismatches = 0
    for (flow, line) in reference.enumerated() {
      let cells = line.split(separator: ",")
      let microseconds = try #require(Double(cells[3]))
      #expect(Double(cells[2]) == problem.flowBytes[flow])
      // The file has three decimals.
      let error = abs(solution.finish[flow] / 1000 - microseconds)
      if error > 1e-6 * microseconds + 0.0005001 { mismatches += 1 }
    }
    #expect(mismatches == 0)
  }
}
