import TestSupport
import Testing
import TraceModel

import Replay

@Suite struct CircuitGoldenTests {
  struct Golden: Sendable, CustomStringConvertible {
    var demand: TrafficMatrix
    var optical: Int
    var electrical: Int
    var scheduler: String
    var circuits: Int?
    var split: Double
    var exclusive: Double

    init(
      _ demand: TrafficMatrix, _ optical: Int, _ electrical: Int, _ scheduler: String,
      circuits: Int?, _ split: Double, _ exclusive: Double
    ) {
      self.demand = demand
      self.optical = optical
      self.electrical = electrical
      self.scheduler = scheduler
      self.circuits = circuits
      self.split = split
      self.exclusive = exclusive
    }

    var description: String { "\(scheduler), α = \(optical), e = \(electrical)" }
  }

  static let goldens: [Golden] = [
    Golden(Fixtures.a4, 2, 1, "mixnet-literal", circuits: 3, 5, 6),
    Golden(Fixtures.a4, 2, 1, "mixnet-continue", circuits: nil, 4.5, 6),
    Golden(Fixtures.a4, 2, 1, "mixnet-code", circuits: nil, 4.5, 6),
    Golden(Fixtures.a4, 2, 1, "eps-aware", circuits: nil, 4.5, 6),
    Golden(Fixtures.a4, 2, 1, "circulant", circuits: nil, 4.5, 6),
    Golden(Fixtures.a4, 3, 1, "mixnet-literal", circuits: nil, 3, 6),
    Golden(Fixtures.a4, 3, 1, "mixnet-continue", circuits: nil, 3, 6),
    Golden(Fixtures.a4, 3, 1, "mixnet-code", circuits: nil, 3, 6),
    Golden(Fixtures.a4, 3, 1, "eps-aware", circuits: nil, 3, 6),
    Golden(Fixtures.a4, 3, 1, "circulant", circuits: nil, 3, 6),
    Golden(Fixtures.f8, 4, 2, "mixnet-literal", circuits: 11, 29, 29),
    Golden(Fixtures.f8, 4, 2, "mixnet-continue", circuits: nil, 18.5, 18.5),
    Golden(Fixtures.f8, 4, 2, "mixnet-code", circuits: nil, 18.5, 18.5),
    Golden(Fixtures.f8, 4, 2, "eps-aware", circuits: nil, 22.5, 22.5),
    Golden(Fixtures.f8, 4, 2, "circulant", circuits: nil, 19.5, 19.5),
    Golden(Fixtures.f8, 6, 2, "mixnet-literal", circuits: 21, 37.0 / 3, 17),
    Golden(Fixtures.f8, 6, 2, "mixnet-continue", circuits: nil, 75.0 / 7, 17),
    Golden(Fixtures.f8, 6, 2, "mixnet-code", circuits: nil, 75.0 / 7, 17),
    Golden(Fixtures.f8, 6, 2, "eps-aware", circuits: nil, 75.0 / 7, 17),
    Golden(Fixtures.f8, 6, 2, "circulant", circuits: nil, 12, 16),
    Golden(Fixtures.p8(3), 6, 2, "mixnet-literal", circuits: nil, 21.25, 40),
    Golden(Fixtures.p8(3), 6, 2, "mixnet-continue", circuits: nil, 21, 40),
    Golden(Fixtures.p8(3), 6, 2, "mixnet-code", circuits: nil, 21, 40),
    Golden(Fixtures.p8(3), 6, 2, "eps-aware", circuits: nil, 10.625, 40.0 / 3),
    Golden(Fixtures.p8(3), 6, 2, "circulant", circuits: nil, 20.25, 40),
  ]

