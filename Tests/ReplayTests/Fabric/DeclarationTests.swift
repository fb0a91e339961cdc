import Replay
import Testing
import TraceModel

@Suite struct DeclarationTests {
  static let layout = Layout(serverCount: 8, gpusPerServer: 8)

  static func fabric(
    _ declare: (inout FabricDeclaration) -> Void
  ) throws(ReplayError) -> FabricSpecification {
    var declaration = FabricDeclaration(name: "mine", location: "fabrics.yaml:2")
    declare(&declaration)
    return try FabricSpecification(declaration, layout: layout)
  }

  @Test func aPresetWithOverrides() throws {
    let fabric = try Self.fabric {
      $0.base = "mixnet"
      $0.nicBitsPerSecond = 800e9
      $0.sharing = "split-fair"
      $0.latencyNanoseconds = 6000
      $0.optical = FabricDeclaration.Optical()
      $0.optical?.nicsPerServer = 4
      $0.optical?.planes = 2
      $0.optical?.scheduler = "eps-aware"
      $0.optical?.technology = "mems-3d"
      $0.optical?.linkUpNanoseconds = 1e6
      $0.failures = ["server 1 nic 0"]
    }
    #expect(fabric.name == "mine" && fabric.nicBitsPerSecond == 800e9)
    #expect(fabric.sharing == .splitFair && fabric.latencyNanoseconds == 6000)
    let optical = try #require(fabric.optical)
    #expect(optical.nicsPerServer == 4 && optical.planes == 2 && optical.switchRadix == 320)
    #expect(optical.scheduler.name == "eps-aware")
    #expect(optical.delay.nanoseconds(forPairs: 1) == 16e6)
    #expect(fabric.failures == [.nic(server: 1, nic: 0)])
  }

