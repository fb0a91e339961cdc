import Replay
import Testing
import TraceModel

@Suite struct StaticOpticalTests {
  /// Six unit NICs on a circulant of eight servers, two on a crossbar.
  static func fabric(
    forwards: Bool, sharing: SharingMode = .exclusive, optical: Int = 6, nics: Int = 8,
    circuits: CircuitMatrix? = nil
  ) -> FabricSpecification {
    let circuits =
      circuits
      ?? Circulant().circuits(
        for: Fixtures.p8(3), opticalPorts: optical, electricalPorts: nics - optical)
    return FabricSpecification(
      name: "static", summary: "",
      electrical: StaticOptical(
        CircuitShape(name: "circulant", regions: [Array(0..<8)], circuits: [circuits]),
        opticalNICsPerServer: optical, forwardsThroughHosts: forwards),
      nicsPerServer: nics, nicBitsPerSecond: 8e9, sharing: sharing)
  }

  /// The same circuits as a layer that is never reconfigured and as a network: the same time.
  @Test(arguments: [SharingMode.exclusive, .splitFair])
  func withoutForwardingItIsTheOpticalLayer(sharing: SharingMode) throws {
    for matrix in [Fixtures.f8, Fixtures.p8(3), Fixtures.p8(2)] {
      let layer = try DirectFixtures.completion(
        of: matrix, on: unitFabric(Circulant(), sharing: sharing))
      let network = try DirectFixtures.completion(
        of: matrix, on: Self.fabric(forwards: false, sharing: sharing))
      #expect(DirectFixtures.near(layer, network))
    }
  }

  @Test func forwardingReachesServersWithoutElectricalNICs() throws {
    // Neighbours only: server 4 is four hops from server 0.
    var ring = CircuitMatrix(size: 8)
    for server in 0..<8 { ring.addPair(server, (server + 1) % 8) }
    let forwarding = Self.fabric(forwards: true, optical: 2, nics: 2, circuits: ring)
    #expect(
      DirectFixtures.near(
        try DirectFixtures.completion(of: DirectFixtures.uniform(8), on: forwarding), 8))
    let direct = Self.fabric(forwards: false, optical: 2, nics: 2, circuits: ring)
    let error = #expect(throws: ReplayError.self) {
      try DirectFixtures.completion(of: DirectFixtures.uniform(8), on: direct)
    }
    #expect(error?.location.contains("server 0 → server 2") == true)
  }

  @Test func sharingAddsTheElectricalNICs() throws {
    let circuits = CircuitMatrix(size: 8)
    // No circuits at all: two of eight NICs carry everything.
    let dark = try DirectFixtures.completion(
      of: Fixtures.f8, on: Self.fabric(forwards: true, circuits: circuits))
    #expect(DirectFixtures.near(dark, 83.0 / 2))
    let exclusive = try DirectFixtures.completion(
      of: Fixtures.p8(3), on: Self.fabric(forwards: true))
    let split = try DirectFixtures.completion(
      of: Fixtures.p8(3), on: Self.fabric(forwards: true, sharing: .splitFair))
    #expect(split < exclusive)
  }

  @Test func theDeclaredShareIsEchoedAndChecked() {
    let layout = Layout(serverCount: 8, gpusPerServer: 1, nicsPerServer: 8)
    let fabric = Self.fabric(forwards: true)
    #expect(fabric.defect(for: layout) == nil)
    let parameters = fabric.effectiveParameters
    #expect(parameters.contains { $0.name == "static optical NICs per server" && $0.value == "6" })
    #expect(
      parameters.contains { $0.name == "servers forward between circuits" && $0.value == "yes" })
    #expect(Self.fabric(forwards: true, sharing: .splitOptimal).defect(for: layout) != nil)
    var thin = fabric
    thin.nicsPerServer = 5
    #expect(thin.defect(for: layout)?.contains("6 optical") == true)
    // Seven circuits per server do not fit six NICs.
    let crowded = Self.fabric(
      forwards: true,
      circuits: Circulant().circuits(for: Fixtures.f8, opticalPorts: 7, electricalPorts: 1))
    #expect(crowded.defect(for: layout)?.contains("server 0") == true)
  }
}
