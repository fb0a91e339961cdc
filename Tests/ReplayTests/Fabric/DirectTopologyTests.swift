import Replay
import Testing
import TraceModel

/// Times of demands on direct links of one unit, every server having as many NICs as neighbours.
enum DirectFixtures {
  static func fabric(
    _ shape: any DirectShape, nics: Int, routing: PathRouting = .sprayed, maximumPaths: Int = 64
  ) -> FabricSpecification {
    FabricSpecification(
      name: shape.name, summary: "",
      electrical: DirectTopology(shape, routing: routing, maximumPaths: maximumPaths),
      nicsPerServer: nics, nicBitsPerSecond: 8e9)
  }

  static func completion(
    of matrix: TrafficMatrix, on fabric: FabricSpecification
  ) throws -> Double {
    try replay(Workloads.oneGPUPerServer([matrix]), on: fabric).completionNanoseconds
  }

  /// Flows of a demand on a fabric, as the solver sees them.
  static func problem(
    of matrix: TrafficMatrix, on fabric: FabricSpecification
  ) throws -> (problem: FluidProblem, network: FabricNetwork) {
    let workload = Workloads.oneGPUPerServer([matrix])
    let network = try FabricNetwork(fabric, layout: workload.layout, grain: .server)
    let term = DemandTerm(demand: 0, isTransposed: false, bytesPerUnit: 1, isExpert: true)
    let demand = PhaseDemand([term], of: workload)
    return (RoutedDemand(demand, on: network, circuits: nil).fluidProblem(), network)
  }

  static func randomRegular(_ servers: Int, degree: Int, seed: UInt64 = 1) -> CircuitShape {
    CircuitShape(RandomRegular(seed: seed), serverCount: servers, opticalPorts: degree)
  }

  static func uniform(_ size: Int) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: size)
    for source in 0..<size {
      for destination in 0..<size where source != destination { matrix[source, destination] = 1 }
    }
    return matrix
  }

  static func near(_ left: Double, _ right: Double) -> Bool {
    abs(left - right) <= 1e-6 * max(abs(left), abs(right))
  }
}

@Suite struct DirectTopologyTests {
  /// All-to-all times of maximum concurrent flow: shortest paths reach them where every link carries
  /// the same, which these shapes' symmetry brings about.
  @Test func uniformTrafficMeetsTheConcurrentFlowOptimumOnSymmetricShapes() throws {
    let cases: [(any DirectShape, Int, Int, Double)] = [
      (Ring(isOneWay: true), 8, 1, 28), (Ring(), 8, 2, 8), (Ring(), 5, 2, 3),
      (Hypercube(), 8, 3, 4), (Torus([4, 4]), 16, 4, 8), (FullMesh(), 8, 7, 1),
    ]
    for (shape, servers, nics, time) in cases {
      let found = try DirectFixtures.completion(
        of: DirectFixtures.uniform(servers), on: DirectFixtures.fabric(shape, nics: nics))
      #expect(DirectFixtures.near(found, time), "\(shape.name) of \(servers): \(found)")
    }
  }

  /// With one path per pair all opposite pairs of a ring may go the same way round: links carry 10
  /// of the 64 pair-hops that 16 links could share at 8 each, or anything between.
  @Test func oneShortestPathOnARingIsBetweenTheOptimumAndTwice() throws {
    let found = try DirectFixtures.completion(
      of: DirectFixtures.uniform(8),
      on: DirectFixtures.fabric(Ring(), nics: 2, maximumPaths: 1))
    #expect(found >= 8 && found <= 10 * (1 + 1e-9))
  }

  /// Shortest paths cannot beat the optimum over all paths, and here come near it.
  @Test func unevenTrafficIsNeverFasterThanTheConcurrentFlowOptimum() throws {
    for (shape, nics, optimum) in [
      (Ring() as any DirectShape, 2, 84.5), (Hypercube(), 3, 42.25),
    ] {
      let found = try DirectFixtures.completion(
        of: Fixtures.f8, on: DirectFixtures.fabric(shape, nics: nics))
      #expect(found >= optimum * (1 - 1e-9) && found < 2 * optimum, "\(shape.name): \(found)")
    }
    // Direct links of 6/7: the largest demand alone, for a mesh's shortest path is its link.
    let mesh = try DirectFixtures.completion(
      of: Fixtures.f8, on: DirectFixtures.fabric(FullMesh(), nics: 6))
    #expect(DirectFixtures.near(mesh, 17 * 7.0 / 6))
  }

  @Test(arguments: 0..<6) func bytesOnLinksAreBytesTimesHops(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    let matrix = Fixtures.random(8, &random)
    let routing: PathRouting =
      seed % 2 == 0 ? .sprayed : .hashed(seed: UInt64(seed), queuePairsPerPair: 3)
    let shapes: [any DirectShape] = [
      Hypercube(), Torus([4, 2]), DirectFixtures.randomRegular(8, degree: 3),
    ]
    let fabric = DirectFixtures.fabric(shapes[seed / 2], nics: 3, routing: routing)
    let (problem, network) = try DirectFixtures.problem(of: matrix, on: fabric)
    let solution = try problem.solve()
    var bytesOfLinks = 0.0
    for link in 0..<network.links.count {
      if case .direct = network.links.name[link] { bytesOfLinks += solution.linkBytes[link] }
    }
    var bytesTimesHops = 0.0
    for flow in 0..<problem.flowCount {
      let hops = Set(problem.subflows(of: flow).map { problem.pathRange(of: $0).count - 2 })
      // All of a pair's paths are shortest.
      #expect(hops.count == 1)
      bytesTimesHops += problem.flowBytes[flow] * Double(hops.first ?? 0)
    }
    #expect(DirectFixtures.near(bytesOfLinks, bytesTimesHops))
  }

