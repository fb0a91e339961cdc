import Foundation
import TestSupport
import Testing
import TraceModel
import TraceSynthesis

@Suite("Captures of whole training jobs")
struct TrainingCaptureTests {
  private func plan() -> SynthesisPlan {
    var plan = SynthesisPlan(preset: .mixtral8x7B, tokensPerRank: 64)
    plan.layout = Layout(
      serverCount: 8, gpusPerServer: 1,
      parallelism: Parallelism(expert: 4, pipeline: 2, data: 4))
    plan.layers = [0, 1]
    plan.sharesOutLayers = true
    plan.iterations = 2
    plan.microBatches = 2
    return plan
  }

  private func write(
    _ folder: URL, loss: Double = 0, hasOtherRoles: Bool = true
  ) throws -> (truth: SynthesisedTraining, bytes: Data) {
    var parameters = CaptureParameters()
    parameters.byteReduction = 4_096
    var disturbance = TrainingDisturbance()
    disturbance.lossShare = loss
    disturbance.hasOtherRoles = hasOtherRoles
    let file = folder.appendingPathComponent("a.pcap")
    let truth = try synthesiseTrainingCapture(
      [TrainingJob(plan())], on: plan().layout, parameters: parameters, disturbance: disturbance,
      path: file.path)
    return (truth, try Data(contentsOf: file))
  }

  @Test("each role has queue pairs of its own")
  func queuePairs() throws {
    try withScratchFolder { folder in
      let (truth, _) = try write(folder)
      var roles: [UInt64: Set<Role>] = [:]
      for flow in truth.flows {
        let key = UInt64(flow.destinationQueuePair) << 32 | UInt64(flow.destinationNIC)
        roles[key, default: []].insert(truth.operations[flow.operation].role)
      }
      #expect(roles.values.allSatisfy { $0.count == 1 })
      #expect(Set(roles.values.flatMap { $0 }) == [.expert, .pipeline, .data])
    }
  }

  @Test("reductions run beside the backward pass, and no iteration before the last one has ended")
  func times() throws {
    try withScratchFolder { folder in
      let (truth, _) = try write(folder)
      let operations = truth.operations
      let overlapping = operations.contains { reduction in
        reduction.role == .data
          && operations.contains {
            $0.role != .data && $0.start < reduction.end && reduction.start < $0.end
          }
      }
      #expect(overlapping)
      let first = operations.filter { $0.iteration == 0 }.map(\.end).max() ?? 0
      let second = operations.filter { $0.iteration == 1 }.map(\.start).min() ?? 0
      #expect(first < second)
      // One layer per stage, two micro-batches: dispatch and combine, forward and backward.
      #expect(operations.count { $0.role == .expert } == 2 * 2 * 2 * 4)
      #expect(operations.count { $0.role == .pipeline } == 2 * 2 * 2)
      #expect(operations.count { $0.role == .data } == 2 * 2)
    }
  }

  @Test("every rank of a ring sends the same amount, 2(N − 1)/N of the gradients")
  func rings() throws {
    try withScratchFolder { folder in
      let (truth, _) = try write(folder)
      let sizes = try #require(plan().model.sizes)
      // The upper stage holds no embedding.
      let gradients = Int64(sizes.denseParametersPerLayer) * Int64(sizes.bytesPerGradient)
      let expected = (gradients * 2 * 3 / 4 + 4_095) / 4_096
      let sent = truth.flows.filter {
        truth.operations[$0.operation].role == .data && $0.sourceNIC >= 4
      }.map(\.bytes)
      #expect(sent.count == 2 * 4)
      #expect(Set(sent) == [expected])
    }
  }

  @Test("the same jobs give the same file, and losses take their share of it")
  func losses() throws {
    try withScratchFolder { folder in
      let whole = try write(folder)
      #expect(try write(folder).bytes == whole.bytes)
      let lossy = try write(folder, loss: 0.1).truth
      #expect(lossy.operations == whole.truth.operations)
      #expect(lossy.packets + lossy.lostPackets == whole.truth.packets)
      let share = Double(lossy.lostPackets) / Double(whole.truth.packets)
      #expect(abs(share - 0.1) < 0.02)
      let alone = try write(folder, hasOtherRoles: false).truth
      #expect(Set(alone.operations.map(\.role)) == [.expert])
    }
  }

  @Test("ranks without a place on the fabric are refused")
  func placement() {
    #expect(throws: SynthesisError.self) {
      try synthesiseTrainingCapture(
        [TrainingJob(plan(), ranks: [0, 1])], on: plan().layout, parameters: CaptureParameters(),
        disturbance: TrainingDisturbance(), path: "/nowhere/a.pcap")
    }
  }
}
