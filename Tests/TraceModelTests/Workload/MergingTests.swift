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
