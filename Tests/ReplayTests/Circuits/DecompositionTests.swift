import Testing
import TraceModel

@testable import Replay

@Suite struct DecompositionTests {
  static func uniform(_ size: Int) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: size)
    for row in 0..<size { for column in 0..<size where row != column { matrix[row, column] = 1 } }
    return matrix
  }

  static func sum(_ terms: [WeightedPermutation], size: Int) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: size)
    for term in terms {
      for row in 0..<size { matrix[row, Int(term.receiver[row])] += term.bytes }
    }
    return matrix
  }

  static func largestLine(_ matrix: TrafficMatrix) -> Int64 {
    max(matrix.rowSums.max() ?? 0, matrix.columnSums.max() ?? 0)
  }

  @Test func stuffingFillsEveryLineInOrder() {
    let stuffed = quickStuffed(Fixtures.a4)
    #expect(
      stuffed == TrafficMatrix(rows: [[0, 5, 4, 2], [6, 0, 4, 1], [3, 2, 0, 6], [2, 4, 3, 2]]))
    var random = RandomStream(seed: 1)
    for size in 1...9 {
      var demand = Fixtures.random(size, &random)
      for cell in demand.cells.indices where random.below(2) == 0 { demand.cells[cell] = 0 }
      let stuffed = quickStuffed(demand)
      let line = Self.largestLine(demand)
      #expect((stuffed.rowSums + stuffed.columnSums).allSatisfy { $0 == line })
      #expect(zip(stuffed.cells, demand.cells).allSatisfy { $0 >= $1 })
    }
  }

  @Test func birkhoffTermsAddUpToTheStuffedDemandExactly() {
    var random = RandomStream(seed: 2)
    for size in 2...7 {
      for choice in BirkhoffChoice.allCases {
        let stuffed = quickStuffed(Fixtures.random(size, &random))
        let terms = birkhoffDecomposition(of: stuffed, choice: choice)
        #expect(Self.sum(terms, size: size) == stuffed)
        #expect(terms.allSatisfy { Set($0.receiver).count == size && $0.bytes > 0 })
        #expect(terms.reduce(0) { $0 + $1.bytes } == Self.largestLine(stuffed))
        #expect(terms.count <= size * size - 2 * size + 2)
      }
    }
  }

  @Test func birkhoffTermsAreAsManyAsTheGoldensSay() {
    let a4 = quickStuffed(Fixtures.a4)
    let f8 = quickStuffed(Fixtures.f8)
    #expect(birkhoffDecomposition(of: a4, choice: .bottleneck).map(\.bytes) == [4, 2, 2, 2, 1])
    let bottleneck = birkhoffDecomposition(of: f8, choice: .bottleneck)
    #expect(bottleneck.count == 16)
    #expect(bottleneck[0].bytes == 15)
    #expect(birkhoffDecomposition(of: a4, choice: .arbitrary).count == 6)
    #expect(birkhoffDecomposition(of: f8, choice: .arbitrary).count == 38)
  }

  @Test(arguments: BirkhoffChoice.allCases) func uniformDemandNeedsOneDerangementPerPeer(
    choice: BirkhoffChoice
  ) {
    for size in 2...8 {
      let terms = birkhoffDecomposition(of: Self.uniform(size), choice: choice)
      #expect(terms.count == size - 1)
      #expect(
        terms.allSatisfy { term in
          term.bytes == 1 && term.receiver.indices.allSatisfy { Int(term.receiver[$0]) != $0 }
        })
    }
  }

  @Test(arguments: [(0.0, 10.0), (1, 14), (2, 18)]) func solsticeSlicesA4(
    delay: Double, total: Double
  ) {
    let schedule = Solstice().schedule(for: Self.solsticeRequest(Fixtures.a4, delay: delay))
    #expect(schedule.configurations.map(\.holdNanoseconds) == [4, 2, 2, 2])
    #expect(schedule.holdNanoseconds + 4 * delay == total)
  }

  @Test(arguments: [(0.0, 15, 76.0), (1, 15, 91), (2, 14, 102)]) func solsticeSlicesF8(
    delay: Double, count: Int, total: Double
  ) {
    let schedule = Solstice().schedule(for: Self.solsticeRequest(Fixtures.f8, delay: delay))
    #expect(schedule.configurations.count == count)
    #expect(abs(schedule.holdNanoseconds + Double(count) * delay - total) < 1e-9)
  }

  /// Circuits carry 1 byte per nanosecond, the packet network a tenth of it.
  static func solsticeRequest(_ demand: TrafficMatrix, delay: Double) -> CircuitRequest {
    CircuitRequest(
      demand: demand, opticalPorts: 10, electricalPorts: 1, portRate: 0.1,
      reconfigurationDelay: delay)
  }

  @Test func solsticeEndsWithoutAPacketNetwork() throws {
    for demand in [Fixtures.a4, Fixtures.f8, Self.uniform(5)] {
      let request = CircuitRequest(demand: demand, opticalPorts: 1)
      let outcome = try ScheduleReplay(request).play(Solstice())
      #expect(outcome.completionNanoseconds <= Double(Self.largestLine(demand)) + 1e-9)
      #expect(outcome.circuitBytes == demand.total)
    }
  }

  @Test func eclipseTakesTheKnownFirstSteps() throws {
    for (demand, delay, hold, gain) in [
      (Fixtures.a4, 1.0, 3, 12), (Fixtures.f8, 1, 10, 80), (Fixtures.f8, 2, 12, 94),
    ] {
      let steps = Eclipse().steps(
        for: CircuitRequest(demand: demand, opticalPorts: 1, reconfigurationDelay: delay))
      #expect(steps[0].permutation.bytes == hold)
      #expect(steps[0].servedBytes == gain)
    }
  }

  /// The reference serves 444 of F8 with delay 1: it breaks ties between equal matchings otherwise.
  @Test(arguments: [(true, 1.0, 32), (true, 2, 27), (false, 1, 447), (false, 2, 419)])
  func eclipseServesAsMuchInAWindow(isSmall: Bool, delay: Double, bytes: Int64) {
    let demand = isSmall ? Fixtures.a4 : Fixtures.f8
    let steps = Eclipse(windowNanoseconds: isSmall ? 14 : 70).steps(
      for: CircuitRequest(demand: demand, opticalPorts: 1, reconfigurationDelay: delay))
    #expect(steps.reduce(0) { $0 + $1.servedBytes } == bytes)
    let time = steps.reduce(0) { $0 + Double($1.permutation.bytes) + delay }
    #expect(time <= (isSmall ? 14 : 70))
  }

  @Test func coveringPermutationsAreFewestAndCover() {
    var random = RandomStream(seed: 4)
    for size in 2...9 {
      var demand = Fixtures.random(size, &random)
      for cell in demand.cells.indices where random.below(3) == 0 { demand.cells[cell] = 0 }
      let isUsed = TrafficMatrix(
        rows: (0..<size).map { row in (0..<size).map { demand[row, $0] > 0 ? 1 : 0 } })
      let terms = coveringPermutations(of: demand)
      #expect(terms.count == Int(Self.largestLine(isUsed)))
      #expect(terms.allSatisfy { Set($0.receiver).count == size })
      let sum = Self.sum(terms, size: size)
      #expect(zip(sum.cells, demand.cells).allSatisfy { $0 >= $1 })
    }
  }

  @Test func planesEndTogetherUnlessADelayForbidsIt() {
    var random = RandomStream(seed: 6)
    for planes in 1...4 {
      let request = CircuitRequest(
        demand: Fixtures.random(6, &random), opticalPorts: planes, reconfigurationDelay: 1e7)
      let schedule = Spectra().planes(for: request)
      let loads = schedule.planes.map { slots in
        slots.reduce(0) { $0 + 1e7 + $1.holdNanoseconds }
      }
      #expect(schedule.makespanNanoseconds == loads.max())
      #expect(loads.max()! - loads.min()! <= 1e7 * 1.001)
      #expect(fitPorts(schedule.reservations, ports: planes))
    }
  }

  @Test func sunflowIsWithinTwiceTheLineBoundAndFitsItsPorts() {
    var random = RandomStream(seed: 8)
    for size in 2...9 {
      for ports in 1...3 {
        var request = CircuitRequest(
          demand: Fixtures.random(size, &random), opticalPorts: ports,
          reconfigurationDelay: Double(random.below(1 << 28)))
        for cell in request.demand.cells.indices where random.below(3) == 0 {
          request.demand.cells[cell] = 0
        }
        let reservations = Sunflow().reservations(for: request)
        #expect(fitPorts(reservations, ports: ports))
        #expect(!fitPorts(reservations, ports: 0) || reservations.isEmpty)
        let end = reservations.map(\.endNanoseconds).max() ?? 0
        if ports == 1 { #expect(end < 2 * ScheduleReplayTests.lineBound(request) + 1e-6) }
        let served = reservations.reduce(0) { $0 + $1.endNanoseconds - $1.startNanoseconds }
        #expect(abs(served - Double(request.demand.total)) < 1e-3)
      }
    }
  }
}
