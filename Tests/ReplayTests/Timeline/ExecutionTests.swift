import Foundation
import Replay
import TestSupport
import Testing
import TraceModel

/// Who waits for whom.
@Suite struct ReadinessTests {
  /// Steps of one phase each, over one NIC of one byte per nanosecond.
  static func workload(
    servers: Int, _ steps: [(pairs: [(Int, Int, Int64)], compute: Double, predecessors: [Int32])],
    role: (Int) -> Role = { _ in .expert }
  ) -> Workload {
    var demands = DemandSet()
    return Workload(
      grain: .server, layout: Layout(serverCount: servers, gpusPerServer: 1),
      steps: steps.enumerated().map { index, step in
        var matrix = TrafficMatrix(size: servers)
        for (source, destination, bytes) in step.pairs { matrix[source, destination] = bytes }
        return Workload.Step(
          operation: Int32(index), kind: .allToAll, role: role(index), phase: .dispatchForward,
          iteration: 0, microBatch: 0, layer: Int32(index), group: 0,
          demand: demands.append(matrix), computeBeforeNanoseconds: step.compute,
          predecessors: step.predecessors)
      }, demands: &demands)
  }

  static let fabric = unitFabric(nil, nics: 1)

  @Test func anEndGoesOnWhenItHasItsOwnBytes() throws {
    // Server 2 has its byte at 2 and sends while server 1 still receives.
    let result = try replay(
      Self.workload(
        servers: 4, [([(0, 1, 100), (0, 2, 1)], 0, []), ([(2, 3, 100)], 0, [])]),
      on: Self.fabric)
    #expect(result.phases.map(\.startNanoseconds) == [0, 2])
    #expect(result.completionNanoseconds == 102)
  }

  @Test func aPredecessorWithoutBytesStandsForItsOwn() throws {
    let result = try replay(
      Self.workload(
        servers: 2, [([(0, 1, 100)], 0, []), ([], 0, [0]), ([(1, 0, 10)], 0, [1])]),
      on: Self.fabric)
    #expect(result.completionNanoseconds == 110)
  }

  @Test func anEndWaitsForItsOwnGroupAmongNamedPredecessors() throws {
    // Two groups of one phase, both named: servers 0 and 1 are done long before servers 2 and 3.
    let workload = Self.workload(
      servers: 4,
      [([(0, 1, 10)], 0, []), ([(2, 3, 100)], 0, []), ([(1, 0, 5), (3, 2, 5)], 0, [0, 1])])
    let grouped = Workload(
      grain: .server, layout: workload.layout, demands: workload.demands,
      steps: workload.steps.enumerated().map { index, step in
        var step = step
        step.layer = index < 2 ? 0 : 1
        step.group = Int32(index % 2)
        return step
      })
    let result = try replay(grouped, on: Self.fabric)
    #expect(result.phases.map(\.startNanoseconds) == [0, 10])
    #expect(result.completionNanoseconds == 105)
    #expect(result.total.boundNanoseconds <= 105)
  }

  @Test func recordedIterationsMayOverlapAndStayAboveTheirBound() throws {
    let plain = Self.workload(servers: 4, [([(0, 1, 1000)], 0, []), ([(2, 3, 1000)], 0, [])])
    let recorded = Workload(
      grain: .server, layout: plain.layout, demands: plain.demands,
      steps: plain.steps.enumerated().map { index, step in
        var step = step
        step.iteration = Int32(index)
        step.start = Int64(index) * 100
        step.end = step.start + 1000
        return step
      })
    let result = try replay(
      recorded, on: Self.fabric, options: ReplayOptions(pacing: .recorded))
    #expect(result.completionNanoseconds == 1100)
    #expect(result.total.boundNanoseconds <= 1100)
    #expect(result.total.boundNanoseconds >= 1000)
  }

  @Test func anEndThatOnlySendsIsNotHeld() throws {
    let result = try replay(
      Self.workload(servers: 3, [([(0, 1, 100)], 0, []), ([(0, 2, 100)], 0, [])]),
      on: Self.fabric)
    #expect(result.phases.map(\.startNanoseconds) == [0, 0])
    #expect(result.phases.map(\.durationNanoseconds) == [200, 200])
  }

