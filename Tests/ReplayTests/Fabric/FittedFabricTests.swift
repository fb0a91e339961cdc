import Replay
import Testing
import TraceModel

@Suite struct FittedFabricTests {
  static let layout = Layout(serverCount: 8, gpusPerServer: 1, nicsPerServer: 8)

  static func offer(_ name: String, for demand: TrafficMatrix) throws -> FabricSpecification {
    let offer = FabricCatalogue.offer(
      named: name, layout: layout, nicBitsPerSecond: 8e9, fittedTo: demand)
    return try #require(offer?.fabric)
  }

  static func time(_ fabric: FabricSpecification, _ demand: TrafficMatrix) throws -> Double {
    var shared = fabric
    shared.sharing = .splitFair
    return try DirectFixtures.completion(of: demand, on: shared)
  }

  /// Where pairs matter, circuits fitted to them win on their own demand and lose on another.
  @Test func circuitsForADemandServeItBestAndNoOther() throws {
    let circulant = try #require(
      FabricCatalogue.preset(
        named: "static-circulant", layout: Self.layout, nicBitsPerSecond: 8e9))
    let fitted = try Self.offer("best-static", for: Fixtures.p8(3))
    let own = try Self.time(fitted, Fixtures.p8(3))
    #expect(own < 0.7 * (try Self.time(circulant, Fixtures.p8(3))))
    #expect(own >= 10.625 * (1 - 1e-9))
    #expect(try Self.time(fitted, Fixtures.p8(2)) > 1.5 * own)
  }

  @Test func allAreBuiltForTheirCluster() throws {
    for name in FabricCatalogue.fittedNames {
      let fabric = try Self.offer(name, for: Fixtures.f8)
      #expect(fabric.defect(for: Self.layout) == nil)
      let result = try replay(Workloads.oneGPUPerServer([Fixtures.f8]), on: fabric)
      #expect(result.bytes.total == Double(Fixtures.f8.total))
      #expect(result.total.percentOfBound <= 100.0001)
    }
    for (demand, reason) in [(nil, "none is given"), (Fixtures.a4, "4 servers")] {
      let offers = FabricCatalogue.offers(layout: Self.layout, fittedTo: demand).filter {
        FabricCatalogue.fittedNames.contains($0.name)
      }
      #expect(offers.count == 3)
      #expect(offers.allSatisfy { $0.fabric == nil && $0.reason?.contains(reason) == true })
    }
  }

  @Test func ringsOfTopoOptReachEverybodyWithoutElectricalNICs() throws {
    let fabric = try Self.offer("topoopt-fitted", for: Fixtures.p8(3))
    #expect(try DirectFixtures.completion(of: DirectFixtures.uniform(8), on: fabric) > 0)
    #expect(
      fabric.billOfMaterials(for: Self.layout).lines.first { $0.item == "patch-panel port" }?.count
        == 64)
  }
}

@Suite struct DirectBoundTests {
  /// On symmetric shapes the bytes times hops fill all links until the end.
  @Test func uniformTrafficOnSymmetricShapesMeetsItsDistanceBound() throws {
    for (shape, servers, nics) in [
      (Ring() as any DirectShape, 8, 2), (Hypercube(), 8, 3), (Torus([4, 4]), 16, 4),
    ] {
      let result = try replay(
        Workloads.oneGPUPerServer([DirectFixtures.uniform(servers)]),
        on: DirectFixtures.fabric(shape, nics: nics))
      #expect(result.phases[0].bound.name == "distance", "\(shape.name)")
      #expect(
        DirectFixtures.near(result.phases[0].bound.nanoseconds, result.completionNanoseconds),
        "\(shape.name)")
    }
  }

  @Test func aNarrowCutIsABound() throws {
    // Two full meshes of four, joined by two links of a quarter of a NIC.
    var text = "0 4 2 Gb/s\n1 5 2 Gb/s\n"
    for first in [0, 4] {
      for left in 0..<4 {
        for right in left + 1..<4 { text += "\(first + left) \(first + right)\n" }
      }
    }
    let fabric = DirectFixtures.fabric(try EdgeList(text: text, file: "e"), nics: 4)
    let result = try replay(
      Workloads.oneGPUPerServer([DirectFixtures.uniform(8)]), on: fabric)
    // Sixteen units each way over half a unit.
    #expect(result.phases[0].bound.name == "cut")
    #expect(DirectFixtures.near(result.phases[0].bound.nanoseconds, 32))
    #expect(result.completionNanoseconds >= 32 * (1 - 1e-9))
  }

  @Test(arguments: 0..<5) func wideningOneLinkNeverRaisesABound(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 5)
    let matrix = Fixtures.random(8, &random)
    let edges = Hypercube().graph(serverCount: 8).edges.filter { $0.source < $0.destination }
    let wide = random.below(edges.count)
    func bound(of wideRate: Int) throws -> Double {
      var text = ""
      for (number, edge) in edges.enumerated() {
        text += "\(edge.source) \(edge.destination) \(number == wide ? wideRate : 8) Gb/s\n"
      }
      let list = try EdgeList(text: text, file: "e")
      return try replay(
        Workloads.oneGPUPerServer([matrix]), on: DirectFixtures.fabric(list, nics: 5)
      ).total.boundNanoseconds
    }
    let narrow = try bound(of: 8)
    #expect(try bound(of: 16) <= narrow * (1 + 1e-9))
    #expect(try bound(of: 4) >= narrow * (1 - 1e-9))
  }

  @Test func theElectricalShareCountsInTheBound() throws {
    let result = try replay(
      Workloads.oneGPUPerServer([Fixtures.p8(3)]), on: StaticOpticalTests.fabric(forwards: true))
    #expect(result.total.percentOfBound <= 100.0001 && result.total.percentOfBound > 0)
  }
}