  @Test func everyTopologyCanBeDeclared() throws {
    for topology in FabricDeclaration.Topology.allCases {
      let fabric = try Self.fabric {
        $0.topology = topology
        if topology == .torus { $0.dimensions = [4, 2] }
        if topology == .edgeList {
          $0.edges = FabricDeclaration.EdgeListFile(text: "0 1\n", name: "e")
        }
        if topology == .ring { $0.routing = .hashed; $0.seed = 4; $0.queuePairs = 2 }
      }
      #expect(fabric.defect(for: Self.layout) == nil)
      let name = topology == .ideal ? "crossbar" : topology.rawValue
      #expect(fabric.electrical.name.hasPrefix(name), "\(topology)")
      if topology == .ring {
        #expect(
          (fabric.electrical as? DirectTopology)?.routing
            == .hashed(seed: 4, queuePairsPerPair: 2))
      }
    }
  }

  @Test func staticCircuitsTakeTheirNICsFromTheTopology() throws {
    for circuits in FabricDeclaration.Optical.StaticCircuits.allCases {
      let fabric = try Self.fabric {
        $0.topology = .fatTree
        $0.optical = FabricDeclaration.Optical()
        $0.optical?.nicsPerServer = 4
        $0.optical?.staticCircuits = circuits
        $0.optical?.forwardsThroughHosts = false
      }
      let network = try #require(fabric.electrical as? StaticOptical)
      #expect(network.opticalNICsPerServer == 4 && !network.forwardsThroughHosts)
      #expect(network.packets.name == "fat-tree" && fabric.optical == nil)
    }
  }

  /// Two of eight NICs are left for packets: 32 servers have 64 of them, one switch.
  @Test func aNetworkBesideCircuitsIsSizedForItsOwnNICs() throws {
    let layout = Layout(serverCount: 32, gpusPerServer: 8)
    func tree(_ declare: (inout FabricDeclaration) -> Void) throws -> FabricSpecification {
      var declaration = FabricDeclaration(name: "mine", location: "f:1")
      declaration.optical = FabricDeclaration.Optical()
      declaration.optical?.nicsPerServer = 6
      declare(&declaration)
      return try FabricSpecification(declaration, layout: layout)
    }
    let declared = try tree {
      $0.topology = .fatTree; $0.oversubscription = 3
    }
    let preset = try tree { $0.base = "fat-tree-3to1" }
    let overMixnet = try tree {
      $0.base = "mixnet"; $0.topology = .fatTree; $0.oversubscription = 3
    }
    for fabric in [declared, preset, overMixnet] {
      #expect((fabric.electrical as? FatTree)?.serversPerLeaf == 32)
      #expect(fabric.nicsPerServer == 8 && fabric.opticalNICsPerServer == 6)
      #expect(fabric.electrical.isNonBlocking(serverCount: 32))
    }
    let fixed = try tree {
      $0.topology = .fatTree
      $0.oversubscription = 3
      $0.optical?.staticCircuits = .circulant
    }
    let packets = (fixed.electrical as? StaticOptical)?.packets as? FatTree
    #expect(packets?.serversPerLeaf == 32)
    let rails = try tree { $0.topology = .railOptimised }
    #expect((rails.electrical as? RailOptimised)?.railsShareLeaves == true)
    // Ten NICs per server, eight of them on circuits: as two.
    let many = try tree {
      $0.base = "fat-tree-3to1"; $0.nicsPerServer = 10; $0.optical?.nicsPerServer = 8
    }
    #expect(many.nicsPerServer == 10 && (many.electrical as? FatTree)?.serversPerLeaf == 32)
  }

  @Test func islandsAreSizedForTheirDeclaredNICs() throws {
    let layout = Layout(serverCount: 8, gpusPerServer: 8)
    var declaration = FabricDeclaration(name: "mine", location: "f:1")
    declaration.base = "nvl72"
    declaration.nicsPerServer = 16
    let fabric = try FabricSpecification(declaration, layout: layout)
    #expect(fabric.nicsPerServer == 16)
    #expect((fabric.electrical as? FatTree)?.serversPerLeaf == 2)
    declaration.nicsPerServer = nil
    let plain = try FabricSpecification(declaration, layout: layout)
    #expect(plain.nicsPerServer == 8 && (plain.electrical as? FatTree)?.serversPerLeaf == 8)
  }

  @Test func staticCircuitsStayInTheirRegion() throws {
    let fabric = try Self.fabric {
      $0.topology = .ideal
      $0.optical = FabricDeclaration.Optical()
      $0.optical?.nicsPerServer = 2
      $0.optical?.staticCircuits = .randomRegular
      $0.optical?.serversPerRegion = 4
    }
    let shape = try #require(
      (fabric.electrical as? StaticOptical)?.circuits.shape as? CircuitShape)
    #expect(shape.regions == [[0, 1, 2, 3], [4, 5, 6, 7]])
    // All servers are what rings pass anyway.
    for region in [8, Int.max] {
      _ = try Self.fabric {
        $0.topology = .ideal
        $0.optical = FabricDeclaration.Optical()
        $0.optical?.staticCircuits = .totientRings
        $0.optical?.serversPerRegion = region
      }
    }
  }

  @Test func aSeedIsForHashedRoutingAndRandomLinks() throws {
    _ = try Self.fabric {
      $0.topology = .randomRegular; $0.seed = 7
    }
    _ = try Self.fabric {
      $0.topology = .fatTree
      $0.seed = 7
      $0.optical = FabricDeclaration.Optical()
      $0.optical?.staticCircuits = .randomRegular
    }
    _ = try Self.fabric {
      $0.topology = .ring; $0.maximumPaths = 4
    }
  }

  @Test func whatWouldNotBeUsedIsRefusedWithItsPlace() {
    let cases: [((inout FabricDeclaration) -> Void, String)] = [
      ({ $0.base = "mesh" }, "mesh"),
      (
        {
          $0.topology = .fatTree; $0.rings = 2
        }, "rings"
      ),
      (
        {
          $0.base = "fat-tree"; $0.dimensions = [8]
        }, "dimensions"
      ),
      (
        {
          $0.topology = .torus; $0.dimensions = [3, 3]
        }, "3 × 3"
      ),
      ({ $0.topology = .torus }, "dimensions"),
      (
        {
          $0.topology = .ring; $0.queuePairs = 2
        }, "queue_pairs"
      ),
      (
        {
          $0.topology = .ring; $0.seed = 7
        }, "seed"
      ),
      (
        {
          $0.topology = .ring; $0.routing = .hashed; $0.maximumPaths = 4
        }, "paths"
      ),
      (
        {
          $0.topology = .ideal
          $0.optical = .init()
          $0.optical?.staticCircuits = .totientRings
          $0.optical?.serversPerRegion = 4
        }, "optical.region"
      ),
      (
        {
          $0.base = "mixnet"; $0.nicPolicy = "pooled-up"
        }, "nic_policy"
      ),
      (
        {
          $0.base = "mixnet"; $0.failures = ["everything"]
        }, "everything"
      ),
      (
        {
          $0.base = "mixnet"; $0.optical = .init(); $0.optical?.forwardsThroughHosts = true
        },
        "forwards"
      ),
      (
        {
          $0.base = "mixnet"; $0.optical = .init(); $0.optical?.technology = "mirrors"
        }, "mirrors"
      ),
      (
        {
          $0.topology = .ideal
          $0.optical = .init()
          $0.optical?.staticCircuits = .circulant
          $0.optical?.planes = 2
        }, "optical.planes"
      ),
      (
        {
          $0.topology = .hypercube; $0.optical = .init()
        }, "hypercube"
      ),
    ]
    for (declare, word) in cases {
      let error = #expect(throws: ReplayError.self) { try Self.fabric(declare) }
      #expect(error?.location.hasPrefix("fabrics.yaml:2") == true, "\(word)")
      #expect(error?.message.contains(word) == true, "\(String(describing: error))")
    }
  }
}
