import Replay
import TestSupport
import Testing
import TraceModel

@Suite struct RegionBoundTests {
  struct Golden: Sendable {
    var demand: TrafficMatrix
    var optical: Int
    var electrical: Int
    var nic: Double
    /// Of all full-duplex circuits: found by integer programming to 0.1 %.
    var optimum: Double
    /// What the lines alone prove of it.
    var line: Double
  }

  static let goldens = [
    Golden(demand: Fixtures.a4, optical: 2, electrical: 1, nic: 11 / 3, optimum: 4, line: 4),
    Golden(demand: Fixtures.a4, optical: 3, electrical: 1, nic: 2.75, optimum: 3, line: 3),
    Golden(demand: Fixtures.f8, optical: 4, electrical: 2, nic: 83 / 6.0, optimum: 15, line: 15),
    Golden(
      demand: Fixtures.f8, optical: 6, electrical: 2, nic: 10.375, optimum: 10.71, line: 10.4629),
    Golden(
      demand: Fixtures.p8(3), optical: 6, electrical: 2, nic: 10.625, optimum: 10.625, line: 10.625),
  ]

  @Test(arguments: goldens) func linesProveNearlyAllOfTheOptimum(_ golden: Golden) {
    let ports = RegionPorts(optical: golden.optical, electrical: golden.electrical)
    let table = lowerBounds(of: golden.demand, on: ports)
    #expect(abs((table["NIC"]?.nanoseconds ?? 0) - golden.nic) < 1e-9)
    let line = table["circuit line"]?.nanoseconds ?? 0
    #expect(abs(line - golden.line) < 1e-4)
    #expect(line <= golden.optimum * 1.001)
    #expect(table.tightest.nanoseconds == max(line, golden.nic))
  }

  @Test(.enabled(if: RealInputs.arePresent, "\(RealInputs.absence)"))
  func theNICBoundOfTheMeasuredTokensIsReached() throws {
    let table = lowerBounds(
      of: try Fixtures.shipped(), on: RegionPorts(optical: 6, electrical: 2))
    #expect(abs(table.tightest.nanoseconds - 8486.625) < 1e-6)
    #expect(table.tightest.name == "NIC")
  }

  /// The exact optimum over one-hop circuits without packets.
  @Test(arguments: [
    (3, Duplex.independent, 6.0), (4, .independent, 4), (5, .independent, 2.5),
    (6, .independent, 2), (3, .paired, 6), (4, .paired, 4), (5, .paired, 4), (6, .paired, 2.5),
  ]) func withoutPacketsTheLineIsTheDegreeBound(ports: Int, duplex: Duplex, expected: Double) {
    let table = lowerBounds(
      of: Fixtures.a4, on: RegionPorts(optical: ports, electrical: 0, duplex: duplex))
    #expect(abs((table["circuit line"]?.nanoseconds ?? 0) - expected) < 1e-9)
  }

  @Test func fewerPortsThanPeersAndNoPacketsNeverEnd() {
    let table = lowerBounds(of: Fixtures.a4, on: RegionPorts(optical: 2, electrical: 0))
    #expect(table.tightest.nanoseconds == .infinity)
    #expect(table.tightest.name == "circuit line")
  }

  /// Row and column bounds of one crossbar and of two planes: (sum + delay · peers) ÷ planes.
  @Test(arguments: [
    (1, 1.0, 14.0), (1, 2, 17), (1, 5, 26), (2, 1, 7), (2, 2, 8.5), (2, 5, 13),
  ]) func everyPeerOfAPortCostsADelay(planes: Int, delay: Double, expected: Double) {
    let table = lowerBounds(
      of: Fixtures.a4,
      on: RegionPorts(optical: planes, electrical: 0, duplex: .independent),
      timing: .changing(delayNanoseconds: delay, chargesFirst: true))
    #expect(abs(table.tightest.nanoseconds - expected) < 1e-12)
    #expect(table.tightest.name == "port time with delay")
    #expect(table["circuit line"] == nil)
    #expect(table.excluded.contains { $0.name == "circuit line" && !$0.reason.isEmpty })
  }