  @Test func computeDelaysSendingNotReceiving() throws {
    // Server 1 computes 50 before its part of the second step; bytes for it arrive meanwhile.
    let workload = Self.workload(
      servers: 3,
      [([(0, 1, 10)], 0, []), ([(0, 1, 30), (1, 2, 5)], 50, [])])
    let result = try replay(workload, on: Self.fabric)
    // Server 0 is done at 0 and sends at 50; server 1 is done at 10 and sends at 60.
    #expect(result.completionNanoseconds == 80)
    #expect(result.total.computeNanoseconds == 50)
    let twice = try replay(workload, on: Self.fabric, options: ReplayOptions(computeScale: 2))
    #expect(twice.completionNanoseconds == 130)
    #expect(twice.total.computeNanoseconds == 100)
  }

  @Test func expertsComputeForWhatTheySendBack() throws {
    // Server 1 got three times as much as server 2.
    var workload = Self.workload(
      servers: 3, [([(0, 1, 30), (0, 2, 10)], 0, []), ([(1, 0, 30), (2, 0, 10)], 60, [])])
    func replayed(_ follows: Bool) throws -> ReplayResult {
      workload = Workload(
        grain: workload.grain, layout: workload.layout, demands: workload.demands,
        steps: workload.steps.map {
          var step = $0
          step.computeFollowsBytes = follows
          return step
        })
      return try replay(workload, on: Self.fabric)
    }
    // 2 has its bytes at 20 and is ready at 40 instead of 80; 1 has its bytes at 40.
    #expect(try replayed(true).phases[1].startNanoseconds == 40)
    #expect(try replayed(false).phases[1].startNanoseconds == 80)
    #expect(try replayed(true).completionNanoseconds == 130)
    #expect(try completionBound(of: workload, on: Self.fabric) <= 130)
  }

  @Test func predecessorsReplaceTheOrderOfTheSteps() throws {
    let both: [(Int, Int, Int64)] = [(0, 1, 10), (1, 0, 10)]
    func completion(_ last: [Int32]) throws -> Double {
      try replay(
        Self.workload(servers: 2, [(both, 0, []), (both, 30, [0]), (both, 30, last)]),
        on: Self.fabric
      ).completionNanoseconds
    }
    #expect(try completion([1]) == 90)
    // Both wait for the first only, and share the NICs.
    #expect(try completion([0]) == 60)
    // Without a name it waits for everything before it.
    #expect(try completion([]) == 90)
  }

  @Test func anEndWaitsForAllOfAPredecessorThatItTakesNoPartIn() throws {
    let result = try replay(
      Self.workload(servers: 4, [([(0, 1, 100)], 0, []), ([(2, 3, 10)], 0, [0])]),
      on: Self.fabric)
    #expect(result.completionNanoseconds == 110)
  }

  @Test func reductionsRunBesideTheBackwardPass() throws {
    let both: [(Int, Int, Int64)] = [(0, 1, 10), (1, 0, 10)]
    let workload = Self.workload(
      servers: 2, [(both, 0, []), ([(0, 1, 40), (1, 0, 40)], 0, [0]), (both, 100, [])],
      role: { $0 == 1 ? .data : .expert })
    let result = try replay(workload, on: Self.fabric)
    // The reduction takes 10 … 50 while the last step computes 10 … 110.
    #expect(result.completionNanoseconds == 120)
    #expect(result.phases.map(\.startNanoseconds) == [0, 10, 110])
  }

  @Test func stepsThatWaitForEachOtherAreRefused() {
    let workload = Self.workload(
      servers: 2, [([(0, 1, 10)], 0, [1]), ([(0, 1, 10)], 0, [0])])
    let error = #expect(throws: ReplayError.self) { try replay(workload, on: Self.fabric) }
    #expect(error?.location == "operation 0")
  }

  @Test func iterationsFollowEachOther() throws {
    var one = TrafficMatrix(size: 4)
    one[0, 1] = 100
    var other = TrafficMatrix(size: 4)
    other[2, 3] = 10
    let result = try replay(
      Workloads.oneGPUPerServer([one, other], iterations: [0, 1]), on: Self.fabric)
    #expect(result.iterations.map(\.completionNanoseconds) == [100, 10])
    #expect(result.completionNanoseconds == 110)
  }

