import Testing
import TraceModel

import Replay

@Suite struct ExactTests {
  /// Rates in a public Spectra example, in hundredths.
  static let e4 = TrafficMatrix(
    rows: [[0, 30, 20, 10], [10, 0, 40, 10], [20, 10, 0, 30], [30, 20, 10, 0]])

  @Test(
    arguments: [
      (1, 1.0, 15.0, 4), (1, 2, 18, 3), (1, 5, 27, 3), (2, 1, 8, 4), (2, 2, 10, 4), (2, 5, 16, 4),
    ])
  func permutationsOfA4TakeTheLeastTime(
    planeCount: Int, delay: Double, time: Double, configurations: Int
  ) throws {
    let request = CircuitRequest(
      demand: Fixtures.a4, opticalPorts: planeCount, reconfigurationDelay: delay)
    let (planes, isExact) = PermutationOptimum().solve(request)
    #expect(isExact)
    #expect(abs(planes.makespanNanoseconds - time) < 1e-9)
    #expect(planes.planes.reduce(0) { $0 + $1.count } <= configurations)
    let outcome = try ScheduleReplay(request).play(PermutationOptimum())
    #expect(abs(outcome.completionNanoseconds - time) < 1e-9)
    #expect(outcome.circuitBytes == 34)
  }

  @Test func withoutDelayTheLargestLineIsTheLeastTime() {
    let request = CircuitRequest(demand: Fixtures.a4, opticalPorts: 1)
    let (planes, isExact) = PermutationOptimum().solve(request)
    #expect(isExact)
    #expect(abs(planes.makespanNanoseconds - 11) < 1e-9)
  }

  @Test(arguments: [(1, 0.73, 3), (2, 0.37, 4)]) func permutationsOfE4TakeTheLeastTime(
    planeCount: Int, time: Double, configurations: Int
  ) {
    let request = CircuitRequest(
      demand: Self.e4, opticalPorts: planeCount, portRate: 100, reconfigurationDelay: 0.01)
    let (planes, isExact) = PermutationOptimum().solve(request)
    #expect(isExact)
    #expect(abs(planes.makespanNanoseconds - time) < 1e-9)
    #expect(planes.planes.reduce(0) { $0 + $1.count } <= configurations)
  }

  @Test func noSequenceBeatsTheExactPermutations() throws {
    var stream = RandomStream(seed: 31)
    for ports in [1, 2] {
      for size in [2, 3, 4, 4] {
        var demand = TrafficMatrix(size: size)
        for row in 0..<size {
          for column in 0..<size where row != column && stream.below(4) > 0 {
            demand[row, column] = Int64(1 + stream.below(9))
          }
        }
        let request = CircuitRequest(
          demand: demand, opticalPorts: ports, reconfigurationDelay: Double(1 + stream.below(3)))
        #expect(PermutationOptimum().solve(request).isExact)
        let best = try ScheduleReplay(request).play(PermutationOptimum()).completionNanoseconds
        #expect(best >= ScheduleReplayTests.lineBound(request) - 1e-9)
        // Sunflow moves single ports and a rotor's hold is not chosen: not permutations.
        for scheduler in ScheduleReplayTests.sequences
        where !(scheduler is Sunflow) && !(scheduler is Rotor) {
          let time = try ScheduleReplay(request).play(scheduler).completionNanoseconds
          #expect(time >= best - 1e-9, "\(scheduler.name)")
        }
      }
    }
  }

