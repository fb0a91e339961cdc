import Testing
import TraceModel

@Suite struct MergingTests {
  private func job(_ bytes: Int64, microBatches: Int = 1) throws -> Workload {
    try Workload(
      trace: pipelinedTrace(pipelinedLayout, layers: 2, microBatches: microBatches, bytes: bytes),
      grain: .server)
  }

  @Test func jobsKeepTheirBytesAndShareNoPairOperationOrGroup() throws {
    let jobs = [
      PlacedJob(try job(100), servers: [15, 2, 4, 6, 8, 10, 12, 0]),
      PlacedJob(try job(7, microBatches: 2), servers: [1, 3, 5, 7, 9, 11, 13, 14]),
    ]
    let merged = try Workload.merging(jobs, serverCount: 17)
    let matrix = merged.matrix(of: merged.steps)
    let whole = jobs.map { $0.workload.matrix(of: $0.workload.steps) }
    #expect(matrix.total == whole[0].total + whole[1].total)
    for (job, own) in zip(jobs, whole) {
      for source in 0..<8 {
        for destination in 0..<8 {
          #expect(
            matrix[job.servers[source], job.servers[destination]] == own[source, destination])
        }
      }
    }
    for source in jobs[0].servers {
      for destination in jobs[1].servers {
        #expect(matrix[source, destination] == 0 && matrix[destination, source] == 0)
      }
    }
    #expect(Set(merged.steps.map(\.operation)).count == merged.steps.count)
    let split = jobs[0].workload.steps.count
    #expect(
      Set(merged.steps[..<split].map(\.group))
        .isDisjoint(with: merged.steps[split...].map(\.group)))
    #expect(merged.steps.map(\.role) == jobs.flatMap { $0.workload.steps.map(\.role) })
    #expect(merged.layout.serverCount == 17 && merged.layout.defect == nil)
  }

  @Test func sizesThatAllJobsShareAreTheClusters() throws {
    let merged = try Workload.merging(
      [PlacedJob(try job(1), firstServer: 8), PlacedJob(try job(1), firstServer: 0)],
      serverCount: 16)
    #expect(merged.layout.parallelism == Parallelism(tensor: 2, expert: 2, pipeline: 1, data: 16))
    #expect(merged.model == (try job(1)).model)
  }

  @Test func iterationsOfAllJobsStandTogetherAndInOrder() throws {
    let two = try Workload(
      trace: pipelinedTrace(pipelinedLayout, layers: 2, microBatches: 1, iterations: 2),
      grain: .server)
    let merged = try Workload.merging(
      [PlacedJob(two, firstServer: 0), PlacedJob(two, firstServer: 8)], serverCount: 16)
    #expect(merged.steps.map(\.iteration) == merged.steps.map(\.iteration).sorted())
    let phases = merged.steps.filter { $0.operation < Int32(two.steps.count) }.map(\.phase)
    #expect(phases == two.steps.map(\.phase))
  }

  @Test func jobsStartTogetherWhateverTheirIterationsAreCalled() throws {
    func iterations(_ first: [Int32], _ second: [Int32]) throws -> [[Int32]] {
      let jobs = try [first, second].enumerated().map { place, numbers in
        PlacedJob(try numbered(iterations: numbers), firstServer: 8 * place)
      }
      let merged = try Workload.merging(jobs, serverCount: 16)
      let split = merged.layout.serverCount / 2
      return [true, false].map { isFirst in
        merged.steps.filter { step in
          var own = false
          merged.forEachPair(of: step) { source, _, _ in own = (source < split) == isFirst }
          return own
        }.map(\.iteration)
      }
    }
    #expect(try iterations([0, 1], [0, 1]) == [[0, 1], [0, 1]])
    #expect(try iterations([3, 4], [70, 90, 91]) == [[3, 4], [3, 4, 5]])
    let unknown = Operation.unknown
    #expect(try iterations([unknown], [unknown]) == [[unknown], [unknown]])
    #expect(try iterations([unknown], [4, 5]) == [[0], [0, 1]])
    #expect(throws: WorkloadError.self) { try iterations([Int32.max], [0, 1]) }
  }

  /// One step of two servers in each iteration.
  private func numbered(
    iterations: [Int32], operations: [Int32]? = nil, groups: [Int32]? = nil,
    predecessors: [[Int32]]? = nil
  ) throws -> Workload {
    var demands = DemandSet()
    let demand = demands.append(source: [0], destination: [1], amount: [5])
    return Workload(
      grain: .server, layout: try job(1).layout, demands: demands,
      steps: iterations.enumerated().map { place, iteration in
        .init(
          operation: operations?[place] ?? Int32(place), kind: .allToAll, role: .expert,
          phase: .dispatchForward, iteration: iteration, layer: Int32(place),
          group: groups?[place] ?? 0, demand: demand, predecessors: predecessors?[place] ?? [])
      })
  }

  @Test func negativeAndMissingNumbersBelongToTheirJobOnly() throws {
    let own = try numbered(
      iterations: [0, 0, 0], operations: [-7, Operation.unknown, 4],
      groups: [-3, Operation.unknown, 2],
      predecessors: [[], [-7], [9, Operation.unknown]])
    let merged = try Workload.merging(
      [PlacedJob(own, firstServer: 0), PlacedJob(own, firstServer: 8)], serverCount: 16)
    let (first, second) = (merged.steps[..<3], merged.steps[3...])
    func ids(_ steps: ArraySlice<Workload.Step>) -> Set<Int32> {
      Set(steps.map(\.operation) + steps.flatMap(\.predecessors))
    }
    // Four ids in each, one of them of no operation.
    #expect(ids(first).count == 4 && ids(second).count == 4)
    #expect(ids(first).isDisjoint(with: ids(second)))
    for steps in [first, second] {
      let steps = Array(steps)
      #expect(steps[1].predecessors == [steps[0].operation])
      #expect(steps[2].predecessors.last == steps[1].operation)
      #expect(steps[1].group == Operation.unknown)
    }
    #expect(Set([0, 2, 3, 5].map { merged.steps[$0].group }).count == 4)
    // What does not fit is refused, not wrapped.
    let large = try numbered(iterations: [0], operations: [Int32.max])
    #expect(throws: WorkloadError.self) {
      try Workload.merging(
        [PlacedJob(large, firstServer: 0), PlacedJob(large, firstServer: 8)], serverCount: 16)
    }
  }

  @Test func placementsThatCannotBeAreRefused() throws {
    let own = try job(1)
    let ranks = try Workload(
      trace: pipelinedTrace(pipelinedLayout, layers: 2, microBatches: 1), grain: .rank)
    let wrong: [[PlacedJob]] = [
      [], [PlacedJob(own, servers: [0, 1])], [PlacedJob(own, firstServer: 9)],
      [PlacedJob(own, firstServer: -1)], [PlacedJob(own, firstServer: Int.max)],
      [PlacedJob(own, firstServer: 0), PlacedJob(own, firstServer: 7)],
      [PlacedJob(own, firstServer: 0), PlacedJob(ranks, firstServer: 8)],
    ]
    for jobs in wrong {
      #expect(throws: WorkloadError.self) { try Workload.merging(jobs, serverCount: 16) }
    }
  }
}
