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
    #expect(table.excluded.map(\.name) == ["circuit line"])
    #expect(table.tightest.name == "NIC")
  }
}
