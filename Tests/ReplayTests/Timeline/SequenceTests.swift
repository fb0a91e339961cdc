import Replay
import TestSupport
import Testing
import TraceModel

/// Circuits that follow each other while a phase is on, planned for its demand or by the clock.
@Suite struct SequenceTests {
  /// Those that plan a sequence for a demand, as directed switches have them.
  static let planned = CircuitSchedulers.all.filter {
    $0.answersWithSequence && $0.dependsOnDemand && $0.name != "exact-permutations"
  }

  static func fabric(
    _ scheduler: any CircuitScheduler, optical: Int = 2, nics: Int = 8, servers: Int = 8,
    delay: Double = 0, scope: ReconfigurationScope = .allStop, duplex: Duplex = .independent
  ) -> FabricSpecification {
    var fabric = unitFabric(
      scheduler, optical: optical, nics: nics, servers: servers, sharing: .exclusive,
      delay: ReconfigurationDelay(name: "test", switchingNanoseconds: delay), scope: scope)
    fabric.optical?.duplex = duplex
    return fabric
  }

  static func random(_ servers: Int, _ stream: inout RandomStream) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: servers)
    for source in 0..<servers {
      for destination in 0..<servers where source != destination && stream.below(3) > 0 {
        matrix[source, destination] = Int64(1 + stream.below(1000))
      }
    }
    return matrix
  }

  @Test func birkhoffPlaysItsGoldenTimes() throws {
    for (delay, total) in [(0.0, 11.0), (1, 16), (2, 21), (5, 36)] {
      let result = try replay(
        Workloads.oneGPUPerServer([Fixtures.a4]),
        on: Self.fabric(
          BirkhoffVonNeumann(.bottleneck), optical: 1, nics: 2, servers: 4, delay: delay))
      #expect(abs(result.completionNanoseconds - total) < 1e-9)
      #expect(abs(result.total.exposedNanoseconds - 5 * delay) < 1e-9)
      #expect(result.bytes.electrical == 0)
      #expect(result.bytes.circuits == Double(Fixtures.a4.total))
    }
  }

  /// The same schedule played by a clock alone, each demand for itself; here a configuration may end
  /// early, when its bytes have left.
  @Test func noSequenceIsSlowerThanItsScheduleSays() throws {
    var stream = RandomStream(seed: 3)
    for _ in 0..<6 {
      let demand = Self.random(6, &stream)
      for scheduler in Self.planned {
        for delay in [0.0, 40] {
          let fabric = Self.fabric(scheduler, optical: 2, nics: 4, servers: 6, delay: delay)
          let request = CircuitRequest(
            demand: demand, opticalPorts: 2, electricalPorts: 2, portRate: 1,
            reconfigurationDelay: delay)
          let planned = try ScheduleReplay(request).play(scheduler)
          let result = try replay(Workloads.oneGPUPerServer([demand]), on: fabric)
          let phase = result.phases[0]
          #expect(phase.bytes.total == Double(demand.total))
          #expect(phase.percentOfBound <= 100.0001, "\(scheduler.name)")
          guard phase.bytes.electrical == 0 else { continue }
          #expect(
            result.completionNanoseconds <= planned.completionNanoseconds * (1 + 1e-9),
            "\(scheduler.name) at \(delay) ns")
        }
      }
    }
  }

  @Test func whatNoConfigurationCarriesGoesOverThePacketsFromTheStart() throws {
    var demand = TrafficMatrix(size: 4)
    for source in 0..<4 {
      for destination in 0..<4 where source != destination { demand[source, destination] = 1 }
    }
    demand[0, 1] = 1000
    demand[2, 3] = 800
    let result = try replay(
      Workloads.oneGPUPerServer([demand]),
      on: Self.fabric(Solstice(), optical: 1, nics: 2, servers: 4, delay: 100))
    #expect(result.bytes.electrical > 0)
    #expect(result.bytes.circuits >= 1800)
    #expect(result.bytes.total == Double(demand.total))
  }

  @Test func changedPortsOnlyNeverTakesLonger() throws {
    var stream = RandomStream(seed: 8)
    for _ in 0..<4 {
      let demand = Self.random(6, &stream)
      for scheduler in Self.planned {
        let times = try [ReconfigurationScope.allStop, .changedPortsOnly].map { scope in
          try replay(
            Workloads.oneGPUPerServer([demand]),
            on: Self.fabric(
              scheduler, optical: 2, nics: 3, servers: 6, delay: 30, scope: scope)
          ).completionNanoseconds
        }
        #expect(times[1] <= times[0] * (1 + 1e-9), "\(scheduler.name)")
      }
    }
  }

  @Test func everyPhaseOfALayerHasItsOwnSequence() throws {
    var stream = RandomStream(seed: 4)
    let demand = Self.random(8, &stream)
    for scheduler in Self.planned + [Symmetrised(Solstice())] {
      let result = try replay(
        Workloads.oneGPUPerServer([demand, Fixtures.f8], compute: 50, phases: Phase.allToAlls),
        on: Self.fabric(
          scheduler, optical: 6, delay: 20, duplex: scheduler.duplex))
      #expect(result.phases.count == 8)
      #expect(result.phases.allSatisfy { $0.circuitOptimumNanoseconds == nil })
      for phase in result.phases {
        let total = Double(phase.layer == 0 ? demand.total : Fixtures.f8.total)
        #expect(abs(phase.bytes.total - total) < 1e-9 * total)
        #expect(phase.percentOfBound <= 100.0001)
      }
      #expect(result.total.percentOfBound <= 100.0001)
      #expect(result.total.reconfigurations == 8, "\(scheduler.name)")
    }
  }

  @Test func ranksOfAServerShareItsCircuits() throws {
    var stream = RandomStream(seed: 9)
    let workload = Workloads.ranks(servers: 4, gpus: 4, layers: 2, &stream, compute: 1000)
    for scheduler in Self.planned + [Rotor(), Rotor(relaying: .valiant)] {
      let result = try replay(
        workload,
        on: Self.fabric(scheduler, optical: 3, nics: 4, servers: 4, delay: 1000))
      for phase in result.phases {
        #expect(phase.percentOfBound <= 100.0001, "\(scheduler.name)")
      }
      #expect(result.completionNanoseconds.isFinite)
    }
  }

  /// A sender that computes for longer holds its configuration up, and nobody else's bytes are lost.
  @Test func aLateSenderHoldsUpItsConfiguration() throws {
    var demand = TrafficMatrix(size: 2)
    demand[0, 1] = 10
    demand[1, 0] = 10
    let plain = Workloads.oneGPUPerServer([demand], phases: [.dispatchForward, .combineForward])
    var steps = plain.steps
    steps[1].computeBeforeNanoseconds = 100
    let workload = Workload(
      grain: plain.grain, layout: plain.layout, demands: plain.demands, steps: steps)
    let result = try replay(
      workload, on: Self.fabric(Sunflow(), optical: 1, nics: 1, servers: 2, delay: 5))
    // 5 + 10, then 100 of compute behind which the circuits stay, and 10.
    #expect(abs(result.completionNanoseconds - 125) < 1e-9)
    #expect(abs(result.total.exposedNanoseconds - 5) < 1e-9)
  }

  @Test(arguments: [0.0, 25, 500]) func aDirectRotorTurnsAsItsScheduleSays(delay: Double) throws {
    var stream = RandomStream(seed: 12)
    for servers in [3, 5, 8] {
      let demand = Self.random(servers, &stream)
      let rotor = Rotor(holdNanoseconds: 300)
      let request = CircuitRequest(
        demand: demand, opticalPorts: 2, portRate: 1, reconfigurationDelay: delay)
      let planned = try ScheduleReplay(request).play(rotor)
      let result = try replay(
        Workloads.oneGPUPerServer([demand]),
        on: Self.fabric(rotor, optical: 2, nics: 4, servers: servers, delay: delay))
      // Where one configuration joins all pairs, nothing ever turns.
      let dark = servers == 3 ? planned.reconfigurationNanoseconds : 0
      #expect(
        abs(result.completionNanoseconds - (planned.completionNanoseconds - dark))
          < 1e-6 * planned.completionNanoseconds, "\(servers) servers")
      #expect(result.bytes.circuits == Double(demand.total))
      #expect(result.total.percentOfBound <= 100.0001)
    }
  }

  @Test func relayingSpreadsAHotPairOverAllServers() throws {
    var demand = TrafficMatrix(size: 8)
    demand[0, 5] = 70_000
    let times = try [CircuitSchedule.Relaying.direct, .valiant].map { relaying in
      try replay(
        Workloads.oneGPUPerServer([demand]),
        on: Self.fabric(
          Rotor(holdNanoseconds: 500, relaying: relaying), optical: 1, nics: 2, delay: 50)
      )
    }
    // The pair meets in every seventh turn of 550 ns, its bytes in an eighth of them each.
    #expect(times[0].completionNanoseconds > 70_000 * 7)
    #expect(times[1].completionNanoseconds < 70_000 * 2)
    #expect(times[0].bytes.circuits == 70_000)
    // Six of eight parts take two hops.
    #expect(abs(times[1].bytes.circuits - 70_000 * 1.75) < 1e-6)
  }

  /// The relays of all ends of one server together take equal parts of every other server's bytes.
  @Test(arguments: [(8, 1), (8, 4), (7, 4), (16, 8), (4, 8)])
  func relaysShareEvenly(servers: Int, ends: Int) {
    for destination in [1, servers - 1] {
      var uses = [Double](repeating: 0, count: servers)
      for end in 0..<ends {
        var spread = RelaySpread(servers: servers, endsPerServer: ends, end: end)
        for _ in 0..<servers {
          let relays = spread.nextRelays(ofCell: destination)
          for relay in relays { uses[relay] += 1 / Double(relays.count) }
        }
      }
      for use in uses { #expect(abs(use - Double(ends)) < 1e-9) }
    }
  }

  @Test func aClockThatNobodyNeedsStandsStill() throws {
    var demand = TrafficMatrix(size: 4)
    demand[0, 1] = 100
    let workload = Workloads.oneGPUPerServer(
      [demand, demand, demand], iterations: [0, 1, 2], compute: 1e9)
    let result = try replay(
      workload,
      on: Self.fabric(Rotor(holdNanoseconds: 10), optical: 1, nics: 2, servers: 4, delay: 1))
    // A cycle takes 33 ns; 100 bytes need ten visits of 10 ns.
    for phase in result.phases {
      #expect(phase.durationNanoseconds >= 9 * 33)
      #expect(phase.durationNanoseconds <= 11 * 33)
    }
  }

  /// Two jobs with a region in common: one's late senders keep their circuits' shares.
  @Test func anotherJobsSequenceTakesNothingFromALateSender() throws {
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for job in 0..<2 {
      var matrix = TrafficMatrix(size: 4)
      matrix[2 * job, 2 * job + 1] = 10
      matrix[2 * job + 1, 2 * job] = 10
      let demand = demands.append(matrix)
      for phase in [Phase.dispatchForward, .combineForward] {
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
            iteration: 0, layer: 0, group: Int32(job), demand: demand,
            isTransposed: phase.runsFromExperts,
            computeBeforeNanoseconds: phase == .combineForward ? 1000 : 0, job: Int32(job)))
      }
    }
    let workload = Workload(
      grain: .server, layout: Layout(serverCount: 4, gpusPerServer: 1, nicsPerServer: 2),
      demands: demands, steps: steps)
    for scheduler in Self.planned {
      let result = try replay(
        workload, on: Self.fabric(scheduler, optical: 1, nics: 2, servers: 4, delay: 5))
      #expect(result.bytes.total == 80, "\(scheduler.name)")
      #expect(result.completionNanoseconds >= 1020)
      #expect(result.total.percentOfBound <= 100.0001)
    }
  }

  @Test func batchingEndsFlowsThatTheClockPaused() throws {
    var stream = RandomStream(seed: 21)
    let workload = Workloads.ranks(servers: 4, gpus: 4, layers: 1, &stream)
    for rotor in [Rotor(holdNanoseconds: 1e6), Rotor(holdNanoseconds: 1e6, relaying: .valiant)] {
      let fabric = Self.fabric(rotor, optical: 1, nics: 2, servers: 4, delay: 1e5)
      let exact = try replay(workload, on: fabric).completionNanoseconds
      for step in [0.01, 0.05, 0.2] {
        let batched = try replay(
          workload, on: fabric, options: ReplayOptions(batching: .init(relativeStep: step)))
        // A byte that misses its turn waits for a whole cycle.
        #expect(abs(batched.completionNanoseconds / exact - 1) < 2 * step + 0.05)
      }
    }
  }

  @Test func whatARotorsDarkTimesExposeIsSaid() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.f8])
    let rotor = Rotor(holdNanoseconds: 10)
    let dark = try replay(
      workload, on: Self.fabric(rotor, optical: 1, nics: 2, delay: 5))
    let instant = try replay(workload, on: Self.fabric(rotor, optical: 1, nics: 2))
    #expect(instant.total.exposedNanoseconds == 0)
    #expect(
      abs(
        dark.total.exposedNanoseconds
          - (dark.completionNanoseconds - instant.completionNanoseconds)) < 1e-6)
    #expect(dark.total.exposedNanoseconds > 0)
  }

  @Test func relayedBytesOverPairedCircuitsKeepTheirBound() throws {
    var demand = TrafficMatrix(size: 8)
    demand[0, 1] = 100
    demand[2, 0] = 100
    let result = try replay(
      Workloads.oneGPUPerServer([demand]),
      on: Self.fabric(
        Symmetrised(Rotor(holdNanoseconds: 100, relaying: .valiant)), optical: 7, nics: 7,
        duplex: .paired))
    #expect(result.total.percentOfBound <= 100.0001)
    // A quarter goes straight, six eighths take two hops.
    #expect(abs(result.bytes.circuits - 200 * (0.25 + 2 * 0.75)) < 1e-9)
  }

  @Test func aChangeThatTakesNoTimeCountsOncePerRegionAndPhase() throws {
    let result = try replay(
      Workloads.oneGPUPerServer([Fixtures.a4]),
      on: Self.fabric(BirkhoffVonNeumann(.bottleneck), optical: 1, nics: 2, servers: 4))
    #expect(result.phases[0].reconfiguredRegionCount == 1)
    #expect(result.phases[0].blockedNanoseconds == 0)
  }

  @Test func laidOutCircuitsAreCounted() throws {
    let result = try replay(
      Workloads.oneGPUPerServer([Fixtures.a4]),
      on: Self.fabric(Sunflow(), optical: 2, nics: 3, servers: 4, delay: 7))
    #expect(result.phases[0].circuitCount > 0)
  }

  /// Holds of a timetable are differences of late moments: what rounding leaves is no byte.
  @Test func aSlowSwitchLeavesNoCrumbsForThePackets() throws {
    var stream = RandomStream(seed: 30)
    for _ in 0..<5 {
      let demand = Self.random(6, &stream)
      let result = try replay(
        Workloads.oneGPUPerServer([demand]),
        on: Self.fabric(Sunflow(), optical: 1, nics: 1, servers: 6, delay: 5.7e9))
      #expect(result.bytes.circuits == Double(demand.total))
    }
  }

  @Test func iterationsFailuresAndLimitsGoWithSequences() throws {
    var stream = RandomStream(seed: 31)
    let matrices = (0..<3).map { _ in Self.random(6, &stream) }
    let workload = Workloads.oneGPUPerServer(
      matrices, iterations: [0, 1, 2], compute: 40, phases: Phase.allToAlls)
    for scheduler in Self.planned + [Rotor(holdNanoseconds: 50)] {
      var fabric = Self.fabric(scheduler, optical: 2, nics: 4, servers: 6, delay: 9)
      let whole = try replay(workload, on: fabric)
      #expect(whole.iterations.count == 3)
      #expect(abs(whole.bytes.total - 4 * matrices.reduce(0) { $0 + Double($1.total) }) < 1e-6)
      fabric.failures = [.nic(server: 1, nic: 0)]
      let broken = try replay(workload, on: fabric)
      #expect(abs(broken.bytes.total - whole.bytes.total) < 1e-6, "\(scheduler.name)")
      #expect(broken.total.percentOfBound <= 100.0001)
      let limit = whole.completionNanoseconds / 2
      let given = try replay(
        workload, on: fabric, options: ReplayOptions(giveUpAfterNanoseconds: limit))
      #expect(given.isAbandoned)
    }
  }

  @Test func aSequenceLeavesAPolicyNothingToDecide() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.f8])
    #expect(throws: ReplayError.self) {
      try replay(
        workload, on: Self.fabric(Solstice()), options: ReplayOptions(policy: .never))
    }
    var split = Self.fabric(Solstice())
    split.sharing = .splitFair
    #expect(split.defect(for: workload.layout)?.contains("exclusive") == true)
    #expect(
      Self.fabric(Solstice(), duplex: .paired).defect(for: workload.layout)?
        .contains("symmetrised-solstice") == true)
  }
}