  @Test func sprayingTakesEachShortestPathOnce() throws {
    let fabric = DirectFixtures.fabric(Hypercube(), nics: 3)
    var matrix = TrafficMatrix(size: 8)
    matrix[0, 7] = 6
    let (problem, _) = try DirectFixtures.problem(of: matrix, on: fabric)
    let paths = Set(
      problem.subflows(of: 0).map { Array(problem.path[problem.pathRange(of: $0)]) })
    #expect(problem.subflowCount == 6 && paths.count == 6)
    // Two of the six may pass each first link, so three links carry all at once.
    #expect(DirectFixtures.near(try problem.solve().completion, 2))
  }

  /// A large torus has far more shortest paths than are used; those that are leave a server evenly.
  @Test func fewOfManyPathsAreSpreadOverTheNeighbours() throws {
    let shape = Torus([8, 8, 8])
    var fabric = DirectFixtures.fabric(shape, nics: 6, maximumPaths: 12)
    fabric.nicBitsPerSecond = 8e9
    var matrix = TrafficMatrix(size: 512)
    matrix[0, 4 + 4 * 8 + 4 * 64] = 600
    let (problem, _) = try DirectFixtures.problem(of: matrix, on: fabric)
    #expect(problem.subflowCount == 12)
    // After the server's NICs comes the first link.
    let firstHops = problem.subflows(of: 0).map {
      problem.path[problem.pathRange(of: $0).lowerBound + 1]
    }
    #expect(Set(firstHops).count == 6)
  }

  @Test func hashedPathsDependOnTheSeedAlone() throws {
    func time(_ seed: UInt64) throws -> Double {
      try DirectFixtures.completion(
        of: DirectFixtures.uniform(16),
        on: DirectFixtures.fabric(
          Torus([4, 4]), nics: 4, routing: .hashed(seed: seed, queuePairsPerPair: 1)))
    }
    #expect(try time(5) == time(5))
    #expect(try Set((0..<4).map { try time(UInt64($0)) }).count > 1)
    #expect(try time(5) >= 8 * (1 - 1e-9))
  }

  @Test func relabellingServersAndLinksTogetherChangesNothing() throws {
    var random = RandomStream(seed: 11)
    let matrix = Fixtures.random(8, &random)
    let number = random.permutation(8)
    var moved = TrafficMatrix(size: 8)
    var lines = ""
    var movedLines = ""
    for edge in DirectFixtures.randomRegular(8, degree: 3, seed: 4).graph(
      serverCount: 8
    ).edges
    where edge.source < edge.destination {
      lines += "\(edge.source) \(edge.destination)\n"
      movedLines += "\(number[edge.source]) \(number[edge.destination])\n"
    }
    for source in 0..<8 {
      for destination in 0..<8 {
        moved[number[source], number[destination]] = matrix[source, destination]
      }
    }
    func time(_ text: String, _ matrix: TrafficMatrix) throws -> Double {
      try DirectFixtures.completion(
        of: matrix,
        on: DirectFixtures.fabric(try EdgeList(text: text, file: "e"), nics: 3))
    }
    #expect(DirectFixtures.near(try time(lines, matrix), try time(movedLines, moved)))
  }

  @Test func fasterLinksDivideTheTime() throws {
    let shape = Torus([4, 2])
    var fast = DirectFixtures.fabric(shape, nics: 3)
    fast.nicBitsPerSecond *= 4
    let slow = try DirectFixtures.completion(
      of: Fixtures.f8, on: DirectFixtures.fabric(shape, nics: 3))
    let quick = try DirectFixtures.completion(of: Fixtures.f8, on: fast)
    #expect(DirectFixtures.near(slow, 4 * quick))
  }

  @Test func noResultIsBelowItsBound() throws {
    var random = RandomStream(seed: 2)
    for shape in [Ring() as any DirectShape, Hypercube(), FullMesh(), Torus([2, 4])] {
      for routing in [PathRouting.sprayed, .hashed(seed: 3, queuePairsPerPair: 2)] {
        let result = try replay(
          Workloads.oneGPUPerServer([Fixtures.random(8, &random)]),
          on: DirectFixtures.fabric(shape, nics: 3, routing: routing))
        #expect(result.completionNanoseconds >= result.total.boundNanoseconds * (1 - 1e-9))
      }
    }
  }

  @Test func unreachablePairsAreNamedBeforeTheRunStarts() throws {
    let islands = try EdgeList(text: "0 1\n2 3\n", file: "islands")
    let fabric = DirectFixtures.fabric(islands, nics: 1)
    let error = #expect(throws: ReplayError.self) {
      try DirectFixtures.completion(of: DirectFixtures.uniform(4), on: fabric)
    }
    #expect(error?.location.contains("server 0 → server 2") == true)
    // One-way links lead back only where others do.
    let oneWay = DirectFixtures.fabric(try EdgeList(text: "0 > 1\n", file: "e"), nics: 1)
    var forward = TrafficMatrix(size: 2)
    forward[0, 1] = 3
    #expect(try DirectFixtures.completion(of: forward, on: oneWay) == 3)
    #expect(throws: ReplayError.self) {
      try DirectFixtures.completion(of: forward.transposed, on: oneWay)
    }
  }
}