  @Test func aFirstConfigurationThatIsFreeSavesOneDelayPerPort() {
    for ports in [1, 2, 3] {
      func time(_ chargesFirst: Bool) -> Double {
        lowerBounds(
          of: Fixtures.a4, on: RegionPorts(optical: ports, electrical: 0, duplex: .independent),
          timing: .changing(delayNanoseconds: 3, chargesFirst: chargesFirst)
        ).tightest.nanoseconds
      }
      #expect(abs(time(true) - time(false) - 3) < 1e-12)
    }
  }

  @Test func longDelaysSendEverythingOverPackets() {
    let ports = RegionPorts(optical: 2, electrical: 1, duplex: .independent)
    func time(_ delay: Double) -> Double {
      lowerBounds(
        of: Fixtures.a4, on: ports,
        timing: .changing(delayNanoseconds: delay, chargesFirst: true)
      ).tightest.nanoseconds
    }
    #expect(abs(time(0) - 11 / 3.0) < 1e-12)
    // One electrical port carries the longest line in 11.
    #expect(time(1e6) == 11)
    var last = 0.0
    for delay in stride(from: 0.0, through: 8, by: 0.25) {
      #expect(time(delay) >= last)
      last = time(delay)
    }
  }

  /// The scan over peers against every set of peers, one port.
  @Test func portTimeIsTheBestSetOfPeers() {
    var random = RandomStream(seed: 3)
    for _ in 0..<50 {
      let bytes = (0..<6).map { _ in Double(random.below(20)) }
      let electrical = Double(random.below(5))
      let delay = Double(random.below(6))
      let ports = RegionPorts(optical: 1, electrical: 1)
      var best = Double.infinity
      for set in 0..<64 {
        let served = bytes.indices.filter { set >> $0 & 1 == 1 && bytes[$0] > 0 }
        let onPackets = bytes.indices.filter { set >> $0 & 1 == 0 }.reduce(electrical) {
          $0 + bytes[$1]
        }
        let all = bytes.reduce(electrical, +)
        let time =
          served.isEmpty
          ? all : max(onPackets, (all + Double(served.count) * delay) / 2)
        best = min(best, time)
      }
      let found = portTime(
        of: bytes, electricalBytes: electrical, on: ports, delay: delay, chargesFirst: true)
      #expect(abs(found - best) < 1e-9)
    }
  }