  @Test(arguments: goldens) func schedulersEndWhenTheGoldensSay(_ golden: Golden) throws {
    let scheduler = try #require(CircuitSchedulers.named(golden.scheduler))
    let circuits = scheduler.circuits(
      for: golden.demand, opticalPorts: golden.optical, electricalPorts: golden.electrical)
    if let expected = golden.circuits { #expect(circuits.circuitCount == expected) }
    for server in 0..<circuits.size { #expect(circuits.usedPorts(of: server) <= golden.optical) }
    let split = try circuits.completion(
      of: golden.demand, electricalPorts: golden.electrical, sharing: .splitOptimal)
    let exclusive = try circuits.completion(
      of: golden.demand, electricalPorts: golden.electrical, sharing: .exclusive)
    #expect(abs(split - golden.split) < 1e-9 * split)
    #expect(abs(exclusive - golden.exclusive) < 1e-9 * exclusive)
  }

  @Test func printedAndReleasedGreedyDifferWhenPairsAreFew() throws {
    // A4 with six ports: (circuits, idle ports, worst folded demand per circuit).
    for (variant, expected) in [
      (MixNetGreedy.Variant.continue, (11, 2, 4.0)), (.code, (12, 0, 4.5)),
    ] {
      let circuits = MixNetGreedy(variant).circuits(
        for: Fixtures.a4, opticalPorts: 6, electricalPorts: 1)
      let used = (0..<4).reduce(0) { $0 + circuits.usedPorts(of: $1) }
      var worst = 0.0
      for left in 0..<4 {
        for right in left + 1..<4 {
          let folded = Double(Fixtures.a4[left, right] + Fixtures.a4[right, left])
          worst = max(worst, folded / Double(circuits[left, right]))
        }
      }
      #expect(circuits.circuitCount == expected.0)
      #expect(24 - used == expected.1)
      #expect(worst == expected.2)
    }
  }

  @Test func aTopologyForYesterdaysPairsIsWorseThanNone() throws {
    let matched = ElectricalAwareGreedy().circuits(
      for: Fixtures.p8(3), opticalPorts: 6, electricalPorts: 2)
    let fixed = Circulant().circuits(for: Fixtures.p8(3), opticalPorts: 6, electricalPorts: 2)
    #expect(matched.optimum(of: Fixtures.p8(3), electricalPorts: 2) == 10.625)
    #expect(matched.optimum(of: Fixtures.p8(2), electricalPorts: 2) == 41.5)
    #expect(fixed.optimum(of: Fixtures.p8(3), electricalPorts: 2) == 20.25)
    #expect(fixed.optimum(of: Fixtures.p8(2), electricalPorts: 2) == 20.25)
  }

  @Test func circulantsRepeatTheirOffsetsWhenPortsAreLeft() {
    let demand = TrafficMatrix(size: 4)
    let two = Circulant().circuits(for: demand, opticalPorts: 6, electricalPorts: 0)
    #expect((0..<4).allSatisfy { two.usedPorts(of: $0) == 6 })
    #expect(two[0, 1] == 2 && two[0, 2] == 2)
    let odd = Circulant().circuits(
      for: TrafficMatrix(size: 8), opticalPorts: 3, electricalPorts: 0)
    #expect(odd[0, 1] == 1 && odd[0, 4] == 1 && odd[0, 2] == 0)
    let alone = Circulant().circuits(
      for: TrafficMatrix(size: 1), opticalPorts: 6, electricalPorts: 0)
    #expect(alone.circuitCount == 0)
  }

  @Test func unreachablePairsAreNamed() {
    let error = #expect(throws: ReplayError.self) {
      try CircuitMatrix(size: 4).completion(
        of: Fixtures.a4, electricalPorts: 0, sharing: .exclusive)
    }
    #expect(error?.location == "0 → 1")
  }
}

@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct ShippedMatrixTests {
  func circuits(_ scheduler: some CircuitScheduler, optical: Int = 6) throws -> CircuitMatrix {
    try scheduler.circuits(
      for: Fixtures.shipped(), opticalPorts: optical, electricalPorts: 8 - optical)
  }

  @Test func continueFillsEveryPortAndReachesTheNICBound() throws {
    let demand = try Fixtures.shipped()
    let circuits = try circuits(MixNetGreedy(.continue))
    #expect(circuits.circuitCount == 24)
    #expect(try self.circuits(MixNetGreedy(.code)) == circuits)
    let bound = Double(max(demand.rowSums.max() ?? 0, demand.columnSums.max() ?? 0)) / 8
    #expect(abs(bound - 8486.6) < 0.05)
    let optimal = try circuits.completion(of: demand, electricalPorts: 2, sharing: .splitOptimal)
    #expect(abs(optimal - bound) < 1e-9 * bound)
    let fair = try circuits.completion(of: demand, electricalPorts: 2, sharing: .splitFair)
    #expect(abs(fair - 11_085.7) < 0.05)
    let exclusive = try circuits.completion(of: demand, electricalPorts: 2, sharing: .exclusive)
    #expect(abs(exclusive - 10_897) < 1e-6)
  }

  @Test func literalStopsAfterSixCircuits() throws {
    let demand = try Fixtures.shipped()
    let circuits = try circuits(MixNetGreedy(.literal))
    #expect(circuits.circuitCount == 6)
    let optimal = try circuits.completion(of: demand, electricalPorts: 2, sharing: .splitOptimal)
    #expect(abs(optimal - 16_543) < 0.5)
  }

  @Test func aCirculantIsNearlyAsGood() throws {
    let demand = try Fixtures.shipped()
    let circuits = try circuits(Circulant())
    let optimal = try circuits.completion(of: demand, electricalPorts: 2, sharing: .splitOptimal)
    #expect(abs(optimal - 8504.6) < 0.05)
    let exclusive = try circuits.completion(of: demand, electricalPorts: 2, sharing: .exclusive)
    #expect(abs(exclusive - 10_897) < 1e-6)
  }

  @Test func uncoveredPairsAndTheOnlyDoubleCircuitAreThoseKnown() throws {
    let circuits = try circuits(MixNetGreedy(.continue))
    var uncovered: [[Int]] = []
    var doubles: [[Int]] = []
    for left in 0..<8 {
      for right in left + 1..<8 {
        if circuits[left, right] == 0 { uncovered.append([left, right]) }
        if circuits[left, right] == 2 { doubles.append([left, right]) }
      }
    }
    let demand = try Fixtures.shipped()
    let folded = demand.foldedBySum()
    #expect(Array(folded[1..<8]) == [14616, 11915, 13939, 13136, 10365, 11049, 15831])
    let worst = folded.indices.filter { circuits.cells[$0] > 0 }
      .max { folded[$0] / Int64(circuits.cells[$0]) < folded[$1] / Int64(circuits.cells[$1]) }
    #expect(worst == 7 || worst == 7 * 8)
    #expect(folded[7] / Int64(circuits[0, 7]) == 15_831)
    #expect(uncovered == [[0, 5], [1, 2], [2, 3], [4, 6], [6, 7]])
    #expect(doubles == [[2, 6]])
  }

  /// The seventh circuit on is what going on past full servers wins over the printed algorithm.
  @Test(
    arguments: [
      (MixNetGreedy.Variant.continue, 2, 8, 27.4), (.continue, 3, 12, 42.9),
      (.continue, 4, 16, 56.7), (.code, 2, 8, 27.4), (.code, 3, 12, 42.9), (.code, 4, 16, 56.7),
      (.continue, 6, 24, 87), (.literal, 6, 6, 35),
    ])
  func fewerPortsCoverFewerBytes(
    variant: MixNetGreedy.Variant, optical: Int, count: Int, percent: Double
  ) throws {
    let demand = try Fixtures.shipped()
    let circuits = try circuits(MixNetGreedy(variant), optical: optical)
    #expect(circuits.circuitCount == count)
    var covered: Int64 = 0
    for source in 0..<8 {
      for destination in 0..<8 where circuits[source, destination] > 0 {
        covered += demand[source, destination]
      }
    }
    let tolerance = optical == 6 ? 0.5 : 0.05
    #expect(abs(100 * Double(covered) / Double(demand.total) - percent) < tolerance)
  }
}