  @Test func openLoopStartsAtRecordedTimes() throws {
    let free = Self.workload(servers: 3, [([(0, 1, 100)], 70, []), ([(1, 2, 100)], 70, [])])
    func timed(_ starts: [Int64]) -> Workload {
      Workload(
        grain: free.grain, layout: free.layout, demands: free.demands,
        steps: zip(free.steps, starts).map { step, start in
          var step = step
          step.start = start
          step.end = start == Operation.unknownTime ? start : start + 50
          return step
        })
    }
    let options = ReplayOptions(pacing: .recorded)
    let result = try replay(timed([1000, 1030]), on: Self.fabric, options: options)
    #expect(result.phases.map(\.startNanoseconds) == [0, 30])
    #expect(result.completionNanoseconds == 130)
    #expect(result.phases.map(\.recordedNanoseconds) == [50, 50])
    #expect(result.notes.contains { $0.contains("open loop") })
    #expect(throws: ReplayError.self) {
      try replay(timed([1000, Operation.unknownTime]), on: Self.fabric, options: options)
    }
  }

  @Test func calibrationIsTestedOnIterationsThatItWasNotFittedTo() throws {
    func calibration(_ factors: [Double]) throws -> Calibration? {
      var workload = Workloads.oneGPUPerServer(
        factors.map { _ in Fixtures.p8(3) }, iterations: factors.indices.map { Int32($0) })
      let plain = try replay(workload, on: unitFabric(nil)).phases[0].durationNanoseconds
      workload = Workload(
        grain: workload.grain, layout: workload.layout, demands: workload.demands,
        steps: zip(workload.steps, factors).map { step, factor in
          var step = step
          step.start = 1_000_000
          step.end = step.start + Int64((plain * factor * 1000).rounded())
          step.bytesPerUnit = 1000
          return step
        })
      return try replay(workload, on: unitFabric(nil)).calibration
    }
    let good = try #require(try calibration([1.25, 1.25, 1.25, 1.25]))
    #expect(abs(good.efficiency - 0.8) < 1e-3)
    #expect(good.isCalibrated)
    let bad = try #require(try calibration([1.25, 2.5, 1.25, 2.5]))
    #expect(!bad.isCalibrated)
    #expect(try calibration([1.25]) == nil)
  }
}

extension Workload {
  fileprivate init(
    grain: Grain, layout: Layout, steps: [Step], demands: inout DemandSet
  ) {
    self.init(grain: grain, layout: layout, demands: demands, steps: steps)
  }
}

/// Policies on the demand whose circuits for one phase are the worst for the next.
@Suite struct PolicyTests {
  /// One layer whose demand alternates from iteration to iteration.
  static func alternating(_ count: Int, compute: Double = 0) -> Workload {
    let layers = Workloads.oneGPUPerServer(
      (0..<count).map { Fixtures.p8($0 % 2 == 0 ? 3 : 2) },
      iterations: (0..<count).map { Int32($0) }, compute: compute)
    return Workload(
      grain: layers.grain, layout: layers.layout, demands: layers.demands,
      steps: layers.steps.map {
        var step = $0
        step.layer = 0
        return step
      })
  }

  static func durations(_ policy: ReconfigurationPolicy, _ predictor: (any DemandPredictor)? = nil)
    throws -> [Double]
  {
    try replay(
      alternating(4), on: unitFabric(ElectricalAwareGreedy()),
      options: ReplayOptions(policy: policy, predictor: predictor.map { PredictorChoice($0) })
    ).phases.map(\.durationNanoseconds)
  }

