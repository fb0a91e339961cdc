import Testing
import TraceModel

@testable import Replay

@Suite struct ScheduleReplayTests {
  /// Each peer of a server needs a circuit of its own, and each circuit a delay: what no schedule of
  /// directed circuits can beat, with `opticalPorts` switched apart.
  static func lineBound(_ request: CircuitRequest) -> Double {
    let demand = request.demand.withoutDiagonal
    var worst = 0.0
    for matrix in [demand, demand.transposed] {
      for row in 0..<matrix.size {
        let line = (0..<matrix.size).map { matrix[row, $0] }
        let peers = line.count { $0 > 0 }
        worst = max(
          worst,
          Double(line.reduce(0, +)) / request.portRate + request.reconfigurationDelay
            * Double(peers))
      }
    }
    return worst / Double(request.opticalPorts)
  }

  static let sequences = CircuitSchedulers.all.filter(\.answersWithSequence)

  static func random(
    _ size: Int, ports: Int, electrical: Int, _ random: inout RandomStream
  ) -> CircuitRequest {
    var demand = Fixtures.random(size, &random)
    for cell in demand.cells.indices where random.below(4) == 0 { demand.cells[cell] = 0 }
    return CircuitRequest(
      demand: demand, opticalPorts: ports, electricalPorts: electrical, portRate: 12.5,
      reconfigurationDelay: [0, 1e6, 3e7][random.below(3)])
  }

  @Test func noSequenceBeatsTheLineBoundAndAllBytesArrive() throws {
    var stream = RandomStream(seed: 12)
    for size in [2, 4, 7] {
      for ports in [1, 3] {
        let request = Self.random(size, ports: ports, electrical: 0, &stream)
        for scheduler in Self.sequences {
          let outcome = try ScheduleReplay(request).play(scheduler)
          let bound = Self.lineBound(request)
          // Ports that move as one pay each delay together.
          let total = Double(request.demand.withoutDiagonal.total)
          #expect(outcome.completionNanoseconds >= bound * (1 - 1e-9), "\(scheduler.name)")
          if scheduler.name != "rotor-valiant" {
            #expect(outcome.circuitBytes == Int64(total), "\(scheduler.name)")
          }
          #expect(outcome.electricalBytes == 0)
        }
      }
    }
  }

  @Test func circuitsAndPacketNetworkTogetherCarryEveryByte() throws {
    var stream = RandomStream(seed: 13)
    for size in [3, 6] {
      let request = Self.random(size, ports: 2, electrical: 1, &stream)
      let total = request.demand.withoutDiagonal.total
      let nic = Double(DecompositionTests.largestLine(request.demand.withoutDiagonal)) / (3 * 12.5)
      for scheduler in CircuitSchedulers.all where scheduler.name != "rotor-valiant" {
        for scope in ReconfigurationScope.allCases {
          var times: [Double] = []
          for sharing in [SharingMode.exclusive, .splitOptimal] {
            let outcome = try ScheduleReplay(request, scope: scope, sharing: sharing)
              .play(scheduler)
            #expect(outcome.circuitBytes + outcome.electricalBytes == total)
            #expect(outcome.completionNanoseconds >= nic * (1 - 1e-9), "\(scheduler.name)")
            times.append(outcome.completionNanoseconds)
          }
          #expect(times[1] <= times[0] * (1 + 1e-9), "\(scheduler.name)")
        }
      }
    }
  }

  @Test func standingCircuitsPlayAsTheirCompletionSays() throws {
    for scheduler in CircuitSchedulers.standing {
      let request = CircuitRequest(demand: Fixtures.f8, opticalPorts: 4, electricalPorts: 2)
      let circuits = scheduler.circuits(for: Fixtures.f8, opticalPorts: 4, electricalPorts: 2)
      for sharing in [SharingMode.exclusive, .splitOptimal] {
        let outcome = try ScheduleReplay(request, sharing: sharing).play(scheduler)
        let expected = try circuits.completion(
          of: Fixtures.f8, electricalPorts: 2, sharing: sharing)
        #expect(abs(outcome.completionNanoseconds - expected) < 1e-9, "\(scheduler.name)")
      }
    }
  }

  @Test func birkhoffEndsAtTheLargestLineWithoutDelay() throws {
    for (demand, line) in [(Fixtures.a4, 11.0), (Fixtures.f8, 83)] {
      for choice in BirkhoffChoice.allCases {
        let outcome = try ScheduleReplay(CircuitRequest(demand: demand, opticalPorts: 1))
          .play(BirkhoffVonNeumann(choice))
        #expect(abs(outcome.completionNanoseconds - line) < 1e-9)
      }
    }
    for (delay, total) in [(1.0, 16.0), (2, 21), (5, 36)] {
      let request = CircuitRequest(
        demand: Fixtures.a4, opticalPorts: 1, reconfigurationDelay: delay)
      let outcome = try ScheduleReplay(request).play(BirkhoffVonNeumann(.bottleneck))
      #expect(outcome.completionNanoseconds == total)
      #expect(outcome.configurationsUsed == 5)
      #expect(outcome.reconfigurationNanoseconds == 5 * delay)
    }
  }

