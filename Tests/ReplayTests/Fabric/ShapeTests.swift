import Replay
import Testing
import TraceModel

@Suite struct ShapeTests {
  static func degrees(_ shape: any DirectShape, _ servers: Int) -> [Int] {
    var degrees = [Int](repeating: 0, count: servers)
    for edge in shape.graph(serverCount: servers).edges { degrees[edge.source] += 1 }
    return degrees
  }

  @Test func everyShapeHasItsDegree() {
    let cases: [(any DirectShape, Int, Int)] = [
      (Ring(), 9, 2), (Ring(), 2, 1), (Ring(isOneWay: true), 9, 1), (Torus([4, 5]), 20, 4),
      (Torus([2, 2, 2]), 8, 3), (Torus([3, 4, 5]), 60, 6), (Hypercube(), 16, 4),
      (FullMesh(), 7, 6), (Dragonfly(serversPerGroup: 4), 36, 5),
      (Dragonfly(serversPerGroup: 2), 10, 3), (DirectFixtures.randomRegular(11, degree: 4), 11, 4),
      (TotientRings(ringCount: 2), 12, 4),
    ]
    for (shape, servers, degree) in cases {
      #expect(shape.defect(serverCount: servers) == nil)
      #expect(
        Self.degrees(shape, servers) == Array(repeating: degree, count: servers),
        "\(shape.name) of \(servers)")
    }
  }

  @Test(arguments: 1...20) func linksAreDuplexSimpleAndBetweenServers(servers: Int) {
    let shapes: [any DirectShape] = [
      Ring(), FullMesh(), TotientRings(ringCount: 3),
      DirectFixtures.randomRegular(servers, degree: min(3, servers - 1)), Hypercube(),
      Torus([servers]), Dragonfly(serversPerGroup: servers % 2 == 0 ? 2 : 1),
    ]
    for shape in shapes where shape.defect(serverCount: servers) == nil {
      let edges = shape.graph(serverCount: servers).edges.map { [$0.source, $0.destination] }
      let set = Set(edges)
      #expect(set.count == edges.count, "\(shape.name) of \(servers)")
      #expect(edges.allSatisfy { set.contains($0.reversed()) && $0[0] != $0[1] })
      #expect(edges.joined().allSatisfy { (0..<servers).contains($0) })
    }
  }

  @Test func groupsOfADragonflyAreJoinedByOneLinkEach() {
    let edges = Dragonfly(serversPerGroup: 4).graph(serverCount: 36).edges
    var links: [[Int]: Int] = [:]
    for edge in edges where edge.source / 4 != edge.destination / 4 {
      links[[edge.source / 4, edge.destination / 4], default: 0] += 1
    }
    #expect(links.count == 9 * 8 && links.values.allSatisfy { $0 == 1 })
  }

  @Test func everyTotientRingPassesAllServers() {
    for servers in [5, 12, 16] {
      for rings in 1...3 {
        let edges = TotientRings(ringCount: rings).graph(serverCount: servers).edges
        for step in Set(edges.map { ($0.destination - $0.source + servers) % servers }) {
          var visited = Set<Int>()
          var server = 0
          while visited.insert(server).inserted { server = (server + step) % servers }
          #expect(visited.count == servers)
        }
      }
    }
  }

  @Test func aSchedulersCircuitsBecomeLinksOfTheirRegion() {
    var demand = TrafficMatrix(size: 8)
    demand[4, 7] = 9
    demand[1, 2] = 5
    let shape = CircuitShape(
      MixNetGreedy(.continue), serverCount: 8, opticalPorts: 2, demand: demand,
      regions: [[0, 1, 2, 3], [4, 5, 6, 7]])
    #expect(shape.defect(serverCount: 8) == nil)
    let edges = shape.graph(serverCount: 8).edges
    #expect(
      Set(edges.map { [$0.source, $0.destination] }) == [[1, 2], [2, 1], [4, 7], [7, 4]])
    #expect(edges.allSatisfy { $0.rate == .nics(2) })
    #expect(shape.defect(serverCount: 7) != nil)
  }

  @Test func toriOfACatalogueAreNearlyCubes() {
    #expect(Torus(serverCount: 128, dimensionCount: 2)?.dimensions == [8, 16])
    #expect(Torus(serverCount: 128, dimensionCount: 3)?.dimensions == [4, 4, 8])
    #expect(Torus(serverCount: 12, dimensionCount: 3)?.dimensions == [2, 2, 3])
    #expect(Torus(serverCount: 13, dimensionCount: 2) == nil)
    #expect(Torus([4, 4]).defect(serverCount: 15) != nil)
  }
}