  @Test func sharedCircuitsAreARelaxationOfStandingOnes() {
    var random = RandomStream(seed: 11)
    for _ in 0..<40 {
      let demand = Fixtures.random(5, &random)
      for duplex in Duplex.allCases {
        let ports = RegionPorts(
          optical: 1 + random.below(5), electrical: 1 + random.below(3), duplex: duplex)
        let standing = lowerBounds(of: demand, on: ports)
        let changing = lowerBounds(
          of: demand, on: ports, timing: .changing(delayNanoseconds: 0, chargesFirst: true))
        #expect(
          (changing.tightest.nanoseconds) <= standing.tightest.nanoseconds * (1 + 1e-9))
      }
    }
  }

  /// Every choice of circuits of four servers, used as well as it can be.
  @Test func noCircuitsBeatTheLines() {
    var random = RandomStream(seed: 5)
    let pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    for _ in 0..<12 {
      var demand = Fixtures.random(4, &random)
      for cell in demand.cells.indices { demand.cells[cell] %= 30 }
      for cell in stride(from: 0, to: 16, by: 5) { demand.cells[cell] = 0 }
      let (optical, electrical) = (1 + random.below(3), random.below(2) + 1)
      var best = Double.infinity
      for code in 0..<4096 {
        var circuits = CircuitMatrix(size: 4)
        for (place, pair) in pairs.enumerated() {
          for _ in 0..<(code >> (2 * place) & 3) { circuits.addPair(pair.0, pair.1) }
        }
        guard (0..<4).allSatisfy({ circuits.usedPorts(of: $0) <= optical }) else { continue }
        best = min(best, circuits.optimum(of: demand, electricalPorts: electrical))
      }
      let table = lowerBounds(
        of: demand, on: RegionPorts(optical: optical, electrical: electrical))
      #expect(table.tightest.nanoseconds <= best * (1 + 1e-9))
      // Four servers leave little room between a line and the whole.
      #expect(table.tightest.nanoseconds >= best * 0.7)
    }
  }

  @Test func forwardingLeavesPortsAndDistances() {
    // Uniform demand of a ring with two ports each: distances 1, 1, 2, 2, 3, 3, 4 of a Moore tree
    // are 1, 1, 2, 2, 3, 3, 4 here too, so 16 bytes cross two links each way.
    var uniform = TrafficMatrix(size: 8)
    for row in 0..<8 { for column in 0..<8 where row != column { uniform[row, column] = 1 } }
    let table = lowerBounds(
      of: uniform, on: RegionPorts(optical: 2, electrical: 0), forwardsThroughServers: true)
    #expect(table["circuit line"] == nil)
    #expect(table.tightest.name == "distance")
    #expect(table.tightest.nanoseconds == 8)
    // Packets reach everybody at once and take the farthest: T = 3 carries 3 of them, and 1 + 1 + 2 + 2
    // over two circuits.
    let mixed = lowerBounds(
      of: uniform, on: RegionPorts(optical: 2, electrical: 1), forwardsThroughServers: true)
    #expect(abs(mixed.tightest.nanoseconds - 3) < 1e-12)
  }

  @Test func morePortsNeverWorsenABoundAndBytesScaleIt() {
    var random = RandomStream(seed: 23)
    for _ in 0..<10 {
      let demand = Fixtures.random(6, &random)
      var threefold = demand
      for cell in threefold.cells.indices { threefold.cells[cell] *= 3 }
      for duplex in Duplex.allCases {
        for timing in [
          CircuitTiming.standing, .changing(delayNanoseconds: 1000, chargesFirst: true),
        ] {
          func time(_ optical: Int, _ electrical: Int, rate: Double = 1) -> Double {
            lowerBounds(
              of: demand,
              on: RegionPorts(
                optical: optical, electrical: electrical, rate: rate, duplex: duplex),
              timing: timing
            ).tightest.nanoseconds
          }
          for ports in 1..<5 {
            #expect(time(ports + 1, 1) <= time(ports, 1) * (1 + 1e-12))
            #expect(time(ports, 2) <= time(ports, 1) * (1 + 1e-12))
            #expect(time(ports, 1, rate: 2) <= time(ports, 1) * (1 + 1e-12))
          }
          guard timing == .standing else { continue }
          let ports = RegionPorts(optical: 3, electrical: 1, duplex: duplex)
          let scaled = lowerBounds(of: threefold, on: ports).tightest.nanoseconds
          #expect(abs(scaled - 3 * time(3, 1)) <= 1e-9 * scaled)
          #expect(abs(time(3, 1, rate: 4) * 4 - time(3, 1)) <= 1e-9 * time(3, 1))
        }
      }
    }
  }

  @Test func theNamesOfServersDoNotMatter() {
    var random = RandomStream(seed: 24)
    for _ in 0..<5 {
      let demand = Fixtures.random(6, &random)
      let number = random.permutation(6)
      var moved = TrafficMatrix(size: 6)
      for source in 0..<6 {
        for end in 0..<6 { moved[number[source], number[end]] = demand[source, end] }
      }
      let ports = RegionPorts(optical: 3, electrical: 1)
      for timing in [
        CircuitTiming.standing, .changing(delayNanoseconds: 1e6, chargesFirst: false),
      ] {
        let before = lowerBounds(of: demand, on: ports, timing: timing)
        let after = lowerBounds(of: moved, on: ports, timing: timing)
        for (left, right) in zip(before.applicable, after.applicable) {
          #expect(left.name == right.name)
          #expect(abs(left.nanoseconds - right.nanoseconds) <= 1e-9 * left.nanoseconds)
        }
      }
    }
  }

  @Test func everyBatchCostsItsOverhead() {
    let few = batchedComputeBound(
      computeNanoseconds: 100, batches: 4, overheadNanoseconds: 10)
    let many = batchedComputeBound(
      computeNanoseconds: 100, batches: 38, overheadNanoseconds: 10)
    #expect(few.nanoseconds == 140)
    #expect(many.nanoseconds == 480)
  }
}
