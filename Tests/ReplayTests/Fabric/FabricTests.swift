import Replay
import Testing
import TraceModel

@Suite struct NICTests {
  static func exchange(servers: Int, gpus: Int, nics: Int) -> Workload {
    var matrix = TrafficMatrix(size: servers * gpus)
    for source in 0..<matrix.size {
      for destination in 0..<matrix.size where source / gpus != destination / gpus {
        matrix[source, destination] = 1000
      }
    }
    var demands = DemandSet()
    let demand = demands.append(matrix)
    return Workload(
      grain: .rank,
      layout: Layout(serverCount: servers, gpusPerServer: gpus, nicsPerServer: nics),
      demands: demands,
      steps: [
        .init(
          operation: 0, kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
          layer: 0, group: 0, demand: demand)
      ])
  }

  /// (GPUs, NICs): more NICs than GPUs, evenly and not, and fewer.
  @Test(arguments: [(1, 8), (2, 8), (3, 8), (4, 4), (8, 4)])
  func railsUseEveryNIC(gpus: Int, nics: Int) throws {
    let workload = Self.exchange(servers: 4, gpus: gpus, nics: nics)
    let presets = FabricCatalogue.presets(layout: workload.layout)
    let rails = try #require(presets.first { $0.name == "rail-optimised" })
    let tree = try #require(presets.first { $0.name == "fat-tree" })
    let onRails = try replay(workload, on: rails)
    let onTree = try replay(workload, on: tree)
    // A GPU with two of eight NICs is slower than one with three: at most by 8 / (2 · 3).
    let unevenness = Double(nics) / Double(max(1, nics / gpus) * min(gpus, nics))
    #expect(
      onRails.completionNanoseconds <= onTree.completionNanoseconds * unevenness * (1 + 1e-9))
    #expect(onRails.total.percentOfBound <= 100.0001)
  }

  @Test func railLeavesFollowTheSwitchRadix() throws {
    #expect(RailOptimised(switchRadix: 64).serversPerLeaf == 32)
    #expect(RailOptimised(switchRadix: 16).serversPerLeaf == 8)
    #expect(RailOptimised(switchRadix: 64, nicsPerRail: 8).serversPerLeaf == 4)
    #expect(RailOptimised(switchRadix: 64, oversubscription: 3).serversPerLeaf == 48)
    let presets = FabricCatalogue.presets(
      layout: Layout(serverCount: 64, gpusPerServer: 8), switchRadix: 32)
    let rails = presets.compactMap { $0.electrical as? RailOptimised }
    #expect(rails.map(\.serversPerLeaf) == [16])
  }

  @Test func parametersSayWhatWasInForce() throws {
    let ranks = Self.exchange(servers: 2, gpus: 2, nics: 2)
    let servers = Workloads.oneGPUPerServer([Fixtures.a4])
    var fabric = unitFabric(nil)
    fabric.nicPolicy = .pinned
    func value(_ name: String, _ workload: Workload) throws -> String? {
      try replay(workload, on: fabric).effectiveParameters.first { $0.name == name }?.value
    }
    #expect(try value("NIC policy", ranks) == "pinned")
    #expect(try value("NIC policy", servers) == "pooled")
    #expect(try value("prices are for", servers) == "100000000000.0")
  }
}

@Suite struct FabricLimitTests {
  @Test func aRegionThatDoesNotFitItsOpticalSwitchIsRefusedWithTheNumbers() throws {
    var fabric = unitFabric(MixNetGreedy(.continue))
    fabric.optical?.switchRadix = 47
    let layout = Layout(serverCount: 8, gpusPerServer: 1, nicsPerServer: 8)
    let defect = try #require(fabric.defect(for: layout))
    for number in ["8 servers", "6 optical", "48 ports", "47", "(7 servers fit)"] {
      #expect(defect.contains(number))
    }
    fabric.optical?.switchRadix = 48
    #expect(fabric.defect(for: layout) == nil)
    // Patch panels have no radix.
    fabric.optical?.switchRadix = 1
    fabric.optical?.scheduler = Circulant()
    #expect(fabric.defect(for: layout) == nil)
  }

  @Test func anOptimumThatIsNotKnownIsRefused() throws {
    var random = RandomStream(seed: 3)
    let workload = Workloads.ranks(servers: 4, gpus: 2, layers: 1, &random)
    var pinned = unitFabric(MixNetGreedy(.continue), servers: 4)
    pinned.nicPolicy = .pinned
    let error = #expect(throws: ReplayError.self) { try replay(workload, on: pinned) }
    #expect(error?.message.contains("pinned") == true)
    #expect(error?.advice?.contains("split-fair") == true)
    var blocking = unitFabric(MixNetGreedy(.continue), servers: 4)
    blocking.electrical = FatTree(serversPerLeaf: 2, leafOversubscription: 3)
    #expect(throws: ReplayError.self) { try replay(workload, on: blocking) }
    blocking.electrical = FatTree(serversPerLeaf: 4, leafOversubscription: 3)
    #expect(try replay(workload, on: blocking).phases[0].circuitOptimumNanoseconds != nil)
    // Values are still compared, with fair shares.
    #expect(try topologyValue(of: workload, on: pinned).value != nil)
  }
}
