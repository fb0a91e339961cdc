import Replay
import Testing
import TraceModel

@Suite struct BatchedStudyTests {
  static func study(
    compute: Double, overhead: Double, perByte: Double? = nil
  ) throws -> [Result<BatchedScore, ReplayError>] {
    var demand = TrafficMatrix(size: 2)
    demand[0, 1] = 1000
    demand[1, 0] = 500
    let workload = Workloads.oneGPUPerServer(
      [demand, demand], compute: compute, phases: [.dispatchForward, .combineForward])
    let layer = OpticalLayer(
      nicsPerServer: 1, scheduler: MixNetGreedy(.continue), regions: .contiguous(servers: 2),
      delay: .instant, duplex: .independent)
    let fabric = FabricSpecification(
      name: "two", summary: "", optical: layer, nicsPerServer: 1, nicBitsPerSecond: 8e9)
    return try compareBatches(
      [BirkhoffVonNeumann(.bottleneck), MixNetGreedy(.continue)], on: fabric, for: workload,
      overheadNanoseconds: overhead, nanosecondsPerByte: perByte)
  }

  /// One matching for 1000 B and back at 1 B/ns, the trace's compute of the busiest server between.
  @Test func aPassIsDispatchExpertsAndCombine() throws {
    let scores = try Self.study(compute: 300, overhead: 20)
    let score = try scores[0].get()
    #expect(score.batchCount == 2 || score.batchCount == 4)
    // All batches wait for the experts at least once; two layers follow each other.
    #expect(score.completionNanoseconds >= 2 * (1000 + 300 + 20 + 500) - 1e-6)
    #expect(score.computeBoundNanoseconds == 600 + Double(score.batchCount) * 20)
    #expect(scores[1].failure?.description.contains("batches") == true)
  }

  @Test func declaredComputeReplacesTheTraces() throws {
    let declared = try Self.study(compute: 300, overhead: 0, perByte: 2)[0].get()
    #expect(declared.computeBoundNanoseconds == 2 * 2 * 1000)
    #expect(throws: ReplayError.self) { try Self.study(compute: 0, overhead: 1) }
  }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
