import Replay
import Testing
import TraceModel

/// Bills of trees follow from the leaves and pods that are wired.
@Suite struct BuiltTreeTests {
  static func count(_ item: String, of fabric: FabricSpecification, servers: Int) -> Int {
    let layout = Layout(serverCount: servers, gpusPerServer: 8)
    return fabric.billOfMaterials(for: layout).lines.first { $0.item == item }?.count ?? 0
  }

  static func fabric(
    _ network: any ElectricalNetwork, radix: Int = 64, failures: [Failure] = []
  ) -> FabricSpecification {
    FabricSpecification(
      name: "built", summary: "", electrical: network, nicsPerServer: 8, switchRadix: radix,
      failures: failures)
  }

  @Test func oversubscriptionIsBilledWhereItIs() {
    // 16 servers in eight leaves of 16 NICs and two pods of 64.
    func tree(_ leaf: Double, _ pod: Double) -> FabricSpecification {
      Self.fabric(
        FatTree(
          serversPerLeaf: 2, leavesPerPod: 4, leafOversubscription: leaf, podOversubscription: pod))
    }
    func ports(_ fabric: FabricSpecification) -> Int {
      Self.count("electrical switch port", of: fabric, servers: 16)
    }
    #expect(ports(tree(1, 1)) == 128 + 2 * 128 + 2 * 128)
    #expect(ports(tree(1, 4)) == 128 + 2 * 128 + 2 * 32)
    #expect(ports(tree(4, 1)) == 128 + 2 * 32 + 2 * 128)
    let core = tree(1, 4)
    #expect(Self.count("fibre", of: core, servers: 16) == 128 + 128 + 32)
    #expect(Self.count("transceiver", of: core, servers: 16) == 128 + ports(core))
  }

  @Test(arguments: [PathRouting.sprayed, .destinationModulo]) func everyBilledCableIsWired(
    routing: PathRouting
  ) throws {
    for (leaf, pod) in [(1.0, 1.0), (3, 3), (1, 4), (3, 5)] {
      let fabric = Self.fabric(
        FatTree(
          serversPerLeaf: 2, leavesPerPod: 2, leafOversubscription: leaf, podOversubscription: pod,
          routing: routing))
      let layout = Layout(serverCount: 7, gpusPerServer: 8)
      // Above NICs: a cable has a port at both ends.
      let cables = (Self.count("electrical switch port", of: fabric, servers: 7) - 56) / 2
      var wired = 0
      for (tier, groups) in [("leaf", 4), ("pod", 2)] {
        for group in 0..<groups {
          var cable = 0
          while true {
            var broken = fabric
            broken.failures = [.uplink(tier: tier, group: group, cable: cable)]
            guard (try? FabricNetwork(broken, layout: layout, grain: .server)) != nil else { break }
            cable += 1
          }
          wired += cable
        }
      }
      #expect(cables == wired, "\(leaf) \(pod)")
    }
  }

