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
