import Replay
import Testing
import TraceModel

@Suite struct ReplayPropertyTests {
  static let fabrics: [FabricSpecification] =
    SharingMode.allCases.map { unitFabric(MixNetGreedy(.continue), servers: 4, sharing: $0) }
    + [
      unitFabric(ElectricalAwareGreedy(), sharing: .splitFair), unitFabric(nil),
      FabricSpecification(
        name: "tree", summary: "",
        electrical: FatTree(serversPerLeaf: 2, leavesPerPod: 2, leafOversubscription: 3),
        nicsPerServer: 8, nicBitsPerSecond: 8e9),
    ]

  static func near(_ left: Double, _ right: Double) -> Bool {
    abs(left - right) <= 1e-9 * max(abs(left), abs(right))
  }

  @Test(arguments: 0..<6) func scalingDemandScalesTime(fabric: Int) throws {
    var random = RandomStream(seed: UInt64(fabric))
    let matrix = Fixtures.random(8, &random)
    let once = try replay(Workloads.oneGPUPerServer([matrix]), on: Self.fabrics[fabric])
    let sevenfold = try replay(
      Workloads.oneGPUPerServer([matrix], bytesPerUnit: 7), on: Self.fabrics[fabric])
    var multiplied = matrix
    for cell in multiplied.cells.indices { multiplied.cells[cell] *= 7 }
    let larger = try replay(Workloads.oneGPUPerServer([multiplied]), on: Self.fabrics[fabric])
    #expect(Self.near(sevenfold.completionNanoseconds, 7 * once.completionNanoseconds))
    #expect(Self.near(larger.completionNanoseconds, 7 * once.completionNanoseconds))
    #expect(Self.near(larger.total.boundNanoseconds, 7 * once.total.boundNanoseconds))
  }

  @Test(arguments: 0..<6) func scalingAllLinksDividesTime(fabric: Int) throws {
    var random = RandomStream(seed: UInt64(fabric), purpose: 1)
    let workload = Workloads.oneGPUPerServer([Fixtures.random(8, &random)])
    var faster = Self.fabrics[fabric]
    faster.nicBitsPerSecond *= 4
    faster.scaleUpBitsPerSecond *= 4
    let slow = try replay(workload, on: Self.fabrics[fabric])
    let fast = try replay(workload, on: faster)
    #expect(Self.near(fast.completionNanoseconds * 4, slow.completionNanoseconds))
  }

  @Test(arguments: 0..<6) func relabellingServersWithTheirRegionsChangesNothing(fabric: Int) throws
  {
    var random = RandomStream(seed: UInt64(fabric), purpose: 2)
    let matrix = Fixtures.random(8, &random)
    var specification = Self.fabrics[fabric]
    // Leaves are made of neighbours, so on the tree only servers of one leaf may trade places.
    let number = fabric == 5 ? [1, 0, 2, 3, 5, 4, 7, 6] : random.permutation(8)
    var moved = TrafficMatrix(size: 8)
    for source in 0..<8 {
      for destination in 0..<8 {
        moved[number[source], number[destination]] = matrix[source, destination]
      }
    }
    let before = try replay(Workloads.oneGPUPerServer([matrix]), on: specification)
    if let optical = specification.optical {
      var region = [Int](repeating: 0, count: 8)
      for (label, servers) in optical.regions.regions(serverCount: 8).enumerated() {
        for server in servers { region[number[server]] = label }
      }
      specification.optical?.regions = .declared(region)
    }
    let after = try replay(Workloads.oneGPUPerServer([moved]), on: specification)
    #expect(Self.near(before.completionNanoseconds, after.completionNanoseconds))
    #expect(Self.near(before.total.boundNanoseconds, after.total.boundNanoseconds))
  }

  @Test(arguments: 0..<6) func theOrderOfPairsAndGroupsChangesNothing(fabric: Int) throws {
    var random = RandomStream(seed: UInt64(fabric), purpose: 3)
    let matrix = Fixtures.random(8, &random)
    func workload(order: [Int], groupsReversed: Bool) -> Workload {
      var demands = DemandSet()
      let cells = order.filter { $0 / 8 != $0 % 8 }
      let halves = [cells.filter { $0 % 2 == 0 }, cells.filter { $0 % 2 == 1 }]
      let numbers = halves.map { half in
        demands.append(
          source: half.map { Int32($0 / 8) }, destination: half.map { Int32($0 % 8) },
          amount: half.map { matrix.cells[$0] })
      }
      let steps = numbers.indices.map { group in
        Workload.Step(
          operation: Int32(group), kind: .allToAll, role: .expert, phase: .dispatchForward,
          iteration: 0, layer: 0, group: Int32(group), demand: numbers[group])
      }
      return Workload(
        grain: .server, layout: Layout(serverCount: 8, gpusPerServer: 1), demands: demands,
        steps: groupsReversed ? steps.reversed() : steps)
    }
    let one = try replay(
      workload(order: Array(0..<64), groupsReversed: false), on: Self.fabrics[fabric])
    let other = try replay(
      workload(order: random.permutation(64), groupsReversed: true), on: Self.fabrics[fabric])
    #expect(one.phases.count == 1)
    // To the bit, not nearly.
    #expect(one.completionNanoseconds == other.completionNanoseconds)
    #expect(one.busiestLinks == other.busiestLinks)
  }

  @Test func theSameRunGivesTheSameBits() throws {
    var random = RandomStream(seed: 9)
    let workload = Workloads.ranks(servers: 4, gpus: 2, layers: 2, &random)
    for fabric in FabricCatalogue.presets(layout: workload.layout) {
      let first = try replay(workload, on: fabric)
      let second = try replay(workload, on: fabric)
      #expect(first.phases == second.phases)
      #expect(first.busiestLinks == second.busiestLinks)
    }
  }

  @Test func oneThreadAndManyGiveTheSameBits() throws {
    // Sixteen parts of their own, solved in parallel together and one by one here.
    var random = RandomStream(seed: 4)
    var together = FluidProblem()
    var alone: [FluidProblem] = []
    for _ in 0..<16 {
      var problem = FluidProblem(linkCapacity: (0..<12).map { _ in 1 + random.unit() })
      let first = together.linkCount
      for link in problem.linkCapacity { together.appendLink(capacity: link) }
      for _ in 0..<150 {
        let path = random.permutation(12).prefix(3).map { Int32($0) }
        let bytes = 1 + random.unit()
        problem.appendFlow(bytes: bytes, over: path)
        together.appendFlow(bytes: bytes, over: path.map { $0 + Int32(first) })
      }
      alone.append(problem)
    }
    let parallel = try together.solve().finish
    let serial = try alone.flatMap { try $0.solve().finish }
    #expect(parallel == serial)
  }
}
