import Replay
import Testing
import TraceModel

@Suite struct MaximumConcurrentFlowTests {
  struct Golden: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var graph: LinkGraph
    var demand: TrafficMatrix
    var time: Double
  }

  static let goldens = [
    Golden(
      testDescription: "one-way ring", graph: Graphs.ring(8, isDuplex: false),
      demand: Graphs.uniform(8), time: 28),
    Golden(
      testDescription: "ring of 8", graph: Graphs.ring(8), demand: Graphs.uniform(8), time: 8),
    Golden(
      testDescription: "ring of 5", graph: Graphs.ring(5), demand: Graphs.uniform(5), time: 3),
    Golden(
      testDescription: "hypercube", graph: Graphs.hypercube(dimensions: 3),
      demand: Graphs.uniform(8), time: 4),
    Golden(
      testDescription: "torus", graph: Graphs.torus(4), demand: Graphs.uniform(16), time: 8),
    Golden(
      testDescription: "full mesh", graph: Graphs.fullMesh(6, capacity: 1),
      demand: Graphs.uniform(6), time: 1),
    Golden(
      testDescription: "F8 on a ring", graph: Graphs.ring(8), demand: Fixtures.f8, time: 84.5),
    Golden(
      testDescription: "F8 on a hypercube", graph: Graphs.hypercube(dimensions: 3),
      demand: Fixtures.f8, time: 42.25),
    Golden(
      testDescription: "F8 on a full mesh", graph: Graphs.fullMesh(8, capacity: 6.0 / 7),
      demand: Fixtures.f8, time: 13.9028),
    Golden(
      testDescription: "neighbours on a full mesh", graph: Graphs.fullMesh(8, capacity: 1.0 / 7),
      demand: Graphs.shift(8), time: 1.75),
  ]

  @Test(arguments: goldens) func bothSidesEncloseTheKnownTime(_ golden: Golden) throws {
    let result = try MaximumConcurrentFlow().solve(golden.demand, on: golden.graph)
    #expect(result.gap <= 0.01)
    #expect(result.lowerBound <= golden.time * (1 + 1e-5))
    #expect(result.time >= golden.time * (1 - 1e-5))
    try expectFeasible(result, golden.demand, on: golden.graph)
  }

  @Test(arguments: 0..<8) func randomFlowsAreFeasibleAndEnclosed(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 3)
    let graph = Graphs.random(6 + seed, cycles: 2, &random)
    // The last node only forwards.
    let demand = Fixtures.random(5 + seed, &random)
    let result = try MaximumConcurrentFlow(requestedGap: 0.005).solve(demand, on: graph)
    #expect(result.gap <= 0.005)
    #expect(result.lowerBound <= result.time)
    try expectFeasible(result, demand, on: graph)
    // Any other certificate must fit between: a coarser run cannot contradict a finer one.
    let coarse = try MaximumConcurrentFlow(requestedGap: 0.1).solve(demand, on: graph)
    #expect(coarse.lowerBound <= result.time * (1 + 1e-9))
    #expect(coarse.time >= result.lowerBound * (1 - 1e-9))
  }

  @Test func wideningALinkNeverWorsensIt() throws {
    for seed in 0..<4 {
      var random = RandomStream(seed: UInt64(seed), purpose: 4)
      let graph = Graphs.random(7, cycles: 2, &random)
      let demand = Fixtures.random(7, &random)
      let flow = MaximumConcurrentFlow(requestedGap: 0.002)
      let before = try flow.solve(demand, on: graph)
      let cut = try lowerBounds(of: demand, on: graph, flow: nil)
      for widened in stride(from: 0, to: graph.linkCount, by: 5) {
        var wider = LinkGraph(nodeCount: graph.nodeCount)
        for link in 0..<graph.linkCount {
          wider.addLink(
            from: Int(graph.source[link]), to: Int(graph.destination[link]),
            capacity: graph.capacity[link] * (link == widened ? 3 : 1))
        }
        let after = try flow.solve(demand, on: wider)
        #expect(after.lowerBound <= before.time)
        #expect(after.time <= before.time * 1.0021)
        #expect(
          try lowerBounds(of: demand, on: wider, flow: nil)["distance"]!.nanoseconds
            <= cut["distance"]!.nanoseconds)
      }
    }
  }

  @Test func scalingAndTheOrderOfLinksChangeNothingElse() throws {
    var random = RandomStream(seed: 2)
    let graph = Graphs.random(6, cycles: 2, &random)
    let demand = Fixtures.random(6, &random)
    var scaled = demand
    for cell in scaled.cells.indices { scaled.cells[cell] *= 4 }
    let once = try MaximumConcurrentFlow().solve(demand, on: graph)
    let fourfold = try MaximumConcurrentFlow().solve(scaled, on: graph)
    #expect(abs(fourfold.time - 4 * once.time) <= 1e-9 * fourfold.time)
    #expect(try MaximumConcurrentFlow().solve(demand, on: graph).linkBytes == once.linkBytes)
    var reversed = LinkGraph(nodeCount: 6)
    for link in (0..<graph.linkCount).reversed() {
      reversed.addLink(
        from: Int(graph.source[link]), to: Int(graph.destination[link]),
        capacity: graph.capacity[link])
    }
    let other = try MaximumConcurrentFlow().solve(demand, on: reversed)
    #expect(other.lowerBound <= once.time && once.lowerBound <= other.time)
  }

  @Test func aLimitIsKeptAndItsGapIsTold() throws {
    let result = try MaximumConcurrentFlow(requestedGap: 1e-9, passLimit: 3).solve(
      Fixtures.f8, on: Graphs.hypercube(dimensions: 3))
    #expect(result.passes == 3)
    #expect(result.gap > 1e-9 && result.gap.isFinite)
    let nothing = try MaximumConcurrentFlow().solve(
      TrafficMatrix(size: 4), on: Graphs.ring(4))
    #expect(nothing.time == 0 && nothing.gap == 0)
  }

  @Test func aPairWithoutAPathIsNamed() throws {
    var graph = LinkGraph(nodeCount: 3)
    graph.addLink(from: 0, to: 1, capacity: 1)
    graph.addLink(from: 1, to: 2, capacity: 1)
    let error = #expect(throws: ReplayError.self) {
      try MaximumConcurrentFlow().solve(Graphs.shift(3), on: graph)
    }
    #expect(error?.location == "node 2 → node 0")
    var broken = graph
    broken.addLink(from: 2, to: 0, capacity: 0)
    #expect(throws: ReplayError.self) {
      try MaximumConcurrentFlow().solve(Graphs.shift(3), on: broken)
    }
    broken = graph
    broken.addLink(from: 2, to: 7, capacity: 1)
    #expect(throws: ReplayError.self) {
      try MaximumConcurrentFlow().solve(Graphs.shift(3), on: broken)
    }
  }

  /// Edge by edge: what enters a node leaves it, and no link is used for longer than the time.
  func expectFeasible(
    _ result: MaximumConcurrentFlow.Result, _ demand: TrafficMatrix, on graph: LinkGraph
  ) throws {
    var used = [Double](repeating: 0, count: graph.linkCount)
    let sources = (0..<demand.size).filter { source in
      (0..<demand.size).contains { $0 != source && demand[source, $0] > 0 }
    }
    try #require(sources.count == result.linkBytes.count)
    for (index, source) in sources.enumerated() {
      var surplus = [Double](repeating: 0, count: graph.nodeCount)
      for link in 0..<graph.linkCount {
        let bytes = result.linkBytes[index][link]
        #expect(bytes >= 0)
        used[link] += bytes
        surplus[Int(graph.destination[link])] += bytes
        surplus[Int(graph.source[link])] -= bytes
      }
      let sent = (0..<demand.size).reduce(0.0) {
        $0 + ($1 == source ? 0 : Double(demand[source, $1]))
      }
      for node in 0..<graph.nodeCount {
        let wanted = node == source ? -sent : node < demand.size ? Double(demand[source, node]) : 0
        #expect(abs(surplus[node] - wanted) <= 1e-9 * sent)
      }
    }
    for link in 0..<graph.linkCount {
      #expect(used[link] <= result.time * graph.capacity[link] * (1 + 1e-9))
    }
  }
}
