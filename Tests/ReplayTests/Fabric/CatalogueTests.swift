import Replay
import Testing
import TraceModel

@Suite struct CatalogueTests {
  static let layouts = [
    Layout(serverCount: 1, gpusPerServer: 1), Layout(serverCount: 1, gpusPerServer: 8),
    Layout(serverCount: 2, gpusPerServer: 8), Layout(serverCount: 3, gpusPerServer: 5),
    Layout(serverCount: 7, gpusPerServer: 4, nicsPerServer: 2),
    Layout(serverCount: 12, gpusPerServer: 8), Layout(serverCount: 64, gpusPerServer: 8),
    Layout(serverCount: 640, gpusPerServer: 4, nicsPerServer: 3),
    Layout(serverCount: 5000, gpusPerServer: 8),
  ]

  @Test(arguments: 0..<9) func whatIsOfferedHasNoDefectAndWhatIsNotHasAReason(index: Int) {
    let layout = Self.layouts[index]
    let offers = FabricCatalogue.offers(layout: layout)
    #expect(Set(offers.map(\.name)).count == offers.count)
    for offer in offers {
      if let fabric = offer.fabric {
        #expect(fabric.defect(for: layout) == nil, "\(offer.name)")
        #expect(fabric.name == offer.name && offer.reason == nil)
        #expect(!offer.summary.isEmpty)
      } else {
        #expect(offer.reason?.isEmpty == false, "\(offer.name)")
        #expect(!offer.isComparedByDefault)
      }
    }
  }

  @Test(arguments: 0..<6) func everyFabricCarriesEveryByte(index: Int) throws {
    let layout = Self.layouts[index]
    var matrix = TrafficMatrix(size: layout.rankCount)
    var random = RandomStream(seed: UInt64(index))
    for _ in 0..<60 {
      matrix[random.below(matrix.size), random.below(matrix.size)] = Int64(random.below(1000))
    }
    var demands = DemandSet()
    let demand = demands.append(matrix)
    let workload = Workload(
      grain: .rank, layout: layout, demands: demands,
      steps: [
        .init(
          operation: 0, kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
          layer: 0, group: 0, demand: demand)
      ])
    for fabric in FabricCatalogue.offers(layout: layout).compactMap(\.fabric) {
      let result = try replay(workload, on: fabric)
      #expect(
        DirectFixtures.near(result.bytes.total, Double(matrix.total)), "\(fabric.name)")
      #expect(
        result.completionNanoseconds >= result.total.boundNanoseconds * (1 - 1e-9),
        "\(fabric.name)")
      #expect(try replay(workload, on: fabric).phases == result.phases)
    }
  }

  @Test func whatIsComparedByDefaultStaysAsItWas() {
    #expect(
      FabricCatalogue.presets(layout: Self.layouts[6]).map(\.name) == [
        "ideal", "fat-tree", "fat-tree-3to1", "rail-optimised", "static-circulant", "mixnet",
        "mixnet-literal", "mixnet-eps-aware",
      ])
  }

  @Test func aRegionNeverOutgrowsItsSwitch() throws {
    let mixnet = try #require(FabricCatalogue.preset(named: "mixnet", layout: Self.layouts[8]))
    #expect(mixnet.optical?.regions == .contiguous(servers: 96))
    let planes = try #require(
      FabricCatalogue.preset(named: "ocs-planes", layout: Self.layouts[8]))
    #expect(planes.optical?.regions == .contiguous(servers: 576))
    let global = FabricCatalogue.offers(layout: Self.layouts[8]).first { $0.name == "global-ocs" }
    #expect(global?.reason?.contains("576") == true)
    let small = try #require(FabricCatalogue.preset(named: "global-ocs", layout: Self.layouts[6]))
    #expect(small.optical?.planes == 1)
    var odd = small
    odd.optical?.planes = 4
    #expect(odd.defect(for: Self.layouts[6])?.contains("4 planes") == true)
  }

  @Test func islandsKeepTheirTrafficInside() throws {
    let layout = Layout(serverCount: 16, gpusPerServer: 8)
    let islands = try #require(FabricCatalogue.preset(named: "nvl72", layout: layout))
    #expect(islands.scaleUpBitsPerSecond + islands.nicBitsPerSecond == 8e12)
    let network = try FabricNetwork(islands, layout: layout, grain: .rank)
    #expect(network.route(from: 0, to: 63, isExpert: true) == .scaleUp)
    #expect(network.route(from: 63, to: 64, isExpert: true) == .electrical)
    #expect(
      islands.effectiveParameters.contains {
        $0.name == "servers per scale-up domain" && $0.value == "8"
      })
  }

  @Test func directedCircuitsNeedDirectedHardware() {
    let layout = Layout(serverCount: 8, gpusPerServer: 1, nicsPerServer: 8)
    var fabric = unitFabric(OneHop(.independent))
    #expect(fabric.defect(for: layout)?.contains("independent") == true)
    fabric.optical?.duplex = .independent
    #expect(fabric.defect(for: layout) == nil)
  }

  @Test func technologiesNameDelaysOnlyWhereATimeIsPublished() {
    #expect(ReconfigurationDelay(OpticalTechnology.named("palomar")!) == nil)
    let names = ReconfigurationDelay.presets.map(\.name)
    #expect(Set(names).count == names.count)
    let piezo = ReconfigurationDelay.presets.first { $0.name == "piezo" }
    #expect(piezo?.nanoseconds(forPairs: 100) == 25e6)
    #expect(OpticalTechnology.fitting(ports: 400)?.name == "piezo")
    #expect(OpticalTechnology.fitting(ports: 300)?.name == "mems-3d")
    #expect(OpticalTechnology.fitting(ports: 2000) == nil)
    // 41.4, 42.4 and 46.8 ms for 1, 4 and 16 pairs.
    for (pairs, milliseconds) in [(1, 41.4), (4, 42.4), (16, 46.8)] {
      let found = ReconfigurationDelay.mixNetPrototype.nanoseconds(forPairs: pairs) / 1e6
      #expect(abs(found - milliseconds) < 0.2)
    }
  }
}
