import Replay
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