  static func near(_ left: [Double], _ right: [Double]) -> Bool {
    left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) < 1e-9 }
  }

  @Test func aStaleTopologyLosesToAnyFixedOne() throws {
    let matched = [10.625, 10.625, 10.625, 10.625]
    #expect(Self.near(try Self.durations(.always), matched))
    #expect(Self.near(try Self.durations(.never), [10.625, 41.5, 10.625, 41.5]))
    // The last value is always the wrong one here; nothing is known before the first.
    let stale = try Self.durations(.predicted(recalibrates: false), LastValuePredictor())
    #expect(Self.near(stale, [10.625, 41.5, 41.5, 41.5]))
    let oracle = OraclePredictor(
      (0..<4).map { (0, Fixtures.p8($0 % 2 == 0 ? 3 : 2)) })
    #expect(Self.near(try Self.durations(.predicted(recalibrates: false), oracle), matched))
    let fixed = try replay(Self.alternating(4), on: unitFabric(Circulant()))
    #expect(Self.near(fixed.phases.map(\.durationNanoseconds), [20.25, 20.25, 20.25, 20.25]))
    #expect(stale.reduce(0, +) > fixed.completionNanoseconds)
  }

  @Test func hysteresisDoesNotFollowWhatComesBack() throws {
    // Over two passes the new circuits gain nothing: what one gains the other loses.
    let calm = try Self.durations(.hysteresis(factor: 1, epochs: 2))
    #expect(Self.near(calm, [10.625, 41.5, 10.625, 41.5]))
    let nervous = try Self.durations(.hysteresis(factor: 1, epochs: 1))
    #expect(Self.near(nervous, [10.625, 10.625, 10.625, 10.625]))
  }

  @Test func predictedCircuitsHideBehindComputeAndCanBeRecalibrated() throws {
    let delay = ReconfigurationDelay(switchingNanoseconds: 5)
    let fabric = unitFabric(ElectricalAwareGreedy(), delay: delay)
    let steady = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(3)], iterations: [0, 1], compute: 7,
      phases: [.dispatchForward, .combineForward])
    let workload = Workload(
      grain: steady.grain, layout: steady.layout, demands: steady.demands,
      steps: steady.steps.map {
        var step = $0
        step.layer = 0
        return step
      })
    func run(_ policy: ReconfigurationPolicy) throws -> ReplayResult {
      try replay(
        workload, on: fabric,
        options: ReplayOptions(policy: policy, predictor: PredictorChoice(LastValuePredictor())))
    }
    let exact = try run(.always)
    #expect(exact.total.exposedNanoseconds == 10)
    let predicted = try run(.predicted(recalibrates: false))
    #expect(predicted.iterations.map(\.exposedNanoseconds) == [5, 0])
    #expect(predicted.iterations[1].hiddenNanoseconds == 5)
    // The combine's circuits are set up once more, behind the experts.
    let recalibrated = try run(.predicted(recalibrates: true))
    #expect(recalibrated.total.reconfigurations == 4)
    #expect(recalibrated.completionNanoseconds == predicted.completionNanoseconds)
    #expect(throws: ReplayError.self) {
      try replay(
        workload, on: fabric, options: ReplayOptions(policy: .predicted(recalibrates: false)))
    }
  }

  @Test func pairsOnTheEPSDoNotWaitForCircuits() throws {
    // One circuit per server: 0 and 1 exchange most bytes and get it, 0 and 2 go over the EPS.
    var matrix = TrafficMatrix(size: 3)
    matrix[0, 1] = 100
    matrix[0, 2] = 10
    let fabric = unitFabric(
      MixNetGreedy(.continue), optical: 1, nics: 2, servers: 3, sharing: .exclusive,
      delay: ReconfigurationDelay(switchingNanoseconds: 50))
    let result = try replay(Workloads.oneGPUPerServer([matrix]), on: fabric)
    #expect(result.completionNanoseconds == 150)
    #expect(result.phases[0].startNanoseconds == 0)
    #expect(result.phases[0].durationNanoseconds == 150)
    #expect(result.phases[0].blockedNanoseconds == 50)
    #expect(result.total.exposedNanoseconds == 50)
  }

  @Test func circuitsKeptInPlaceCarryWhileOthersChange() throws {
    // 0 ↔ 1 keeps its circuit; 2 ↔ 3 becomes 2 ↔ 4.
    func matrix(_ partner: Int) -> TrafficMatrix {
      var matrix = TrafficMatrix(size: 5)
      for (left, right) in [(0, 1), (2, partner)] {
        matrix[left, right] = 100
        matrix[right, left] = 100
      }
      return matrix
    }
    // The second step of 0 and 1 decides: it has twice the bytes.
    var second = matrix(4)
    second[0, 1] = 200
    let workload = Workloads.oneGPUPerServer([matrix(3), second])
    func completion(_ scope: ReconfigurationScope) throws -> Double {
      let fabric = unitFabric(
        MixNetGreedy(.continue), optical: 1, nics: 2, servers: 5, sharing: .exclusive,
        delay: ReconfigurationDelay(switchingNanoseconds: 50), scope: scope)
      return try replay(
        workload, on: fabric, options: ReplayOptions(chargesFirstConfiguration: false)
      ).completionNanoseconds
    }
    #expect(try completion(.changedPortsOnly) == 300)
    #expect(try completion(.allStop) == 350)
  }
}