  @Test func aTreeThatFitsTwoTiersIsNotBilledThree() throws {
    // 3:1 leaves of radix 64 hold 48 NICs; 64 of them need no cores.
    for (servers, tiers) in [(256, 2), (257, 2), (384, 2), (385, 3)] {
      let tree = try #require(
        FabricCatalogue.preset(
          named: "fat-tree-3to1", layout: Layout(serverCount: servers, gpusPerServer: 8)))
      let nics = servers * 8
      let ports = Self.count("electrical switch port", of: tree, servers: servers)
      let up = (servers / 6) * 16 + (servers % 6 * 8 + 2) / 3
      let pods = tiers == 2 ? 0 : 3
      #expect(ports >= nics + 2 * up + (pods == 0 ? 0 : 2 * up))
      #expect(ports <= nics + 2 * up + (pods == 0 ? 0 : 2 * (up + pods)), "\(servers)")
    }
  }

  @Test func catalogueTreesOfFullLeavesAreBilledAsTextbookTrees() throws {
    for servers in [8, 64, 128, 256, 512, 4096] {
      let layout = Layout(serverCount: servers, gpusPerServer: 8)
      for name in ["fat-tree", "rail-optimised", "fat-tree-d-mod-k"] {
        let fabric = try #require(FabricCatalogue.preset(named: name, layout: layout))
        #expect(fabric.defect(for: layout) == nil)
        #expect(
          fabric.billOfMaterials(for: layout).totalUSD
            == BillOfMaterials.electrical(
              nicCount: servers * 8, radix: 64, prices: PriceList.published[2]
            ).totalUSD, "\(name) of \(servers) servers")
      }
    }
  }

  @Test func leavesThatNoSwitchCanBeAreADefect() throws {
    let layout = Layout(serverCount: 16, gpusPerServer: 8)
    let narrow = try #require(
      FabricCatalogue.preset(named: "fat-tree", layout: layout, switchRadix: 8))
    #expect(narrow.defect(for: layout)?.contains("8 NICs and 8 cables up") == true)
    #expect(
      FabricCatalogue.presets(layout: layout, switchRadix: 8).contains { $0.name == "fat-tree" })
    let wide = try #require(
      FabricCatalogue.preset(named: "fat-tree", layout: layout, switchRadix: 16))
    #expect(wide.defect(for: layout) == nil)
    #expect(Self.fabric(FatTree(serversPerLeaf: 5)).defect(for: layout) != nil)
    #expect(
      Self.fabric(FatTree(serversPerLeaf: 1, leavesPerPod: 16), radix: 17).defect(for: layout)
        == nil)
    #expect(
      Self.fabric(FatTree(serversPerLeaf: 1, leavesPerPod: 15), radix: 16).defect(for: layout)?
        .contains("spine") == true)
    #expect(Self.fabric(RailOptimised(serversPerLeaf: 33)).defect(for: layout) == nil)
    #expect(
      Self.fabric(RailOptimised(serversPerLeaf: 16), radix: 24).defect(for: layout)?
        .contains("rail leaf") == true)
  }

  @Test func whereOneSwitchHoldsAllThereIsNothingAboveIt() throws {
    let layout = Layout(serverCount: 8, gpusPerServer: 8)
    for name in ["fat-tree", "fat-tree-d-mod-k", "rail-optimised"] {
      var fabric = try #require(FabricCatalogue.preset(named: name, layout: layout))
      #expect(Self.count("electrical switch port", of: fabric, servers: 8) == 64)
      let network = try FabricNetwork(fabric, layout: layout, grain: .rank)
      #expect(!network.links.tier.contains(.network))
      let tier = name == "rail-optimised" ? "rail leaf" : "leaf"
      fabric.failures = [.uplink(tier: tier, group: 0, cable: 0)]
      let error = #expect(throws: ReplayError.self) {
        try FabricNetwork(fabric, layout: layout, grain: .rank)
      }
      #expect(error?.message.contains("no such link") == true)
    }
  }

  @Test func spareServersAreBilled() {
    let failures: [Failure] = [.server(3), .server(5), .server(3), .nic(server: 0, nic: 1)]
    for network in [
      Crossbar() as any ElectricalNetwork, FatTree(serversPerLeaf: 2), RailOptimised(),
    ] {
      #expect(Self.count("NIC", of: Self.fabric(network), servers: 8) == 64)
      let broken = Self.fabric(network, failures: failures)
      #expect(Self.count("NIC", of: broken, servers: 8) == 80)
      let layout = Layout(serverCount: 8, gpusPerServer: 8)
      #expect(
        broken.paperBillOfMaterials(for: layout).lines.first { $0.item == "NIC" }?.count == 80)
    }
    var mixnet = unitFabric(MixNetGreedy(.continue))
    mixnet.failures = [.server(3)]
    // The spare has electrical NICs only.
    #expect(Self.count("NIC", of: mixnet, servers: 8) == 64 + 2)
  }

  @Test func theSpareOfAFullSwitchIsOnASecondOne() {
    let fabric = Self.fabric(
      FatTree(switchRadix: 64, serverCount: 8, nicsPerServer: 8), failures: [.server(0)])
    #expect(
      Self.count("electrical switch port", of: fabric, servers: 8) == 72 + 2 * 72)
  }
}