  @Test func aDirectRotorMeetsTheBusiestPairOnceARound() throws {
    // 7 matchings, hold 3, delay 1: 6 rounds for 17 bytes, the busiest pair (1 → 7) in the sixth.
    let request = CircuitRequest(demand: Fixtures.f8, opticalPorts: 1, reconfigurationDelay: 1)
    let outcome = try ScheduleReplay(request).play(Rotor(holdNanoseconds: 3))
    let upper = 7.0 * 6 * 4
    #expect(outcome.completionNanoseconds <= upper)
    #expect(outcome.completionNanoseconds > upper - 7 * 4)
    // The pair at the last offset alone ends with its round.
    var last = TrafficMatrix(size: 8)
    last[1, 0] = 18
    let aligned = try ScheduleReplay(
      CircuitRequest(demand: last, opticalPorts: 1, reconfigurationDelay: 1)
    ).play(Rotor(holdNanoseconds: 3))
    #expect(aligned.completionNanoseconds == upper)
    #expect(aligned.configurationsUsed == 42)
    #expect(aligned.reconfigurationNanoseconds == 42)
  }

  @Test func manyRoundsPassAtOnceAsIfPlayedOneByOne() throws {
    var stream = RandomStream(seed: 17)
    for sharing in [SharingMode.exclusive, .splitOptimal] {
      for electrical in [0, 1] {
        let demand = Fixtures.random(5, &stream)
        let request = CircuitRequest(
          demand: demand, opticalPorts: 2, electricalPorts: electrical, portRate: 10,
          reconfigurationDelay: 1e5)
        let rotor = Rotor(holdNanoseconds: 7e5)
        let replay = ScheduleReplay(request, scope: .changedPortsOnly, sharing: sharing)
        let folded = try replay.play(rotor)
        let once = rotor.schedule(for: request)
        let unrolled = CircuitSchedule(
          (0..<400).flatMap { _ in once.configurations })
        let played = try replay.play(unrolled)
        #expect(
          abs(folded.completionNanoseconds - played.completionNanoseconds)
            < 1e-9 * played.completionNanoseconds)
        #expect(folded.configurationsUsed == played.configurationsUsed)
        #expect(folded.circuitBytes == played.circuitBytes)
      }
    }
  }

  @Test func valiantSpreadsAShiftOverAllServers() throws {
    var shift = TrafficMatrix(size: 8)
    for server in 0..<8 { shift[server, (server + 1) % 8] = 8000 }
    let passes = shift.valiantPasses
    #expect((0..<8).allSatisfy { passes.first[$0, ($0 + 3) % 8] == 1000 })
    let request = CircuitRequest(demand: shift, opticalPorts: 1)
    let direct = try ScheduleReplay(request).play(Rotor(holdNanoseconds: 10))
    let valiant = try ScheduleReplay(request).play(Rotor(holdNanoseconds: 10, relaying: .valiant))
    // Directly the one pair that meets has a seventh of the time; relayed all matchings are full.
    #expect(direct.completionNanoseconds == 799.0 * 70 + 10)
    #expect(valiant.completionNanoseconds == 2 * 7000)
    #expect(valiant.circuitBytes == 14 * 8000)
  }

  @Test func valiantPassesConserveBytes() {
    var stream = RandomStream(seed: 19)
    for size in 2...7 {
      let demand = Fixtures.random(size, &stream)
      let passes = demand.valiantPasses
      for server in 0..<size {
        // What a server gets in the first pass and passes on, and what it keeps, adds up.
        let kept = demand.columnSums[server] - passes.second.columnSums[server]
        let held = demand.rowSums[server] - passes.first.rowSums[server]
        #expect(
          held + passes.first.columnSums[server] == kept + passes.second.rowSums[server])
      }
    }
  }

  @Test func circuitsKeptInPlaceCarryOnWhenOnlyChangedPortsStop() throws {
    var demand = TrafficMatrix(size: 4)
    demand[0, 1] = 30
    demand[2, 3] = 10
    demand[3, 2] = 10
    let request = CircuitRequest(demand: demand, opticalPorts: 1, reconfigurationDelay: 5)
    let schedule = CircuitSchedule(
      [[1, 0, 3, 2], [1, 0, 2, 3]].map {
        CircuitConfiguration(receiver: $0, count: 1, holdNanoseconds: $0[2] == 3 ? 10 : 20)
      })
    let stop = try ScheduleReplay(request).play(schedule)
    #expect(stop.completionNanoseconds == 40)
    // The second configuration keeps 0 → 1 and only takes circuits away: no delay.
    let changed = try ScheduleReplay(request, scope: .changedPortsOnly).play(schedule)
    #expect(changed.completionNanoseconds == 35)
    let free = try ScheduleReplay(request, chargesFirstConfiguration: false).play(schedule)
    #expect(free.completionNanoseconds == 35)
  }

  @Test func demandAndRateScaleTimes() throws {
    var stream = RandomStream(seed: 23)
    let request = Self.random(5, ports: 2, electrical: 1, &stream)
    for scheduler in Self.sequences where scheduler.name != "rotor-valiant" {
      var still = request
      still.reconfigurationDelay = 0
      var larger = still
      larger.demand.cells = still.demand.cells.map { $0 * 4 }
      var faster = still
      faster.portRate *= 4
      let rotor = Rotor(holdNanoseconds: 1e3)
      let play = { (request: CircuitRequest) in
        try ScheduleReplay(request, sharing: .splitOptimal)
          .play(scheduler is Rotor ? rotor : scheduler).completionNanoseconds
      }
      // A rotor's hold does not scale with the demand: whole rounds only.
      let tolerance = scheduler is Rotor ? 1e-2 : 1e-9
      let time = try play(still)
      let (times4, by4) = (try play(larger) / time, time / (try play(faster)))
      #expect(abs(times4 - 4) < 4 * tolerance, "\(scheduler.name)")
      #expect(abs(by4 - 4) < 4 * tolerance, "\(scheduler.name)")
    }
  }

  @Test func serversCanBeRenamed() throws {
    var stream = RandomStream(seed: 29)
    let request = Self.random(6, ports: 1, electrical: 1, &stream)
    let names = stream.permutation(6)
    var renamed = request
    for source in 0..<6 {
      for destination in 0..<6 {
        renamed.demand[names[source], names[destination]] = request.demand[source, destination]
      }
    }
    // Without ties these choices do not depend on the order of servers.
    let schedulers: [any CircuitScheduler] = [
      MixNetGreedy(.continue), MixNetGreedy(.code), ElectricalAwareGreedy(),
      MaximumWeightMatching(), MaximumWeightMatching(.independent), DegreeBoundedMatching(),
      BoundedDecomposition(), Eclipse(), Sunflow(),
    ]
    for scheduler in schedulers {
      let time = try ScheduleReplay(request).play(scheduler).completionNanoseconds
      let other = try ScheduleReplay(renamed).play(scheduler).completionNanoseconds
      #expect(abs(time - other) < 1e-9 * time, "\(scheduler.name)")
    }
  }

  @Test func whatCannotBePlayedIsRefusedWithItsReason() {
    let request = CircuitRequest(demand: Fixtures.a4, opticalPorts: 1)
    func error(_ body: () throws -> Void) -> ReplayError? {
      #expect(throws: ReplayError.self, performing: body)
    }
    let wide = CircuitSchedule(
      [CircuitConfiguration(receiver: [1, 0, 3, 2], count: 2, holdNanoseconds: 5)])
    #expect(
      error { _ = try ScheduleReplay(request).play(wide) }?.message
        == "a server has 2 circuits and 1 optical ports")
    #expect(
      error { _ = try ScheduleReplay(request).play(MaximumWeightMatching(.independent)) }?.location
        == "0 → 2")
    #expect(
      error { _ = try ScheduleReplay(request, sharing: .splitFair).play(wide) }?.advice
        == "choose exclusive or split-optimal")
    var broken = request
    broken.portRate = 0
    #expect(
      error { _ = try ScheduleReplay(broken).play(Solstice()) }?.location == "circuit request")
  }

  @Test func withoutDemandOrPortsNothingHappens() throws {
    let empty = CircuitRequest(
      demand: TrafficMatrix(size: 4), opticalPorts: 2, reconfigurationDelay: 9)
    let dark = CircuitRequest(demand: Fixtures.a4, opticalPorts: 0, electricalPorts: 1)
    let alone = CircuitRequest(demand: TrafficMatrix(size: 1), opticalPorts: 2)
    let none = CircuitRequest(demand: TrafficMatrix(size: 0), opticalPorts: 2)
    for scheduler in CircuitSchedulers.all {
      for request in [empty, alone, none] {
        let outcome = try ScheduleReplay(request).play(scheduler)
        #expect(outcome.completionNanoseconds == 0, "\(scheduler.name)")
      }
      let outcome = try ScheduleReplay(dark).play(scheduler)
      if scheduler.name != "rotor-valiant" {
        #expect(outcome.completionNanoseconds == 11, "\(scheduler.name)")
      }
    }
  }
}
