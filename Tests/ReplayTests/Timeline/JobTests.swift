import Replay
import Testing
import TraceModel

/// Several jobs on one fabric: each keeps its own iterations, and they share links all the time.
@Suite struct JobTests {
  /// A job of two servers, the first of which sends to the second once in each iteration.
  static func sender(bytes: Int64, iterations: Int, compute: Double) -> Workload {
    var demands = DemandSet()
    let demand = demands.append(source: [0], destination: [1], amount: [bytes])
    return Workload(
      grain: .server, layout: Layout(serverCount: 2, gpusPerServer: 1), demands: demands,
      steps: (0..<iterations).map {
        .init(
          operation: Int32($0), kind: .sendReceive, role: .expert, phase: .dispatchForward,
          iteration: Int32($0), microBatch: 0, layer: 0, group: 0, demand: demand,
          computeBeforeNanoseconds: compute)
      })
  }

  /// A job whose servers exchange random bytes, forward and backward, with compute between.
  static func random(
    servers: Int, iterations: Int, layers: Int, _ random: inout RandomStream
  ) -> Workload {
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for iteration in 0..<iterations {
      for layer in 0..<layers {
        var matrix = TrafficMatrix(size: servers)
        for row in 0..<servers {
          for column in 0..<servers where row != column {
            matrix[row, column] = Int64(random.below(2000))
          }
        }
        let demand = demands.append(matrix)
        let compute = Double(random.below(1500))
        for phase in Phase.allToAlls {
          steps.append(
            .init(
              operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
              iteration: Int32(iteration), microBatch: 0, layer: Int32(layer), group: 0,
              demand: demand, isTransposed: phase.runsFromExperts,
              computeBeforeNanoseconds: compute))
        }
      }
    }
    return Workload(
      grain: .server,
      layout: Layout(
        serverCount: servers, gpusPerServer: 1,
        parallelism: Parallelism(expert: servers, expertTensor: 1, data: servers)),
      demands: demands, steps: steps)
  }

  /// Leaves of two servers of one NIC; what goes up from a leaf has the rate of one of them.
  static let narrow = FabricSpecification(
    name: "narrow", summary: "one byte per nanosecond up from each leaf",
    electrical: FatTree(serversPerLeaf: 2, leafOversubscription: 2, podOversubscription: 1),
    nicsPerServer: 1, nicBitsPerSecond: 8e9)

  /// Each job has one server on either leaf, and all send from the first leaf to the second.
  @Test func aJobBeginsItsNextIterationWhenItsOwnHasEnded() throws {
    let long = Self.sender(bytes: 100, iterations: 2, compute: 0)
    let short = Self.sender(bytes: 20, iterations: 3, compute: 10)
    let merged = try Workload.merging(
      [PlacedJob(long, servers: [0, 2]), PlacedJob(short, servers: [1, 3])], serverCount: 4)
    let result = try replay(merged, on: Self.narrow)
    // Alone on the link until 10 and while the short one computes (50 … 60, 100 … 110), half of it
    // until 50, 100 and 150: 90 bytes by 150, then 10 and the second iteration's 100.
    #expect(result.jobs.map(\.completionNanoseconds) == [260, 150])
    #expect(result.completionNanoseconds == 260)
    let lengths = result.iterations.map { [Double($0.job), $0.completionNanoseconds] }
    #expect(lengths == [[0, 160], [1, 50], [0, 100], [1, 50], [1, 50]])
    // All 260 bytes cross one link; neither job alone takes as long.
    #expect(result.jobs.map(\.boundNanoseconds) == [200, 90])
    #expect(result.total.boundNanoseconds == 260)
    #expect(try completionBound(of: merged, on: Self.narrow) == 260)
    #expect(result.notes.contains { $0.hasPrefix("jobs start together") })
  }

