import Replay
import Testing
import TraceModel

@Suite struct NetworkBoundTests {
  /// Two full meshes of four joined by one thin link.
  static let barbell: LinkGraph = {
    var graph = LinkGraph(nodeCount: 8)
    for half in [0, 4] {
      for left in 0..<4 {
        for right in left + 1..<4 { graph.join(half + left, half + right, capacity: 1) }
      }
    }
    graph.join(3, 4, capacity: 0.5)
    return graph
  }()

  @Test func theSweepFindsTheThinLink() throws {
    // 16 pairs each way over capacity 0.5.
    let table = try lowerBounds(of: Graphs.uniform(8), on: Self.barbell)
    #expect(table["cut"]?.nanoseconds == 32)
    let flow = try #require(table["maximum concurrent flow"])
    #expect(flow.nanoseconds > 31.6 && flow.nanoseconds <= 32 * (1 + 1e-9))
    #expect(table.tightest.name == "cut")
  }

  @Test func aGroupThatIsNamedIsLookedAt() throws {
    // A ring's spectral order cuts it in half; a group of three neighbours is tighter for this demand.
    var demand = TrafficMatrix(size: 12)
    for inside in [4, 5, 6] { demand[inside, 0] = 10 }
    let graph = Graphs.ring(12)
    let grouped = try lowerBounds(of: demand, on: graph, groups: [[4, 5, 6]], flow: nil)
    // Node 0 alone receives 30 over 2; so do the three nodes send.
    #expect(grouped["cut"]?.nanoseconds == 15)
    #expect(grouped["maximum concurrent flow"] == nil)
    demand[4, 0] = 0
    demand[6, 0] = 0
    demand[5, 9] = 10
    demand[4, 8] = 10
    demand[6, 10] = 10
    let without = try lowerBounds(of: demand, on: graph, flow: nil)
    let with = try lowerBounds(of: demand, on: graph, groups: [[4, 5, 6]], flow: nil)
    #expect(with["cut"]!.nanoseconds == 20)
    #expect(with["cut"]!.nanoseconds >= without["cut"]!.nanoseconds)
  }

  @Test func distancesBoundUniformDemandExactly() throws {
    for (graph, time) in [
      (Graphs.ring(8), 8.0), (Graphs.hypercube(dimensions: 3), 4), (Graphs.torus(4), 8),
    ] {
      let table = try lowerBounds(
        of: Graphs.uniform(graph.nodeCount), on: graph, flow: nil)
      #expect(abs(table["distance"]!.nanoseconds - time) < 1e-9)
    }
  }

  @Test func allBoundsHoldOnRandomNetworks() throws {
    for seed in 0..<10 {
      var random = RandomStream(seed: UInt64(seed), purpose: 12)
      let graph = Graphs.random(9, cycles: 2, &random)
      let demand = Fixtures.random(9, &random)
      let table = try lowerBounds(of: demand, on: graph, groups: [[0, 1, 2], [3, 4, 5, 6, 7]])
      let time = try MaximumConcurrentFlow().solve(demand, on: graph).time
      for bound in table.applicable {
        #expect(bound.nanoseconds > 0)
        #expect(bound.nanoseconds <= time * (1 + 1e-9), "\(bound.name)")
      }
      // Every one of the 2⁹ cuts, the slow way: none may be above what is found to be feasible.
      var tightest = 0.0
      for set in 1..<511 {
        var (bytes, capacity) = (0.0, 0.0)
        for source in 0..<9 where set >> source & 1 == 1 {
          for destination in 0..<9 where set >> destination & 1 == 0 {
            bytes += Double(demand[source, destination])
          }
        }
        for link in 0..<graph.linkCount
        where set >> Int(graph.source[link]) & 1 == 1
          && set >> Int(graph.destination[link]) & 1 == 0
        {
          capacity += graph.capacity[link]
        }
        tightest = max(tightest, bytes / capacity)
      }
      #expect(table["cut"]!.nanoseconds <= tightest * (1 + 1e-9))
      #expect(tightest <= time * (1 + 1e-9))
    }
  }

  /// Max-min fair shares are not monotone in capacity, so neither is completion; bounds are.
  @Test func wideningALinkCanWorsenMaxMinCompletion() throws {
    func completion(_ capacity: [Double]) throws -> Double {
      var problem = FluidProblem(linkCapacity: capacity)
      problem.appendFlow(bytes: 2, over: [0, 2, 3])
      problem.appendFlow(bytes: 1, over: [1])
      problem.appendFlow(bytes: 1, over: [1, 2, 3])
      return try problem.solve().completion
    }
    let narrow = [2.0, 2, 3, 4]
    let wide = [2.0, 4, 3, 4]
    #expect(abs(try completion(narrow) - 1) < 1e-12)
    #expect(abs(try completion(wide) - 7.0 / 6) < 1e-12)
    // Link loads divided by capacity: what no sharing can beat.
    let load = [2.0, 2, 3, 3]
    func bound(_ capacity: [Double]) -> Double {
      zip(load, capacity).reduce(0) { max($0, $1.0 / $1.1) }
    }
    #expect(bound(wide) <= bound(narrow))
    #expect(try completion(wide) >= bound(wide))
    // The same links as a network: 0 → 1 → 2 → 3 behind links 0, 1, 2, 3 of the fixture.
    func network(_ capacity: [Double]) -> LinkGraph {
      var graph = LinkGraph(nodeCount: 5)
      graph.addLink(from: 0, to: 2, capacity: capacity[0])
      graph.addLink(from: 1, to: 2, capacity: capacity[1])
      graph.addLink(from: 2, to: 3, capacity: capacity[2])
      graph.addLink(from: 3, to: 4, capacity: capacity[3])
      return graph
    }
    var demand = TrafficMatrix(size: 5)
    demand[0, 4] = 2
    demand[1, 2] = 1
    demand[1, 4] = 1
    let flow = MaximumConcurrentFlow(requestedGap: 1e-6)
    let before = try flow.solve(demand, on: network(narrow))
    let after = try flow.solve(demand, on: network(wide))
    #expect(abs(before.time - 1) < 1e-6)
    #expect(after.time <= before.time)
    #expect(after.lowerBound <= before.lowerBound * (1 + 1e-9))
  }
}