@Suite struct EdgeListTests {
  @Test func readsLinksRatesAndDirections() throws {
    let list = try EdgeList(
      text: "# a comment\n0 1 400 Gb/s\n\n1 > 2  # back by another way\r\n2>0 100Gb/s\n",
      file: "cluster.edges")
    #expect(list.links.map(\.line) == [2, 4, 5])
    #expect(list.links.map(\.isOneWay) == [false, true, true])
    #expect(list.links.map(\.bitsPerSecond) == [400e9, nil, 100e9])
    #expect(list.graph(serverCount: 3).edges.count == 4)
  }

  @Test(arguments: [
    ("0 1\n1 b", "e:2", "not a link"), ("0", "e:1", "not a link"), ("0 0", "e:1", "itself"),
    ("0 1 fast", "e:1", "not a rate"), ("0 1 400", "e:1", "not a rate"),
    ("0 -1", "e:1", "not a link"),
  ])
  func namesTheLineAndTheReason(text: String, place: String, reason: String) {
    let error = #expect(throws: ReplayError.self) { try EdgeList(text: text, file: "e") }
    #expect(error?.location == place)
    #expect(error?.message.contains(reason) == true)
  }

  @Test func linksThatDoNotFitTheClusterAreNamedByLine() throws {
    #expect(
      try EdgeList(text: "0 1\n1 4", file: "e").defect(serverCount: 4)?.hasPrefix("e:2") == true)
    #expect(
      try EdgeList(text: "0 1\n1 > 0", file: "e").defect(serverCount: 4)?.contains("line 1") == true
    )
    let fast = DirectFixtures.fabric(try EdgeList(text: "0 1 17 Gb/s", file: "e"), nics: 2)
    let layout = Layout(serverCount: 2, gpusPerServer: 1)
    #expect(fast.defect(for: layout)?.contains("server 0") == true)
  }

  @Test func listsOfOneNameAreToldApartByTheirLinks() throws {
    func parameters(_ text: String) throws -> [EffectiveParameter] {
      try EdgeList(text: text, file: "e").effectiveParameters
    }
    let plain = try parameters("0 1\n1 2")
    #expect(try parameters("# the same\n0 1\n\n1 2\n") == plain)
    for other in ["0 1\n0 2", "0 1\n1 > 2", "0 1\n1 2 100 Gb/s", "0 1\n1 2 200 Gb/s", "1 2\n0 1"] {
      #expect(try parameters(other) != plain)
    }
    let three = DirectFixtures.randomRegular(8, degree: 3).effectiveParameters
    #expect(three == DirectFixtures.randomRegular(8, degree: 3).effectiveParameters)
    #expect(three != DirectFixtures.randomRegular(8, degree: 4).effectiveParameters)
  }

  @Test func aLongListIsCheckedAtOnce() throws {
    let text = (0..<511).map { left in
      (left + 1..<512).map { "\(left) \($0)\n" }.joined()
    }.joined()
    let list = try EdgeList(text: text + "511 0\n", file: "e")
    #expect(
      list.defect(serverCount: 512) == "e:130817: 511 → 0 stands in line 511 already")
  }

  /// Server 0 has two NICs of 8 Gb/s: 12 are declared, 4 are left for the other link.
  @Test func undeclaredLinksShareWhatIsLeft() throws {
    let fabric = DirectFixtures.fabric(try EdgeList(text: "0 1 12 Gb/s\n0 2", file: "e"), nics: 2)
    var matrix = TrafficMatrix(size: 3)
    matrix[0, 2] = 6
    #expect(DirectFixtures.near(try DirectFixtures.completion(of: matrix, on: fabric), 12))
  }
}
