import Testing
import TraceModel

@testable import Replay

@Suite struct FixedCircuitTests {
  /// Full-duplex circuits between the given servers.
  static func pairs(_ size: Int, _ pairs: [(Int, Int)]) -> CircuitMatrix {
    var circuits = CircuitMatrix(size: size)
    for (left, right) in pairs { circuits.addPair(left, right) }
    return circuits
  }

  static func expectColouring(
    _ assignment: PlaneAssignment, of circuits: CircuitMatrix, paired: Bool
  ) {
    guard case .planes(let planes) = assignment else {
      Issue.record("\(assignment)")
      return
    }
    var sum = CircuitMatrix(size: circuits.size)
    for plane in planes {
      #expect(!paired || plane.isPaired)
      for server in 0..<circuits.size {
        #expect(plane.usedPorts(of: server) <= 1)
        for other in 0..<circuits.size {
          sum.addDirected(from: server, to: other, count: plane[server, other])
        }
      }
    }
    #expect(sum == circuits)
  }

  @Test func aTriangleNeedsThreePlanesUnlessDirected() {
    let triangle = Self.pairs(3, [(0, 1), (1, 2), (0, 2)])
    #expect(PlaneAssignment(of: triangle, planeCount: 2, duplex: .paired) == .impossible)
    Self.expectColouring(
      PlaneAssignment(of: triangle, planeCount: 3, duplex: .paired), of: triangle, paired: true)
    Self.expectColouring(
      PlaneAssignment(of: triangle, planeCount: 2, duplex: .independent), of: triangle,
      paired: false)
    #expect(PlaneAssignment(of: triangle, planeCount: 1, duplex: .independent) == .impossible)
  }

