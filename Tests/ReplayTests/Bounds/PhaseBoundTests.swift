import Replay
import Testing
import TraceModel

/// Bounds of single phases on whole fabrics, as results carry them.
@Suite struct PhaseBoundTests {
  /// All bytes of a matrix as one expert phase.
  static func demand(_ matrix: TrafficMatrix, of workload: Workload) throws -> PhaseDemand {
    let plan = try PhasePlan(workload, iterations: nil)
    return PhaseDemand(plan.demands[0], of: workload)
  }

  @Test(arguments: 0..<10) func noReplayIsBelowAnyApplicableBound(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 31)
    let servers = 3 + random.below(6)
    var matrix = Fixtures.random(servers, &random)
    // Some pairs carry most of the bytes, some none.
    for cell in matrix.cells.indices where matrix.cells[cell] > 0 {
      matrix.cells[cell] = random.below(4) == 0 ? matrix.cells[cell] : matrix.cells[cell] >> 5
      if random.below(5) == 0 { matrix.cells[cell] = 0 }
    }
    matrix[0, 1] = 1 << 30
    let workload = Workloads.oneGPUPerServer([matrix])
    for scheduler in CircuitSchedulers.all where scheduler.duplex == .paired {
      for sharing in SharingMode.allCases {
        let fabric = unitFabric(
          scheduler, optical: 1 + random.below(7), servers: 2 + random.below(servers),
          sharing: sharing)
        let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
        let table = lowerBounds(of: try Self.demand(matrix, of: workload), on: network)
        let phase = try replay(workload, on: fabric).phases[0]
        for bound in table.applicable {
          #expect(
            bound.nanoseconds <= phase.durationNanoseconds * (1 + 1e-9),
            "\(bound.name) on \(scheduler.name), \(sharing.rawValue)")
        }
        #expect(phase.bound.name == table.tightest.name)
        #expect(!phase.bound.assumptions.isEmpty)
      }
    }
  }

  @Test(arguments: 0..<3) func boundsFromKnownPathsAreTheSame(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 32)
    let layout = Layout(serverCount: 8, gpusPerServer: 4)
    var demands = DemandSet()
    for _ in 0..<2 {
      var columns: (source: [Int32], destination: [Int32], amount: [Int64]) = ([], [], [])
      for source in 0..<32 {
        for destination in 0..<32 where random.below(3) == 0 {
          columns.source.append(Int32(source))
          columns.destination.append(Int32(destination))
          columns.amount.append(Int64(1 + random.below(1 << 20)))
        }
      }
      _ = demands.append(
        source: columns.source, destination: columns.destination, amount: columns.amount)
    }
    let steps = (0..<2).map {
      Workload.Step(
        operation: Int32($0), kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
        layer: Int32($0), demand: $0)
    }
    let workload = Workload(grain: .rank, layout: layout, demands: demands, steps: steps)
    for fabric in FabricCatalogue.presets(layout: layout) {
      let network = try FabricNetwork(fabric, layout: layout, grain: .rank)
      let plan = try PhasePlan(workload, iterations: nil)
      let phases = plan.demands.map { PhaseDemand($0, of: workload) }
      let paths = try PathTable(phases, on: network)
      for phase in phases {
        let known = lowerBounds(of: phase, on: network, paths: paths).applicable
        let plain = lowerBounds(of: phase, on: network).applicable
        #expect(known.map(\.name) == plain.map(\.name), "\(fabric.name)")
        #expect(known.map(\.nanoseconds) == plain.map(\.nanoseconds), "\(fabric.name)")
      }
      // Pairs that no demand joins are worked out.
      let few = try PathTable([PhaseDemand(pairs: [])], on: network)
      #expect(
        lowerBound(of: phases[0], on: network, paths: few).nanoseconds
          == lowerBound(of: phases[0], on: network).nanoseconds)
    }
  }

  @Test func theLineNamesTheRowWhereCircuitsAreWhole() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.f8])
    let result = try replay(
      workload, on: unitFabric(MixNetGreedy(.continue), optical: 4, nics: 6))
    let bound = result.phases[0].bound
    #expect(bound.name == "circuit line")
    #expect(abs(bound.nanoseconds - 15) < 1e-9)
    #expect(bound.assumptions.contains(.standingCircuits))
  }

  @Test func bytesThatNeedPacketsNarrowTheLine() throws {
    // Two regions of four: what crosses them leaves less for the pairs inside.
    var matrix = TrafficMatrix(size: 8)
    for other in 1..<4 { matrix[0, other] = 12 }
    matrix[0, 5] = 9
    let workload = Workloads.oneGPUPerServer([matrix])
    let fabric = unitFabric(MixNetGreedy(.continue), optical: 3, nics: 4, servers: 4)
    let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
    let table = lowerBounds(of: try Self.demand(matrix, of: workload), on: network)
    // 45 over four NICs; one circuit each leaves 3 · (12 − T) + 9 for one electrical NIC.
    #expect(table["NIC"]?.nanoseconds == 11.25)
    #expect(abs(table["circuit line"]!.nanoseconds - 11.25) < 1e-9)
    matrix[0, 1] = 36
    matrix[0, 2] = 0
    matrix[0, 3] = 0
    matrix[0, 5] = 30
    let narrow = Workloads.oneGPUPerServer([matrix])
    let second = lowerBounds(of: try Self.demand(matrix, of: narrow), on: network)
    // 66 bytes over four NICs are 16.5, but 30 of them have one NIC only.
    #expect(second.tightest.nanoseconds == 30)
    #expect(second["electrical NIC"]?.nanoseconds == 30)
  }

  @Test func withoutCircuitsTheLineIsExcludedWithItsReason() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.f8])
    let network = try FabricNetwork(
      unitFabric(nil), layout: workload.layout, grain: workload.grain)
    let table = lowerBounds(of: try Self.demand(Fixtures.f8, of: workload), on: network)
    #expect(table["circuit line"] == nil)
    #expect(table.excluded.map(\.name) == ["circuit line", "distance", "cut"])
    #expect(table.tightest.name == "NIC")
  }

  @Test func directLinksAreBoundByDistancesAndCuts() throws {
    for (shape, servers, nics) in [
      (Ring() as any DirectShape, 8, 2), (Hypercube(), 8, 3), (Torus([3, 3]), 9, 4),
      (Dragonfly(serversPerGroup: 2), 8, 2),
    ] {
      var random = RandomStream(seed: UInt64(servers + nics))
      let fabric = DirectFixtures.fabric(shape, nics: nics)
      for matrix in [Graphs.uniform(servers), Fixtures.random(servers, &random)] {
        let workload = Workloads.oneGPUPerServer([matrix])
        let network = try FabricNetwork(fabric, layout: workload.layout, grain: .server)
        let table = lowerBounds(of: try Self.demand(matrix, of: workload), on: network)
        let duration = try replay(workload, on: fabric).phases[0].durationNanoseconds
        for name in ["NIC", "distance", "cut"] {
          let bound = try #require(table[name], "\(shape.name)")
          #expect(bound.nanoseconds > 0)
          #expect(bound.nanoseconds <= duration * (1 + 1e-9), "\(name) on \(shape.name)")
        }
        // What any routing could reach lies between the bounds and what shortest paths reach.
        let flow = try #require(
          try MaximumConcurrentFlow().solve(matrix, on: fabric, layout: workload.layout))
        #expect(flow.gap <= 0.01)
        #expect(flow.lowerBound <= duration * (1 + 1e-9))
        for name in ["distance", "cut"] {
          #expect(try #require(table[name]).nanoseconds <= flow.time * (1 + 1e-9))
        }
      }
    }
    #expect(
      try MaximumConcurrentFlow().solve(
        Fixtures.f8, on: unitFabric(nil), layout: Layout(serverCount: 8, gpusPerServer: 1)) == nil)
  }

  @Test func onARingDistanceNamesTheRow() throws {
    let result = try replay(
      Workloads.oneGPUPerServer([Graphs.uniform(8)]), on: DirectFixtures.fabric(Ring(), nics: 2))
    #expect(result.phases[0].bound.name == "distance")
    #expect(abs(result.phases[0].bound.nanoseconds - 8) < 1e-9)
    #expect(abs(result.phases[0].percentOfBound - 100) < 1e-6)
  }

  @Test func staticCircuitsBesidePacketsAreBoundTogether() throws {
    var random = RandomStream(seed: 77)
    for forwards in [true, false] {
      let fabric = FabricSpecification(
        name: "static", summary: "",
        electrical: StaticOptical(Ring(), opticalNICsPerServer: 2, forwardsThroughHosts: forwards),
        nicsPerServer: 3, nicBitsPerSecond: 8e9, sharing: .splitFair)
      let matrix = Fixtures.random(8, &random)
      let workload = Workloads.oneGPUPerServer([matrix])
      let network = try FabricNetwork(fabric, layout: workload.layout, grain: .server)
      let graph = try #require(network.serverGraph)
      // 16 circuits, and one link up and one down for each server's electrical NIC.
      #expect(graph.linkCount == 32)
      let table = lowerBounds(of: try Self.demand(matrix, of: workload), on: network)
      let phase = try replay(workload, on: fabric).phases[0]
      #expect(try #require(table["distance"]).nanoseconds > 0)
      for bound in table.applicable {
        #expect(bound.nanoseconds <= phase.durationNanoseconds * (1 + 1e-9), "\(bound.name)")
      }
    }
  }
}
