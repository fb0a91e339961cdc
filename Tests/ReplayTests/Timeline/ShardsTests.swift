import Replay
import Testing
import TestSupport
import TraceModel

/// Ends that have nothing to do with each other run apart, and nobody can tell.
@Suite struct ShardsTests {
  /// Groups of `groupSize` servers that exchange bytes among themselves, `layers` times.
  private func grouped(servers: Int, groupSize: Int, layers: Int, joinsAll: Bool) -> Workload {
    var random = RandomStream(seed: 5, purpose: 91)
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for layer in 0..<layers {
      for group in 0..<servers / groupSize {
        var (source, destination, amount): ([Int32], [Int32], [Int64]) = ([], [], [])
        for left in group * groupSize..<(group + 1) * groupSize {
          for right in group * groupSize..<(group + 1) * groupSize where right != left {
            source.append(Int32(left))
            destination.append(Int32(right))
            amount.append(Int64(1_000 + random.below(50_000)))
          }
        }
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: .dispatchForward,
            iteration: 0, layer: Int32(layer), group: Int32(group),
            demand: demands.append(source: source, destination: destination, amount: amount),
            computeBeforeNanoseconds: 100))
      }
    }
    if joinsAll {
      // An iteration after it makes one shard of all ends.
      let last = Int32(servers - 1)
      for (from, to) in (0..<last).map({ ($0, $0 + 1) }) {
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .sendReceive, role: .other,
            phase: .dispatchForward,
            iteration: 1, layer: Int32(layers), group: from,
            demand: demands.append(source: [from], destination: [to], amount: [1])))
      }
    }
    let layout = Layout(
      serverCount: servers, gpusPerServer: 1,
      parallelism: Parallelism(expert: groupSize, expertTensor: 1, data: servers))
    return Workload(grain: .server, layout: layout, demands: demands, steps: steps)
  }

  @Test(arguments: ["ideal", "fat-tree", "mixnet"])
  func groupsThatRunApartEndAsTheyDoTogether(fabric name: String) throws {
    let apart = grouped(servers: 16, groupSize: 4, layers: 3, joinsAll: false)
    let joined = grouped(servers: 16, groupSize: 4, layers: 3, joinsAll: true)
    let fabric = try #require(
      FabricCatalogue.presets(layout: apart.layout).first { $0.name == name })
    let left = try replay(apart, on: fabric)
    let right = try replay(joined, on: fabric)
    for (one, other) in zip(left.phases, right.phases) {
      #expect(one.durationNanoseconds == other.durationNanoseconds)
      #expect(one.startNanoseconds == other.startNanoseconds)
    }
    #expect(left.phases.count == 3)
  }

  @Test func groupsAreShardsUntilSomethingJoinsThem() throws {
    func count(joinsAll: Bool, fabric name: String) throws -> Int {
      let workload = grouped(servers: 16, groupSize: 4, layers: 2, joinsAll: joinsAll)
      let fabric = try #require(
        FabricCatalogue.presets(layout: workload.layout).first { $0.name == name })
      let network = try FabricNetwork(fabric, layout: workload.layout, grain: .server)
      let plan = try PhasePlan(workload, iterations: nil)
      let demands = plan.demands.map { PhaseDemand($0, of: workload) }
      return Shards(
        Program(plan, of: workload), jobOfPhase: plan.phases.map(\.step.job),
        paths: try PathTable(demands, on: network), on: network
      ).count
    }
    for name in ["ideal", "fat-tree", "mixnet"] {
      #expect(try count(joinsAll: false, fabric: name) == 4, "\(name)")
      #expect(try count(joinsAll: true, fabric: name) == 1, "\(name)")
    }
  }

  @Test func aReplayThatPassesItsLimitSaysNoMoreThanThat() throws {
    let workload = grouped(servers: 16, groupSize: 4, layers: 3, joinsAll: false)
    let fabric = FabricCatalogue.presets(layout: workload.layout)[0]
    let whole = try replay(workload, on: fabric).completionNanoseconds
    let given = try replay(
      workload, on: fabric, options: ReplayOptions(giveUpAfterNanoseconds: whole * 0.9))
    #expect(given.isAbandoned)
    let enough = try replay(
      workload, on: fabric, options: ReplayOptions(giveUpAfterNanoseconds: whole * 1.01))
    #expect(!enough.isAbandoned && enough.completionNanoseconds == whole)
  }

  @Test func iterationsMustStandInOrder() {
    let workload = grouped(servers: 8, groupSize: 4, layers: 1, joinsAll: true)
    let turned = Workload(
      grain: .server, layout: workload.layout, demands: workload.demands,
      steps: workload.steps.reversed())
    #expect(throws: ReplayError.self) {
      try replay(turned, on: FabricCatalogue.presets(layout: workload.layout)[0])
    }
  }

  @Test func batchingSaysHowFarItMayBeOff() throws {
    let workload = grouped(servers: 16, groupSize: 16, layers: 4, joinsAll: false)
    let fabric = FabricCatalogue.presets(layout: workload.layout)[0]
    let exact = try replay(workload, on: fabric)
    let batched = try replay(
      workload, on: fabric, options: ReplayOptions(batching: FluidBatching(relativeStep: 0.02)))
    #expect(exact.batchingError == nil)
    let error = try #require(batched.batchingError)
    let difference = abs(batched.completionNanoseconds / exact.completionNanoseconds - 1)
    #expect(difference < 0.03 && error.relative < 0.08)
    #expect(error.measuredShards == 1 && error.shardCount == 1)
    #expect(batched.notes.contains { $0.hasPrefix("batched") })
    #expect(batched.effectiveParameters.contains { $0.name == "batching step" })
  }

  @Test func theErrorOfBatchingIsThatOfTheLongestGroups() throws {
    let workload = grouped(servers: 80, groupSize: 8, layers: 3, joinsAll: false)
    let fabric = FabricCatalogue.presets(layout: workload.layout)[0]
    func completion(step: Double) throws -> ReplayResult {
      try replay(
        workload, on: fabric, options: ReplayOptions(batching: FluidBatching(relativeStep: step)))
    }
    let (batched, coarser) = (try completion(step: 0.1), try completion(step: 0.2))
    let error = try #require(batched.batchingError)
    #expect(error.measuredShards == 4 && error.shardCount == 10)
    let change = abs(coarser.completionNanoseconds / batched.completionNanoseconds - 1)
    // Those that end last decide the completion, so it changes by no more than the most of them.
    #expect(change <= error.relative * (1 + 1e-9) && error.relative > 0)
  }

  /// Each iteration another group has twenty times the bytes.
  @Test func theErrorOfBatchingKnowsEveryIterationsStraggler() throws {
    let groups = 12
    var once = grouped(servers: 8 * groups, groupSize: 8, layers: groups, joinsAll: false)
    var steps = once.steps
    for place in steps.indices {
      steps[place].iteration = steps[place].layer
      steps[place].layer = 0
      if steps[place].group == steps[place].iteration { steps[place].bytesPerUnit = 20 }
    }
    once = Workload(grain: .server, layout: once.layout, demands: once.demands, steps: steps)
    let fabric = FabricCatalogue.presets(layout: once.layout)[0]
    func result(step: Double) throws -> ReplayResult {
      try replay(
        once, on: fabric, options: ReplayOptions(batching: FluidBatching(relativeStep: step)))
    }
    let (batched, coarser) = (try result(step: 0.1), try result(step: 0.2))
    let error = try #require(batched.batchingError)
    #expect(error.measuredShards == groups && error.shardCount == groups)
    let changes = zip(batched.iterations, coarser.iterations).map {
      abs($1.completionNanoseconds / $0.completionNanoseconds - 1)
    }
    #expect(abs(error.relative - (changes.max() ?? 0)) < 1e-9 && error.relative > 0)
  }

  @Test func endsWithNothingToDoAreNotMeasured() throws {
    let few = grouped(servers: 8, groupSize: 8, layers: 2, joinsAll: false)
    let layout = Layout(
      serverCount: 32, gpusPerServer: 1,
      parallelism: Parallelism(expert: 8, expertTensor: 1, data: 32))
    let workload = Workload(
      grain: .server, layout: layout, demands: few.demands, steps: few.steps)
    let result = try replay(
      workload, on: FabricCatalogue.presets(layout: layout)[0],
      options: ReplayOptions(batching: FluidBatching(relativeStep: 0.1)))
    let error = try #require(result.batchingError)
    #expect(error.measuredShards == 1 && error.shardCount == 1)
    #expect(result.notes.contains { $0.contains("no iteration changes by more than") })
  }

  @Test func busyTimeCountsWhatOverlapsOnce() {
    var busy = BusyTime()
    busy.add(from: 10, to: 20)
    busy.add(from: 0, to: 5)
    busy.add(from: 15, to: 30)
    busy.add(from: 30, to: 31)
    let totals = busy.totals()
    #expect(totals.all == 26)
    #expect(totals.time(from: 4, to: 12) == 3)
    #expect(totals.time(from: 5, to: 10) == 0)
    #expect(totals.time(from: -1, to: 100) == 26)
  }
}