  @Test func thePetersenGraphNeedsFourPlanes() {
    var petersen = CircuitMatrix(size: 10)
    for server in 0..<5 {
      petersen.addPair(server, (server + 1) % 5)
      petersen.addPair(server, server + 5)
      petersen.addPair(server + 5, (server + 2) % 5 + 5)
    }
    #expect(PlaneAssignment(of: petersen, planeCount: 3, duplex: .paired) == .impossible)
    Self.expectColouring(
      PlaneAssignment(of: petersen, planeCount: 4, duplex: .paired), of: petersen, paired: true)
    #expect(
      PlaneAssignment(of: petersen, planeCount: 3, duplex: .paired, stepLimit: 3) == .undecided)
  }

  @Test func directedCircuitsFitAsManyPlanesAsTheBusiestServerHas() {
    var stream = RandomStream(seed: 43)
    for size in 2...9 {
      var circuits = CircuitMatrix(size: size)
      for _ in 0..<size * 4 {
        let (source, destination) = (stream.below(size), stream.below(size))
        if source != destination { circuits.addDirected(from: source, to: destination) }
      }
      let most = (0..<size).map { circuits.usedPorts(of: $0) }.max() ?? 0
      Self.expectColouring(
        PlaneAssignment(of: circuits, planeCount: most, duplex: .independent), of: circuits,
        paired: false)
    }
  }

  @Test func ringStridesHaveNoCommonFactorWithTheServers() {
    #expect(coprimeStrides(serverCount: 12) == [1, 5, 7, 11])
    #expect(coprimeStrides(serverCount: 16) == [1, 3, 5, 7, 9, 11, 13, 15])
    #expect(coprimeStrides(serverCount: 1) == [])
    #expect(coprimeStrides(serverCount: 36).count == 12)
    #expect(ringStrides(serverCount: 16, count: 2) == [1, 3])
    #expect(ringStrides(serverCount: 12, count: 3) == [1, 5, 5])
  }

  @Test func topoOptJoinsAllServersInARingAndTheRestByDemand() {
    let circuits = TopoOpt().circuits(for: Fixtures.p8(3), opticalPorts: 4, electricalPorts: 0)
    #expect((0..<8).allSatisfy { circuits[$0, ($0 + 1) % 8] >= 1 })
    // Two rounds of matching cover the ring of heavy pairs.
    #expect((0..<8).allSatisfy { circuits[$0, ($0 + 3) % 8] == 1 })
    #expect((0..<8).allSatisfy { circuits.usedPorts(of: $0) == 4 })
    #expect(
      TopoOpt().circuits(for: Fixtures.p8(3), opticalPorts: 1, electricalPorts: 0).circuitCount
        == 4)
  }

  @Test(arguments: [(8, 3), (9, 4), (64, 6), (7, 3), (4, 7), (2, 5)])
  func randomRegularCircuitsUseEveryPortOnce(size: Int, ports: Int) {
    let demand = TrafficMatrix(size: size)
    let circuits = RandomRegular().circuits(for: demand, opticalPorts: ports, electricalPorts: 0)
    #expect(circuits.circuitCount == size * ports / 2)
    #expect(circuits.isPaired)
    let limit = (ports + size - 2) / (size - 1)
    #expect(circuits.cells.allSatisfy { $0 <= limit })
    #expect((0..<size).allSatisfy { circuits[$0, $0] == 0 && circuits.usedPorts(of: $0) <= ports })
    #expect(
      circuits == RandomRegular().circuits(for: demand, opticalPorts: ports, electricalPorts: 0))
    if size == 64 {
      #expect(
        circuits
          != RandomRegular(seed: 2).circuits(for: demand, opticalPorts: 6, electricalPorts: 0))
    }
  }

  @Test func pairedHardwareRefusesDirectedSchedulers() throws {
    for scheduler in CircuitSchedulers.all {
      let defect = scheduler.hardwareDefect(on: .paired)
      #expect((defect == nil) == (scheduler.duplex == .paired))
      #expect(scheduler.hardwareDefect(on: .independent) == nil)
    }
    let defect = try #require(Solstice().hardwareDefect(on: .paired))
    #expect(defect.contains("solstice") && defect.contains("symmetrised-solstice"))
    #expect(Symmetrised(Solstice()).hardwareDefect(on: .paired) == nil)
    #expect(Solstice().standingDefect(on: .independent) != nil)
    #expect(MaximumWeightMatching(.independent).standingDefect(on: .independent) == nil)
  }

  @Test func symmetrisedSchedulesArePairedAndServeEverything() throws {
    var stream = RandomStream(seed: 47)
    for scheduler in CircuitSchedulers.all where scheduler.duplex == .independent {
      let paired = Symmetrised(scheduler)
      let request = CircuitRequest(
        demand: Fixtures.random(6, &stream), opticalPorts: 2,
        electricalPorts: scheduler.answersWithSequence ? 0 : 1, reconfigurationDelay: 1e8)
      let schedule = paired.schedule(for: request)
      #expect(schedule.configurations.allSatisfy { $0.matrix.isPaired }, "\(paired.name)")
      let outcome = try ScheduleReplay(request).play(schedule)
      if schedule.relaying == .direct {
        #expect(
          outcome.circuitBytes + outcome.electricalBytes == request.demand.total, "\(paired.name)")
      }
    }
  }

  @Test func everyStandingAnswerFitsItsPorts() {
    var stream = RandomStream(seed: 53)
    for scheduler in CircuitSchedulers.all where !scheduler.answersWithSequence {
      for (size, ports) in [(2, 3), (5, 2), (8, 6)] {
        let circuits = scheduler.circuits(
          for: Fixtures.random(size, &stream), opticalPorts: ports, electricalPorts: 1)
        #expect((0..<size).allSatisfy { circuits.usedPorts(of: $0) <= ports }, "\(scheduler.name)")
        #expect((0..<size).allSatisfy { circuits[$0, $0] == 0 }, "\(scheduler.name)")
        if scheduler.duplex == .paired { #expect(circuits.isPaired, "\(scheduler.name)") }
      }
    }
  }

  @Test func namesAreDifferentAndFound() {
    let names = CircuitSchedulers.all.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names { #expect(CircuitSchedulers.named(name)?.name == name) }
    #expect(CircuitSchedulers.named("nonsense") == nil)
  }
}
