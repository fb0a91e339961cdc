import Testing
import TraceModel

@Suite struct WorkloadLimitsTests {
  private func trace(of amounts: [[Int64]]) -> Trace {
    var trace = Trace(metadata: TraceMetadata(layout: Layout(serverCount: 4, gpusPerServer: 1)))
    for (id, bytes) in amounts.enumerated() {
      trace.operations.append(
        Operation(id: Int32(id), kind: .allToAll, role: .expert, grain: .rank, iteration: 0))
      for (place, amount) in bytes.enumerated() {
        trace.transfers.append(
          operation: Int32(id), source: 0, destination: Int32(1 + place % 3), bytes: amount)
      }
    }
    return trace
  }

  private static let tooMany: [[[Int64]]] = [
    [[.max, 1]], [[.max / 2, .max / 2, .max / 2]], [[.max / 2], [.max / 2], [2]],
    [[.max / 2, 0, 0, .max / 2, 0, 0, 2]],
  ]

  @Test(arguments: tooMany)
  func moreBytesThanANumberHoldsAreRefused(amounts: [[Int64]]) {
    let error = #expect(throws: WorkloadError.self) { try Workload(trace: trace(of: amounts)) }
    #expect(error?.message.contains("64 bits") == true)
  }

  @Test func whatANumberHoldsIsSummed() throws {
    let workload = try Workload(trace: trace(of: [[.max / 2], [.max / 2, 0]]))
    #expect(workload.matrix(of: workload.steps)[0, 1] == Int64.max / 2 * 2)
    #expect(workload.matrix(of: workload.steps).total == Int64.max / 2 * 2)
  }

  @Test func matricesOfTooManyEndsAreRefused() throws {
    var trace = trace(of: [[5]])
    trace.metadata.layout = Layout(serverCount: 8_192, gpusPerServer: 8)
    let workload = try Workload(trace: trace)
    let error = #expect(throws: WorkloadError.self) { try workload.requireDenseMatrix() }
    #expect(error?.message.contains("65536 × 65536 ranks takes 32 GiB") == true)
    #expect(error?.advice?.contains("--grain server") == true)
    try workload.requireDenseMatrix(at: .server)
  }
}