  @Test func whatDelaysExposeIsTheDifferenceOfCompletions() throws {
    var random = RandomStream(seed: 3, purpose: 13)
    let jobs = (0..<2).map { _ in Self.random(servers: 4, iterations: 3, layers: 2, &random) }
    let merged = try Workload.merging(
      [PlacedJob(jobs[0], servers: [0, 1, 2, 3]), PlacedJob(jobs[1], servers: [4, 5, 6, 7])],
      serverCount: 8)
    func fabric(_ nanoseconds: Double) -> FabricSpecification {
      unitFabric(
        MixNetGreedy(.continue), optical: 2, nics: 4, servers: 8, sharing: .exclusive,
        delay: ReconfigurationDelay(name: "test", switchingNanoseconds: nanoseconds))
    }
    let (slow, instant) = (try replay(merged, on: fabric(900)), try replay(merged, on: fabric(0)))
    #expect(
      slow.total.exposedNanoseconds == slow.completionNanoseconds - instant.completionNanoseconds)
    for (job, other) in zip(slow.jobs, instant.jobs) {
      let difference = job.completionNanoseconds - other.completionNanoseconds
      #expect(abs(job.exposedNanoseconds - max(0, difference)) < 1e-6)
    }
    let delays = slow.phases.reduce(0) { $0 + ($1.hasReconfigured ? 900.0 : 0) }
    #expect(slow.total.hiddenNanoseconds <= delays)
    #expect(
      abs(slow.total.hiddenNanoseconds - max(0, delays - slow.total.exposedNanoseconds)) < 1e-6)
  }

  @Test func clocksOfTwoRecordingsAreNotOne() throws {
    let job = Self.sender(bytes: 100, iterations: 2, compute: 0)
    let merged = try Workload.merging(
      [PlacedJob(job, servers: [0, 2]), PlacedJob(job, servers: [1, 3])], serverCount: 4)
    #expect(throws: ReplayError.self) {
      try replay(merged, on: Self.narrow, options: ReplayOptions(pacing: .recorded))
    }
  }

  @Test func whatIsGivenUpHasPassedItsLimit() throws {
    let job = Self.sender(bytes: 100, iterations: 3, compute: 10)
    for limit in [1.0, 60, 105, 115, 200, 300] {
      let result = try replay(
        job, on: Self.narrow, options: ReplayOptions(giveUpAfterNanoseconds: limit))
      #expect(result.isAbandoned)
      #expect(result.completionNanoseconds > limit)
    }
  }

  @Test(arguments: 0..<40)
  func sendersOnOneLinkShareItLikeAProcessor(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 11)
    let count = 2 + random.below(3)
    let jobs = (0..<count).map { _ in
      SharedLink.Job(
        bytes: Double(1 + random.below(90)), iterations: 1 + random.below(5),
        compute: Double(random.below(60)))
    }
    let merged = try Workload.merging(
      jobs.enumerated().map { place, job in
        PlacedJob(
          Self.sender(
            bytes: Int64(job.bytes), iterations: job.iterations, compute: job.compute),
          servers: [place, count + place])
      }, serverCount: 2 * count)
    var fabric = Self.narrow
    fabric.electrical = FatTree(
      serversPerLeaf: count, leafOversubscription: Double(count), podOversubscription: 1)
    let result = try replay(merged, on: fabric)
    for (job, end) in zip(result.jobs, SharedLink.ends(of: jobs)) {
      #expect(abs(job.completionNanoseconds - end) < 1e-6 * end)
    }
    #expect(result.completionNanoseconds == result.jobs.map(\.completionNanoseconds).max())
    #expect(result.total.boundNanoseconds <= result.completionNanoseconds * (1 + 1e-9))
  }

  @Test(arguments: 0..<6)
  func jobsThatShareNothingEndExactlyAsAlone(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 12)
    let jobs = [
      Self.random(servers: 4, iterations: 1 + random.below(3), layers: 2, &random),
      Self.random(servers: 4, iterations: 1 + random.below(3), layers: 1, &random),
    ]
    let merged = try Workload.merging(
      [PlacedJob(jobs[0], servers: [0, 1, 2, 3]), PlacedJob(jobs[1], servers: [4, 5, 6, 7])],
      serverCount: 8)
    let delay = ReconfigurationDelay(name: "test", switchingNanoseconds: 50)
    for fabric in [
      unitFabric(nil, nics: 1),
      unitFabric(
        MixNetGreedy(.continue), optical: 2, nics: 4, servers: 4, sharing: .splitFair, delay: delay),
    ] {
      let together = try replay(merged, on: fabric)
      for (number, job) in together.jobs.enumerated() {
        let alone = try replay(merged.only(job: Int32(number)), on: fabric)
        var same = alone.total
        same.job = Int32(number)
        #expect(job == same)
        #expect(together.phases.filter { $0.job == number } == alone.phases)
        // The same servers, without those of the other job in the cluster.
        let small = try replay(jobs[number], on: fabric)
        #expect(job.completionNanoseconds == small.completionNanoseconds)
      }
      #expect(together.completionNanoseconds == together.jobs.map(\.completionNanoseconds).max())
      #expect(!together.notes.contains { $0.contains("take turns") })
    }
  }

  @Test(arguments: 0..<8)
  func jobsThatShareLinksStayAboveTheirBoundsWhicheverIsNamedFirst(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 13)
    let jobs = [
      PlacedJob(
        Self.random(servers: 4, iterations: 1 + random.below(3), layers: 2, &random),
        servers: [0, 2, 4, 6]),
      PlacedJob(
        Self.random(servers: 3, iterations: 1 + random.below(3), layers: 1, &random),
        servers: [1, 3, 5]),
      PlacedJob(
        Self.random(servers: 1, iterations: 1, layers: 1, &random), servers: [7]),
    ]
    let delay = ReconfigurationDelay(name: "test", switchingNanoseconds: 50)
    for fabric in [
      Self.narrow,
      unitFabric(
        MixNetGreedy(.continue), optical: 2, nics: 4, servers: 8, sharing: .exclusive,
        delay: delay),
    ] {
      let result = try replay(try Workload.merging(jobs, serverCount: 8), on: fabric)
      let turned = try replay(
        try Workload.merging([jobs[1], jobs[2], jobs[0]], serverCount: 8), on: fabric)
      #expect(result.jobs.map(\.job) == [0, 1, 2])
      #expect(result.total.boundNanoseconds <= result.completionNanoseconds * (1 + 1e-9))
      for (job, placed) in zip(result.jobs, jobs) {
        #expect(job.boundNanoseconds <= job.completionNanoseconds * (1 + 1e-9))
        let own = result.iterations.filter { $0.job == job.job }
        #expect(own.count == placed.workload.iterations.count)
        #expect(own.reduce(0) { $0 + $1.completionNanoseconds } == job.completionNanoseconds)
      }
      // One region serves jobs in the order in which they are named.
      guard fabric.optical == nil else {
        #expect(result.notes.contains { $0.contains("take turns") })
        continue
      }
      for (number, other) in [(0, 2), (1, 0), (2, 1)] {
        let (one, two) = (result.jobs[number], turned.jobs[other])
        #expect(
          abs(one.completionNanoseconds - two.completionNanoseconds)
            <= 1e-9 * one.completionNanoseconds)
        #expect(
          abs(one.boundNanoseconds - two.boundNanoseconds) <= 1e-9 * one.boundNanoseconds)
      }
      #expect(abs(result.bytes.total - turned.bytes.total) <= 1e-9 * result.bytes.total)
    }
  }

  @Test func stepsOfOneJobStandTogetherInEachIteration() throws {
    let own = Self.sender(bytes: 5, iterations: 2, compute: 0)
    let merged = try Workload.merging(
      [PlacedJob(own, firstServer: 0), PlacedJob(own, firstServer: 2)], serverCount: 4)
    var steps = merged.steps
    steps.swapAt(0, 1)
    let turned = Workload(
      grain: .server, layout: merged.layout, demands: merged.demands, steps: steps)
    #expect(throws: ReplayError.self) { try replay(turned, on: Self.narrow) }
  }
}

/// Jobs that send over one link of one byte per nanosecond, moment by moment.
private enum SharedLink {
  struct Job {
    var bytes: Double
    var iterations: Int
    var compute: Double
  }

  /// When each job has ended.
  static func ends(of jobs: [Job]) -> [Double] {
    var now = 0.0
    var iterationsLeft = jobs.map(\.iterations)
    var computeUntil = jobs.map(\.compute)
    var left = jobs.map(\.bytes)
    var ends = [Double](repeating: 0, count: jobs.count)
    while iterationsLeft.contains(where: { $0 > 0 }) {
      let active = jobs.indices.filter { iterationsLeft[$0] > 0 }
      let sending = active.filter { computeUntil[$0] <= now + 1e-9 }
      let next = active.filter { !sending.contains($0) }.map { computeUntil[$0] - now }
      let drained = sending.map { left[$0] * Double(sending.count) }
      let step = (next + drained).min() ?? 0
      now += step
      for job in sending {
        left[job] -= step / Double(sending.count)
        guard left[job] < 1e-9 else { continue }
        left[job] = jobs[job].bytes
        iterationsLeft[job] -= 1
        computeUntil[job] = now + jobs[job].compute
        ends[job] = now
      }
    }
    return ends
  }
}
