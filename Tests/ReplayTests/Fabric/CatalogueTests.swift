import Replay
import Testing
import TraceModel

@Suite struct CatalogueTests {
  static let layouts = [
    Layout(serverCount: 1, gpusPerServer: 1), Layout(serverCount: 1, gpusPerServer: 8),
    Layout(serverCount: 2, gpusPerServer: 8), Layout(serverCount: 3, gpusPerServer: 5),
    Layout(serverCount: 4, gpusPerServer: 1),
    Layout(serverCount: 7, gpusPerServer: 4, nicsPerServer: 2),
    Layout(serverCount: 12, gpusPerServer: 8), Layout(serverCount: 64, gpusPerServer: 8),
    Layout(serverCount: 640, gpusPerServer: 4, nicsPerServer: 3),
    Layout(serverCount: 5000, gpusPerServer: 8),
  ]

  @Test(arguments: 0..<10) func whatIsOfferedHasNoDefectAndWhatIsNotHasAReason(index: Int) {
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

  @Test(arguments: 0..<7) func everyFabricCarriesEveryByte(index: Int) throws {
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
      // Relayed bytes count on each of their hops.
      let isRelayed = fabric.name == "rotor-valiant"
      #expect(
        isRelayed
          ? result.bytes.total >= Double(matrix.total)
          : DirectFixtures.near(result.bytes.total, Double(matrix.total)), "\(fabric.name)")
      #expect(
        result.completionNanoseconds >= result.total.boundNanoseconds * (1 - 1e-9),
        "\(fabric.name)")
      #expect(try replay(workload, on: fabric).phases == result.phases)
    }
  }

  @Test func whatIsComparedByDefaultStaysAsItWas() {
    #expect(
      FabricCatalogue.presets(layout: Self.layouts[7]).map(\.name) == [
        "ideal", "fat-tree", "fat-tree-3to1", "rail-optimised", "static-circulant", "mixnet",
        "mixnet-literal", "mixnet-eps-aware",
      ])
  }

  @Test func aRegionNeverOutgrowsItsSwitch() throws {
    let mixnet = try #require(FabricCatalogue.preset(named: "mixnet", layout: Self.layouts[9]))
    #expect(mixnet.optical?.regions == .contiguous(servers: 96))
    let planes = try #require(
      FabricCatalogue.preset(named: "ocs-planes", layout: Self.layouts[9]))
    #expect(planes.optical?.regions == .contiguous(servers: 576))
    let global = FabricCatalogue.offers(layout: Self.layouts[9]).first { $0.name == "global-ocs" }
    #expect(global?.reason?.contains("576") == true)
    let small = try #require(FabricCatalogue.preset(named: "global-ocs", layout: Self.layouts[7]))
    #expect(small.optical?.planes == 1)
    var odd = small
    odd.optical?.planes = 4
    #expect(odd.defect(for: Self.layouts[7])?.contains("4 planes") == true)
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

  /// A byte between two servers of an island leaves one and enters the other: each direction of all
  /// GPUs has the whole rate.
  @Test func islandsCarryAnAllToAllAsFastAtRanksAsAtServers() throws {
    let layout = Layout(serverCount: 2, gpusPerServer: 8)
    let islands = try #require(FabricCatalogue.preset(named: "nvl72", layout: layout))
    var ranks = TrafficMatrix(size: 16)
    var servers = TrafficMatrix(size: 2)
    for source in 0..<16 {
      for destination in 0..<16 where source != destination {
        ranks[source, destination] = 900_000
        servers[source / 8, destination / 8] += 900_000
      }
    }
    func time(_ matrix: TrafficMatrix, _ grain: Grain) throws -> ReplayResult {
      var demands = DemandSet()
      let demand = demands.append(matrix)
      return try replay(
        Workload(
          grain: grain, layout: layout, demands: demands,
          steps: [
            .init(
              operation: 0, kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
              layer: 0, group: 0, demand: demand)
          ]), on: islands)
    }
    // Fifteen pairs of 900 kB out of each GPU at 900 B/ns.
    let fine = try time(ranks, .rank)
    #expect(DirectFixtures.near(fine.completionNanoseconds, 15_000))
    #expect(DirectFixtures.near(fine.total.boundNanoseconds, 15_000))
    #expect(DirectFixtures.near(try time(servers, .server).completionNanoseconds, 15_000))
  }

  /// What is gathered to delegates, and what stays in the server, is sent and received there.
  @Test func gatheringInAnIslandLoadsBothDirections() throws {
    let islands = try #require(
      FabricCatalogue.preset(named: "nvl72", layout: Layout(serverCount: 16, gpusPerServer: 8)))
    let network = try FabricNetwork(
      islands, layout: Layout(serverCount: 16, gpusPerServer: 8), grain: .rank)
    func names(_ path: PathKind, _ source: Int, _ destination: Int) -> [String] {
      var names: [String] = []
      network.forEachLink(path, from: source, to: destination) {
        if network.links.tier[Int($0)] == .scaleUp {
          names.append(network.links.name[Int($0)].description)
        }
      }
      return names
    }
    #expect(
      names(.scaleUp, 0, 1) == [
        "rank 0 scale-up out", "server 0 scale-up out", "server 0 scale-up in",
        "rank 1 scale-up in",
      ])
    #expect(
      names(.scaleUp, 0, 8) == [
        "rank 0 scale-up out", "server 0 scale-up out", "server 1 scale-up in",
        "rank 8 scale-up in",
      ])
    #expect(
      names(.electrical, 0, 64) == [
        "rank 0 scale-up out", "server 0 scale-up out", "server 0 scale-up in",
        "server 8 scale-up out", "server 8 scale-up in", "rank 64 scale-up in",
      ])
  }

  @Test func aUsersOpticalNICsAndRegionsReachEveryPreset() throws {
    let layout = Layout(serverCount: 16, gpusPerServer: 8)
    func preset(_ name: String, optical: Int, region: Int) throws -> FabricSpecification {
      try #require(
        FabricCatalogue.offer(
          named: name, layout: layout, opticalNICsPerServer: optical, serversPerRegion: region)?
          .fabric)
    }
    for name in ["static-circulant-forwarding", "static-random-regular"] {
      let fabric = try preset(name, optical: 2, region: 4)
      let network = try #require(fabric.electrical as? StaticOptical)
      #expect(network.opticalNICsPerServer == 2)
      let shape = try #require(network.circuits.shape as? CircuitShape)
      #expect(shape.regions.map(\.count) == [4, 4, 4, 4])
      #expect(shape.circuits.allSatisfy { $0.circuitCount == 4 })
      #expect(fabric.defect(for: layout) == nil)
    }
    for name in ["mixnet", "static-circulant", "ocs-planes"] {
      let fabric = try preset(name, optical: 2, region: 4)
      #expect(fabric.opticalNICsPerServer == 2 && fabric.defect(for: layout) == nil)
      #expect(fabric.optical?.regions == .contiguous(servers: 4))
    }
    // What does not fit is said, not hidden.
    let offers = FabricCatalogue.offers(layout: layout, opticalNICsPerServer: 9)
    let random = try #require(offers.first { $0.name == "static-random-regular" })
    #expect(random.reason?.contains("9 optical NICs of 8") == true)
    let mixnet = try #require(offers.first { $0.name == "mixnet" }?.fabric)
    #expect(mixnet.defect(for: layout)?.contains("9 optical NICs of 8") == true)
  }

  @Test func theSwitchRadixReachesEveryPreset() throws {
    let layout = Layout(serverCount: 16, gpusPerServer: 8)
    for fabric in FabricCatalogue.offers(layout: layout, switchRadix: 32).compactMap(\.fabric) {
      #expect(fabric.switchRadix == 32, "\(fabric.name)")
    }
    #expect(
      FabricCatalogue.preset(named: "mixnet", layout: layout, switchRadix: 16)?.switchRadix == 16)
  }

  @Test func aNameLaysOutNothingElse() throws {
    // Random links between so many servers take a second.
    let layout = Layout(serverCount: 1024, gpusPerServer: 8)
    let time = ContinuousClock().measure {
      for _ in 0..<20 {
        #expect(FabricCatalogue.offer(named: "ideal", layout: layout)?.fabric != nil)
      }
    }
    #expect(time < .seconds(1))
    #expect(FabricCatalogue.offer(named: "mesh", layout: layout) == nil)
    #expect(
      FabricCatalogue.names
        == FabricCatalogue.offers(layout: Self.layouts[0]).map(\.name))
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
    // 41.4, 42.4 and 46.8 ms for 1, 4 and 16 pairs.
    for (pairs, milliseconds) in [(1, 41.4), (4, 42.4), (16, 46.8)] {
      let found = ReconfigurationDelay.mixNetPrototype.nanoseconds(forPairs: pairs) / 1e6
      #expect(abs(found - milliseconds) < 0.2)
    }
  }
}
