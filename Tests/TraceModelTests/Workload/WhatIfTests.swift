import Testing
import TraceModel

@Suite struct WhatIfTests {
  private func workload() throws -> Workload {
    var trace = pipelinedTrace(
      pipelinedLayout, layers: 4, microBatches: 1,
      sizes: TrainingSizes(
        microBatchTokens: 3, denseParametersPerLayer: 10, parametersPerExpert: 10))
    trace.metadata.model?.compute = LayerCompute(
      attentionForwardNanoseconds: 10, expertForwardNanoseconds: 20,
      expertBackwardNanoseconds: 40, attentionBackwardNanoseconds: 30)
    return try Workload(trace: trace, grain: .server).addingDeclaredTraffic()
  }

  @Test func computeScalesAndBytesStay() throws {
    let plain = try workload()
    let slow = try plain.scalingCompute(by: 1.5)
    #expect(
      slow.steps.map(\.computeBeforeNanoseconds)
        == plain.steps.map { $0.computeBeforeNanoseconds * 1.5 })
    #expect(slow.steps.contains { $0.computeBeforeNanoseconds == 60 })
    #expect(slow.demands == plain.demands)
    #expect(throws: WorkloadError.self) { try plain.scalingCompute(by: -1) }
    #expect(throws: WorkloadError.self) { try plain.scalingCompute(by: .nan) }
  }

  @Test func onlyExpertBytesScale() throws {
    let plain = try workload()
    let more = try plain.scalingExpertDemand(by: 2.5)
    #expect(more.bytes(of: .expert) == plain.bytes(of: .expert) * 5 / 2)
    for role in [Role.tensor, .pipeline, .data] {
      #expect(more.bytes(of: role) == plain.bytes(of: role))
    }
    #expect(try plain.scalingExpertDemand(by: 0).bytes(of: .expert) == 0)
    #expect(throws: WorkloadError.self) { try plain.scalingExpertDemand(by: .infinity) }
    #expect(throws: WorkloadError.self) { try plain.scalingExpertDemand(by: 1e300) }
  }

  @Test func movedServersKeepTheirPairs() throws {
    let plain = try workload()
    var random = RandomStream(seed: 3)
    let places = random.permutation(8)
    let moved = try plain.placingServers(places)
    for (step, other) in zip(plain.steps, moved.steps) {
      let (before, after) = (plain.matrix(of: [step]), moved.matrix(of: [other]))
      for source in 0..<8 {
        for destination in 0..<8 {
          #expect(before[source, destination] == after[places[source], places[destination]])
        }
      }
    }
    #expect(throws: WorkloadError.self) { try plain.placingServers([0, 1, 2, 3, 4, 5, 6, 6]) }
    #expect(throws: WorkloadError.self) { try plain.placingServers([0]) }
  }
}
