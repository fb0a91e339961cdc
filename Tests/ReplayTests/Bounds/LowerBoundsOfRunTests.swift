import Replay
import Testing
import TraceModel

@Suite struct LowerBoundsOfRunTests {
  static let layout = Layout(serverCount: 8, gpusPerServer: 1, nicsPerServer: 8)

  /// Every name of the catalogue, the fitted ones for the very demand.
  static func fabrics(_ demand: TrafficMatrix) -> [FabricSpecification] {
    FabricCatalogue.offers(layout: layout, nicBitsPerSecond: 8e9, fittedTo: demand)
      .compactMap(\.fabric)
  }

  @Test(arguments: 0..<3) func noRunEndsBeforeAnyOfItsBounds(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 71)
    let matrices = (0..<3).map { _ in Fixtures.random(8, &random) }
    let workload = Workloads.oneGPUPerServer(matrices)
    let run = RunDemand(workload)
    for fabric in Self.fabrics(matrices[0]) {
      let end = try replay(workload, on: fabric, options: ReplayOptions(policy: .always))
        .completionNanoseconds
      let table = try lowerBounds(of: run, on: fabric)
      #expect(table.tightest.nanoseconds > 0, "\(fabric.name)")
      for bound in table.applicable {
        #expect(bound.nanoseconds <= end * (1 + 1e-9), "\(bound.name) on \(fabric.name)")
        #expect(!bound.assumptionWords.isEmpty)
      }
    }
  }

  /// Uniform traffic on a ring loads every link alike: 8 · 16 unit-hops over 16 directed links.
  @Test func theFlowOnARingIsCertified() throws {
    let fabric = DirectFixtures.fabric(Ring(), nics: 2)
    let run = RunDemand(Workloads.oneGPUPerServer([DirectFixtures.uniform(8)]))
    let table = try lowerBounds(of: run, on: fabric)
    let flow = try #require(table["maximum concurrent flow"])
    let gap = try #require(flow.certifiedGap)
    #expect(gap >= 0 && gap <= 0.02)
    #expect(flow.nanoseconds <= 8 * (1 + 1e-9) && flow.nanoseconds >= 8 / 1.02)
    #expect(table["distance"]?.nanoseconds == 8)
  }

  /// Below 3:1 leaves all bytes that leave them share a third of their NICs.
  @Test(arguments: [
    PathRouting.sprayed, .destinationModulo, .hashed(seed: 3, queuePairsPerPair: 2),
  ])
  func theFlowOfATreeIsWhatItsFullestUplinkNeeds(routing: PathRouting) throws {
    let tree = FatTree(
      serversPerLeaf: 2, leavesPerPod: 2, leafOversubscription: 2, podOversubscription: 4,
      routing: routing)
    let fabric = FabricSpecification(
      name: "tree", summary: "", electrical: tree, nicsPerServer: 8, nicBitsPerSecond: 8e9)
    let demand = DirectFixtures.uniform(8)
    let table = try lowerBounds(
      of: RunDemand(Workloads.oneGPUPerServer([demand])), on: fabric)
    let cell = Double(demand[0, 1])
    // Four servers send to four beyond their pod, over 32 NICs ÷ 4; two to six over 16 ÷ 2.
    let least = max(16 * cell / 8, 12 * cell / 8)
    let flow = try #require(table["maximum concurrent flow"])
    #expect(flow.nanoseconds <= least * (1 + 1e-9))
    #expect(flow.nanoseconds * (1 + (flow.certifiedGap ?? 0)) >= least * (1 - 1e-9))
    #expect(flow.certifiedGap.map { $0 <= 0.02 } == true)
    if routing == .sprayed {
      #expect(abs((table["pod uplink"]?.nanoseconds ?? 0) - least) < 1e-6 * least)
    }
    #expect(table["cut"].map { $0.nanoseconds <= least * (1 + 1e-9) } == true)
  }

  @Test func whatDoesNotApplySaysWhy() throws {
    let demand = DirectFixtures.uniform(8)
    let run = RunDemand(Workloads.oneGPUPerServer([demand]))
    func reason(_ name: String, on fabric: String) throws -> String? {
      let fabric = try #require(Self.fabrics(demand).first { $0.name == fabric })
      return try lowerBounds(of: run, on: fabric).excluded.first { $0.name == name }?.reason
    }
    #expect(try reason("maximum concurrent flow", on: "ideal")?.contains("one switch") == true)
    #expect(try reason("maximum concurrent flow", on: "mixnet")?.contains("free to choose") == true)
    #expect(try reason("circuit line", on: "mixnet")?.contains("change") == true)
    #expect(try reason("time-shared circuit line", on: "ring") != nil)
  }

  /// Steps of one demand, transposed or scaled, add up as their bytes do.
  @Test func theBytesOfARunAreThoseOfItsSteps() throws {
    var random = RandomStream(seed: 4, purpose: 72)
    let matrices = (0..<4).map { _ in Fixtures.random(8, &random) }
    let workload = Workloads.oneGPUPerServer(matrices)
    let sum = workload.matrix(of: workload.steps)
    let table = try lowerBounds(
      of: RunDemand(workload), on: try #require(Self.fabrics(matrices[0]).first))
    let busiest = (0..<8).reduce(0.0) { most, server in
      max(
        most, (0..<8).reduce(0.0) { $1 == server ? $0 : $0 + Double(sum[server, $1]) },
        (0..<8).reduce(0.0) { $1 == server ? $0 : $0 + Double(sum[$1, server]) })
    }
    #expect(table["NIC"]?.nanoseconds == busiest / 8)
  }

  @Test func manyServersAreToldFromFew() throws {
    let layout = Layout(serverCount: 300, gpusPerServer: 1, nicsPerServer: 2)
    let ring = try #require(FabricCatalogue.preset(named: "ring", layout: layout))
    var matrix = TrafficMatrix(size: 300)
    matrix[0, 1] = 100
    var demands = DemandSet()
    let demand = demands.append(matrix)
    let workload = Workload(
      grain: .server, layout: layout, demands: demands,
      steps: [
        .init(
          operation: 0, kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
          layer: 0, group: 0, demand: demand)
      ])
    let table = try lowerBounds(of: RunDemand(workload), on: ring)
    #expect(table.excluded.contains { $0.reason == "more than 256 servers" })
  }
}