  @Test(
    arguments: [
      (Fixtures.a4, 2, 1, 4.0), (Fixtures.a4, 3, 1, 3), (Fixtures.f8, 4, 2, 15),
      (Fixtures.p8(3), 6, 2, 10.625),
    ])
  func standingCircuitsReachTheKnownOptimum(
    demand: TrafficMatrix, optical: Int, electrical: Int, time: Double
  ) throws {
    let request = CircuitRequest(
      demand: demand, opticalPorts: optical, electricalPorts: electrical)
    let result = StaticOptimum(stepLimit: 2_000_000).solve(request)
    #expect(result.isProven)
    #expect(abs(result.nanoseconds - time) < 1e-3 * time)
    #expect(
      abs(result.circuits.optimum(of: demand, electricalPorts: electrical) - result.nanoseconds)
        < 1e-9)
    #expect(result.circuits.isPaired)
    #expect((0..<demand.size).allSatisfy { result.circuits.usedPorts(of: $0) <= optical })
  }

  @Test func sixPortsOnF8ComeToTheKnownOptimum() {
    let request = CircuitRequest(demand: Fixtures.f8, opticalPorts: 6, electricalPorts: 2)
    let paired = StaticOptimum(stepLimit: 2_000_000).solve(request)
    #expect(abs(paired.nanoseconds - 75.0 / 7) < 1e-9)
    let directed = StaticOptimum(.independent, stepLimit: 2_000_000).solve(request)
    #expect(abs(directed.nanoseconds - 10.43) < 0.01)
    #expect(paired.isProven && directed.isProven)
  }

  @Test func noCircuitsAtAllBeatTheStandingOptimum() {
    var stream = RandomStream(seed: 37)
    for electrical in [1, 2] {
      for optical in 1...3 {
        var demand = TrafficMatrix(size: 4)
        for cell in demand.cells.indices { demand.cells[cell] = Int64(stream.below(12)) }
        let request = CircuitRequest(
          demand: demand, opticalPorts: optical, electricalPorts: electrical)
        let result = StaticOptimum(stepLimit: 20_000).solve(request)
        #expect(result.isProven)
        let best = Self.bestOfAll(request)
        #expect(abs(result.nanoseconds - best) < 2e-6 * best)
      }
    }
  }

  /// The least time by trying every choice of circuits of four servers.
  static func bestOfAll(_ request: CircuitRequest) -> Double {
    var best = Double.infinity
    func extend(_ circuits: CircuitMatrix, pair: Int) {
      let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
      if pair == pairs.count {
        best = min(
          best,
          circuits.optimum(of: request.demand, electricalPorts: request.electricalPorts))
        return
      }
      let (left, right) = pairs[pair]
      let free =
        request.opticalPorts - max(circuits.usedPorts(of: left), circuits.usedPorts(of: right))
      for count in 0...free {
        var next = circuits
        next.addPair(left, right, count: count)
        extend(next, pair: pair + 1)
      }
    }
    extend(CircuitMatrix(size: 4), pair: 0)
    return best
  }

  @Test(
    arguments: [
      (Duplex.independent, [6, 4, 2.5, 2]), (.paired, [6, 4, 4, 2.5]),
    ])
  func oneHopCircuitsOfA4EndAtTheKnownTimes(duplex: Duplex, times: [Double]) throws {
    for (ports, time) in zip(3...6, times) {
      let optimum = try #require(
        OneHopOptimum(of: Fixtures.a4, portsPerServer: ports, duplex: duplex))
      #expect(optimum.bytesPerCircuit == time)
      let circuits = OneHop(duplex).circuits(
        for: Fixtures.a4, opticalPorts: ports, electricalPorts: 0)
      let played = try circuits.completion(
        of: Fixtures.a4, electricalPorts: 0, sharing: .exclusive)
      #expect(abs(played - time) < 1e-9)
    }
    #expect(OneHopOptimum(of: Fixtures.a4, portsPerServer: 2, duplex: duplex) == nil)
  }

  @Test func oneHopCircuitsAreTheBestOfAll() throws {
    var stream = RandomStream(seed: 41)
    for ports in 3...5 {
      var demand = TrafficMatrix(size: 4)
      for cell in demand.cells.indices { demand.cells[cell] = Int64(stream.below(20)) }
      let request = CircuitRequest(demand: demand, opticalPorts: ports)
      let optimum = try #require(
        OneHopOptimum(of: demand, portsPerServer: ports, duplex: .paired))
      #expect(abs(optimum.bytesPerCircuit - Self.bestOfAll(request)) < 1e-9)
    }
  }
}