/// What must hold on any input.
@Suite struct ExecutionPropertyTests {
  @Test(arguments: SharingMode.allCases) func symmetricEndsRunAsOnePhaseAfterTheOther(
    sharing: SharingMode
  ) throws {
    // All servers send and receive the same, so nobody is ever ahead.
    let workload = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(1)], compute: 3, phases: Phase.allToAlls)
    for fabric in [
      unitFabric(Circulant(), sharing: sharing), unitFabric(nil, sharing: sharing),
      unitFabric(MixNetGreedy(.code), servers: 4, sharing: .exclusive),
    ] {
      let network = try FabricNetwork(fabric, layout: workload.layout, grain: .server)
      let result = try replay(workload, on: fabric, options: ReplayOptions(policy: .never))
      let first = PhaseDemand(
        [DemandTerm(demand: 0, isTransposed: false, bytesPerUnit: 1, isExpert: true)], of: workload)
      let circuits = fabric.optical.map { optical in
        CircuitSet(
          first.regionMatrices(on: network).map {
            optical.scheduler.circuits(
              for: $0, opticalPorts: optical.nicsPerServer, electricalPorts: 2)
          })
      }
      var serial = 0.0
      for step in workload.steps {
        let term = DemandTerm(
          demand: step.demand, isTransposed: step.isTransposed, bytesPerUnit: 1, isExpert: true)
        serial += 3
        serial += try PhaseSolver(network)
          .solve(PhaseDemand([term], of: workload), circuits: circuits).completion
      }
      if fabric.optical?.scheduler.name != "mixnet-code" {
        #expect(abs(result.completionNanoseconds - serial) < 1e-9 * serial)
      } else {
        #expect(result.completionNanoseconds <= serial * (1 + 1e-9))
      }
    }
  }

  @Test func everyByteIsOnItsLinks() throws {
    var random = RandomStream(seed: 12)
    let matrices = (0..<3).map { _ in Fixtures.random(8, &random) }
    let result = try replay(
      Workloads.oneGPUPerServer(matrices, phases: Phase.allToAlls),
      on: unitFabric(MixNetGreedy(.continue), servers: 4, sharing: .splitFair),
      options: ReplayOptions(busiestLinkCount: 1000))
    let total = 4 * Double(matrices.reduce(0) { $0 + $1.total })
    #expect(abs(result.bytes.total - total) < 1e-9 * total)
    for end in ["up", "down"] {
      let nics = result.busiestLinks.filter { $0.tier == .nic && $0.name.hasSuffix(end) }
      #expect(nics.count == 8)
      let sum = nics.reduce(0) { $0 + $1.bytes }
      #expect(abs(sum - result.bytes.electrical) < 1e-9 * total)
    }
    let circuits = result.busiestLinks.filter { $0.tier == .circuit }.reduce(0) { $0 + $1.bytes }
    #expect(abs(circuits - result.bytes.circuits) < 1e-9 * total)
    #expect(result.busiestLinks.allSatisfy { $0.utilisation <= 1 + 1e-9 })
  }
}

/// An all-to-all over one link for every ordered pair takes as long as its largest entry
/// (htsim runs of MixNet's fork: reference mixnet 7.4).
@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct FullMeshIdentityTests {
  @Test(
    arguments: [
      ("mixnet/mixnet_tokens_8x8_measured.txt", 8192, 1.7874e6),
      ("mixnet/mixnet_wm_ep16_zipf.txt", 32_768, 10.8705e6),
    ] as [(String, Int64, Double)])
  func anUncontendedRoundLastsAsLongAsItsLargestPair(
    file: String, bytesPerUnit: Int64, nanoseconds: Double
  ) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: RealInputs.path(file)))
    let matrix = TrafficMatrix(rows: try JSONDecoder().decode([[Int64]].self, from: data))
      .withoutDiagonal
    let servers = matrix.size
    let fabric = FabricSpecification(
      name: "mesh", summary: "a circuit for every pair",
      optical: OpticalLayer(
        nicsPerServer: servers - 1, scheduler: Circulant(),
        regions: .contiguous(servers: servers)),
      nicsPerServer: servers, nicBitsPerSecond: 400e9, latencyNanoseconds: 2000)
    let result = try replay(
      Workloads.oneGPUPerServer([matrix], bytesPerUnit: bytesPerUnit), on: fabric)
    #expect(abs(result.completionNanoseconds - nanoseconds) < 1e-4 * nanoseconds)
  }
}
