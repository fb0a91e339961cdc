import Replay
import Testing
import TraceModel

/// Bounds on whole iterations: groups need not wait for each other, links carry all of them.
@Suite struct CompletionBoundTests {
  /// Two layers of two groups on two servers each; `tokens[group][layer]` go both ways.
  static func twoGroups(_ tokens: [[Int64]], group: (Int) -> Int32 = { Int32($0) }) -> Workload {
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for layer in tokens[0].indices {
      for index in tokens.indices {
        var matrix = TrafficMatrix(size: 2 * tokens.count)
        matrix[2 * index, 2 * index + 1] = tokens[index][layer]
        matrix[2 * index + 1, 2 * index] = tokens[index][layer]
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: .dispatchForward,
            iteration: 0, microBatch: 0, layer: Int32(layer), group: group(index),
            demand: demands.append(matrix)))
      }
    }
    return Workload(
      grain: .server, layout: Layout(serverCount: 2 * tokens.count, gpusPerServer: 1),
      demands: demands, steps: steps)
  }

  static func only(_ group: Int32, of workload: Workload) -> Workload {
    Workload(
      grain: workload.grain, layout: workload.layout, demands: workload.demands,
      steps: workload.steps.filter { $0.group == group })
  }

  @Test func groupsWithOppositeHeavyLayersAreNotAddedUp() throws {
    let workload = Self.twoGroups([[1000, 10], [10, 1000]])
    let fabric = unitFabric(nil, nics: 1)
    #expect(try completionBound(of: workload, on: fabric) == 1010)
    let result = try replay(workload, on: fabric)
    #expect(result.total.boundNanoseconds == 1010)
    // Neither waits for the other.
    #expect(result.completionNanoseconds == 1010)
    // The network is measured by each phase alone.
    #expect(result.total.communicationBoundNanoseconds == 2000)
    for group in [Int32(0), 1] {
      let alone = try replay(Self.only(group, of: workload), on: fabric)
      #expect(result.total.boundNanoseconds <= alone.completionNanoseconds)
    }
  }

  @Test func operationsOfUnknownGroupsWaitForEachOtherOnlyWhereTheyShareAnEnd() throws {
    let workload = Self.twoGroups([[1000, 10], [10, 1000]]) { _ in Operation.unknown }
    let fabric = unitFabric(nil, nics: 1)
    #expect(try completionBound(of: workload, on: fabric) == 1010)
    #expect(try replay(workload, on: fabric).completionNanoseconds == 1010)
  }

  @Test func linksThatGroupsShareBoundTheirSum() throws {
    // Two groups on the same two servers take turns on their NICs.
    var workload = Self.twoGroups([[100, 10]])
    let steps = workload.steps.enumerated().map { index, step in
      var step = step
      step.group = Int32(index)
      return step
    }
    workload = Workload(
      grain: .server, layout: workload.layout, demands: workload.demands, steps: steps)
    #expect(try completionBound(of: workload, on: unitFabric(nil, nics: 1)) == 110)
  }

  @Test func everyReplayIsAboveItsBoundAndSoIsTheSlowestGroupAlone() throws {
    for seed in 0..<6 {
      var random = RandomStream(seed: UInt64(seed), purpose: 7)
      var workload = Self.twoGroups(
        (0..<4).map { _ in (0..<5).map { _ in Int64(random.below(10_000)) } })
      workload = Workload(
        grain: .server, layout: workload.layout, demands: workload.demands,
        steps: workload.steps.map {
          var step = $0
          step.computeBeforeNanoseconds = Double(random.below(5_000))
          step.bytesPerUnit = 1 + Int64(random.below(3))
          return step
        })
      for fabric in [
        unitFabric(nil), unitFabric(MixNetGreedy(.continue), servers: 4, sharing: .splitFair),
        unitFabric(MixNetGreedy(.continue), servers: 2, sharing: .exclusive),
      ] {
        let result = try replay(workload, on: fabric)
        let bound = try completionBound(of: workload, on: fabric)
        #expect(bound == result.total.boundNanoseconds)
        #expect(bound > 0)
        #expect(bound <= result.completionNanoseconds * (1 + 1e-9))
        // The groups share no server, so the slowest of them is what readiness per rank leaves.
        var slowest = 0.0
        for group in 0..<4 {
          let alone = try replay(Self.only(Int32(group), of: workload), on: fabric)
          slowest = max(slowest, alone.completionNanoseconds)
        }
        #expect(bound <= slowest * (1 + 1e-9))
      }
    }
  }

  @Test func iterationsAddUpAndAnAbandonedReplayIsBoundedByWhatItPlayed() throws {
    let workload = Workloads.oneGPUPerServer(
      [Fixtures.f8, Fixtures.p8(3), Fixtures.f8], iterations: [0, 1, 1])
    let result = try replay(workload, on: unitFabric(nil))
    #expect(
      result.iterations.reduce(0) { $0 + $1.boundNanoseconds } == result.total.boundNanoseconds)
    let abandoned = try replay(
      workload, on: unitFabric(nil), options: ReplayOptions(giveUpAfterNanoseconds: 1))
    #expect(abandoned.total.percentOfBound <= 100.0001)
  }
}