@Suite struct PriceChoiceTests {
  static let layout = Layout(serverCount: 8, gpusPerServer: 8)

  static func mixnet(_ technology: String?) throws -> FabricSpecification {
    var declaration = FabricDeclaration(name: "mine", location: "f:1")
    declaration.base = "mixnet"
    declaration.optical = FabricDeclaration.Optical()
    declaration.optical?.technology = technology
    declaration.optical?.serversPerRegion = 5
    return try FabricSpecification(declaration, layout: layout)
  }

  @Test(arguments: [
    (nil, 520.0), ("piezo", 520), ("robotic-patch-panel", 100), ("palomar", 520),
  ]) func aTechnologysPortsCostWhatIsPublished(technology: String?, price: Double) throws {
    let fabric = try Self.mixnet(technology)
    for bill in [
      fabric.billOfMaterials(for: Self.layout), fabric.paperBillOfMaterials(for: Self.layout),
    ] {
      let ports = try #require(bill.lines.first { $0.item == "optical switch port" })
      #expect(ports.count == 48 && ports.unitPriceUSD == price)
    }
    let echoed = fabric.effectiveParameters.first { $0.name == "optical switch port price" }
    #expect(
      echoed?.value == (["piezo", "robotic-patch-panel"].contains(technology) ? "\(price)" : nil))
    #expect(echoed == nil || echoed?.unit == "USD")
  }

  @Test func declaredRegionsAreToldApart() throws {
    var fabric = try Self.mixnet(nil)
    func parameters(_ region: [Int]) -> [EffectiveParameter] {
      fabric.optical?.regions = .declared(region)
      return fabric.effectiveParameters
    }
    let first = parameters([0, 0, 0, 0, 1, 1, 1, 1])
    #expect(first != parameters([0, 1, 0, 1, 0, 1, 0, 1]))
    #expect(first == parameters([0, 0, 0, 0, 1, 1, 1, 1]))
  }

  @Test func aPriceBelowZeroIsADefect() throws {
    var fabric = try Self.mixnet(nil)
    fabric.optical?.portPriceUSD = -1
    #expect(fabric.defect(for: Self.layout)?.contains("-1") == true)
  }

  /// The paper's formulas for 1,024 NICs at 400 Gb/s, and what follows from them for the rest.
  @Test func everyFabricHasThePapersPrice() throws {
    let layout = Layout(serverCount: 128, gpusPerServer: 8)
    func price(_ name: String) throws -> Double {
      let fabric = try #require(FabricCatalogue.preset(named: name, layout: layout))
      return fabric.paperBillOfMaterials(for: layout).totalUSD
    }
    for name in ["fat-tree", "rail-optimised", "ideal", "fat-tree-ecmp"] {
      #expect(try price(name) == 11_625_472)
    }
    for name in ["mixnet", "mixnet-eps-aware"] { #expect(try price(name) == 5_078_272) }
    for name in ["topoopt", "random-regular"] { #expect(try price(name) == 2_465_792) }
    // Six of eight NICs patched, two on the fat-tree.
    for name in ["static-circulant", "static-circulant-forwarding", "static-random-regular"] {
      #expect(try price(name) == 11_625_472 / 4 + 2_465_792 * 3 / 4)
    }
    // Cables without panels: a NIC, a transceiver and half a cable each.
    let cabled: Double = 1_024 * (1_499 + 659 + 75)
    #expect(try price("ring") == cabled)
  }
}
