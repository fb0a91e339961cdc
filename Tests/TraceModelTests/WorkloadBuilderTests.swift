import Foundation
import Testing
import TraceModel

@Suite struct WorkloadBuilderTests {
  private let layout = Layout(serverCount: 2, gpusPerServer: 2)

  private func model(compute: LayerCompute = LayerCompute()) -> ExpertModel {
    ExpertModel(
      name: "test", layerCount: 2, expertCount: 4, topK: 1, hiddenSize: 8,
      bytesPerToken: PhaseBytes(
        dispatchForward: 10, combineForward: 20, combineBackward: 30, dispatchBackward: 40),
      compute: compute)
  }

  /// One layer's four all-to-alls from one recorded dispatch: rank 0 sends 5 tokens to expert 3.
  private func routedTrace(model: ExpertModel?) -> Trace {
    var trace = Trace(metadata: TraceMetadata(layout: layout, model: model, routingUnit: .tokens))
    for (id, phase) in Phase.allToAlls.enumerated() {
      trace.operations.append(
        Operation(
          id: Int32(id), kind: .allToAll, role: .expert, phase: phase, grain: .rank, iteration: 0,
          microBatch: 0, layer: 0, group: 0, demandSource: 0))
    }
    trace.routing.append(operation: 0, sourceRank: 0, tokens: 5, expertSet: [3])
    return trace
  }

  private func captureTrace(grain: Grain = .nic) -> Trace {
    var trace = Trace(metadata: TraceMetadata(layout: layout))
    for (id, times) in [(0, (100, 200)), (1, (260, 300)), (2, (290, 400))] {
      trace.operations.append(
        Operation(
          id: Int32(id), kind: .allToAll, role: .expert, phase: .dispatchForward, grain: grain,
          iteration: 0, layer: Int32(id), start: Int64(times.0), end: Int64(times.1)))
      trace.transfers.append(
        operation: Int32(id), source: 0, destination: 3, bytes: id == 1 ? 7 : 100)
      trace.transfers.append(
        operation: Int32(id), source: 0, destination: 3, bytes: id == 1 ? 0 : 11)
    }
    return trace
  }

  @Test func derivedPhasesShareTheDispatchDemandAndTransposeIt() throws {
    let workload = try Workload(trace: routedTrace(model: model()), grain: .rank)
    #expect(workload.demands.count == 1)
    #expect(workload.steps.map(\.phase) == Phase.allToAlls)
    #expect(workload.steps.map(\.isTransposed) == [false, true, false, true])
    #expect(workload.steps.map(\.bytesPerUnit) == [10, 20, 30, 40])
    let matrices = workload.steps.map { workload.matrix(of: [$0]) }
    #expect(matrices[0][0, 3] == 50)
    #expect(matrices[1][3, 0] == 100)
    #expect(matrices[2][0, 3] == 150)
    #expect(matrices[3][3, 0] == 200)
    #expect(matrices.map(\.total) == [50, 100, 150, 200])
  }

  @Test func routingWithoutAModelAsksForOne() throws {
    let error = #expect(throws: WorkloadError.self) {
      try Workload(trace: routedTrace(model: nil))
    }
    #expect(error?.description.contains("Declare a model") == true)
    let workload = try Workload(trace: routedTrace(model: nil), tokensAsBytes: true)
    #expect(workload.steps.map(\.bytesPerUnit) == [1, 1, 1, 1])
    #expect(workload.matrix(of: workload.steps.prefix(1)).total == 5)
  }

  @Test func equalDemandsAreStoredOnceAndBytesAddUpByPair() throws {
    let workload = try Workload(trace: captureTrace())
    #expect(workload.grain == .nic)
    #expect(workload.demands.count == 2)
    #expect(workload.steps.map(\.demand) == [0, 1, 0])
    #expect(workload.matrix(of: workload.steps)[0, 3] == 111 + 7 + 111)
  }

  @Test func serversCanBeAskedForButNoGrainThatTheTraceDoesNotKnow() throws {
    let workload = try Workload(trace: captureTrace(), grain: .server)
    #expect(workload.endpointCount == 2)
    #expect(workload.matrix(of: workload.steps)[0, 1] == 229)
    #expect(throws: WorkloadError.self) { try Workload(trace: captureTrace(), grain: .rank) }
  }

  @Test func mixedGrainsBecomeServers() throws {
    var trace = captureTrace()
    trace.operations.append(
      Operation(id: 9, kind: .allReduce, role: .data, grain: .server, start: 500, end: 600))
    trace.transfers.append(operation: 9, source: 1, destination: 0, bytes: 1000)
    for grain in [nil, Grain.nic, .server] {
      let workload = try Workload(trace: trace, grain: grain)
      #expect(workload.grain == .server)
      #expect(workload.matrix(of: workload.steps)[1, 0] == 1000)
      #expect(workload.matrix(of: workload.steps)[0, 1] == 229)
    }
  }

  @Test func computeComesFromTheModelElseFromGapsElseIsZero() throws {
    let compute = LayerCompute(
      attentionForwardNanoseconds: 1, expertForwardNanoseconds: 2, expertBackwardNanoseconds: 3,
      attentionBackwardNanoseconds: 4)
    let declared = try Workload(trace: routedTrace(model: model(compute: compute)))
    #expect(declared.steps.map(\.computeBeforeNanoseconds) == [1, 2, 4, 3])
    #expect(declared.provenance["steps.computeBefore"]?.origin == .declared)
    let recorded = try Workload(trace: captureTrace())
    #expect(recorded.steps.map(\.computeBeforeNanoseconds) == [0, 60, 0])
    #expect(recorded.provenance["steps.computeBefore"]?.origin == .inferred)
    let unknown = try Workload(trace: routedTrace(model: model()))
    #expect(unknown.steps.map(\.computeBeforeNanoseconds) == [0, 0, 0, 0])
    #expect(unknown.provenance["steps.computeBefore"]?.origin == .absent)
  }

  /// One layer in which each of the four ranks routes `tokens` tokens; those of ranks below `skewed`
  /// go to expert 3, the others stay on their rank.
  private func scaledTrace(tokens: Int64, skewed: Int32 = 0, topK: Int = 1) -> Trace {
    var declared = model(
      compute: LayerCompute(
        attentionForwardNanoseconds: 100, expertForwardNanoseconds: 200,
        expertBackwardNanoseconds: 400, attentionBackwardNanoseconds: 300,
        referenceTokensPerRank: 1000))
    declared.topK = topK
    var trace = routedTrace(model: declared)
    trace.routing = RoutingTable()
    for rank in 0..<4 as Range<Int32> {
      trace.routing.append(
        operation: 0, sourceRank: rank, tokens: tokens,
        expertSet: [rank < skewed ? 3 : rank])
    }
    return trace
  }

  private func compute(_ trace: Trace) throws -> [Double] {
    try Workload(trace: trace).steps.map(\.computeBeforeNanoseconds)
  }

  @Test func halfTheTokensAreHalfTheCompute() throws {
    #expect(try compute(scaledTrace(tokens: 1000)) == [100, 200, 300, 400])
    #expect(try compute(scaledTrace(tokens: 500)) == [50, 100, 150, 200])
    let provenance = try Workload(trace: scaledTrace(tokens: 500)).provenance
    #expect(provenance["steps.computeBefore"]?.method.contains("scaled with tokens") == true)
    // A logged token may stand for two; a row of assignments is half a token when each has two.
    var sampled = scaledTrace(tokens: 500)
    sampled.metadata.model?.tokensPerLoggedToken = 2
    #expect(try compute(sampled) == [100, 200, 300, 400])
    #expect(try compute(scaledTrace(tokens: 1000, topK: 2)) == [50, 100, 150, 200])
  }

  @Test func skewedReceiversRaiseExpertComputeOnly() throws {
    #expect(try compute(scaledTrace(tokens: 1000, skewed: 3)) == [100, 800, 300, 1600])
  }

  @Test func aReferenceThatAnOlderTraceLacksIsNone() throws {
    let json = """
      {"attentionForwardNanoseconds": 1, "expertForwardNanoseconds": 2,
       "expertBackwardNanoseconds": 3, "attentionBackwardNanoseconds": 4}
      """
    let read = try JSONDecoder().decode(LayerCompute.self, from: Data(json.utf8))
    #expect(read.referenceTokensPerRank == 0 && read.expertForwardNanoseconds == 2)
  }

  @Test func sizesThatAnOlderTraceLacksAreNotDeclared() throws {
    var model = model()
    let old = try JSONEncoder().encode(model)
    #expect(try JSONDecoder().decode(ExpertModel.self, from: old).sizes == nil)
    model.sizes = TrainingSizes(
      microBatchTokens: 1, denseParametersPerLayer: 2, parametersPerExpert: 3)
    let new = try JSONEncoder().encode(model)
    #expect(try JSONDecoder().decode(ExpertModel.self, from: new) == model)
    model.sizes?.bytesPerGradient = 0
    #expect(model.defect?.contains("bytes_per_gradient") == true)
  }

  @Test func stepsStandAsTheyRun() throws {
    var trace = Trace(metadata: TraceMetadata(layout: layout, model: model()))
    var id: Int32 = 0
    // Written in an order that is wrong in every respect.
    for iteration in [1, 0] as [Int32] {
      for microBatch in [1, 0] as [Int32] {
        for phase in Phase.allToAlls.reversed() {
          for layer in [1, 0] as [Int32] {
            trace.operations.append(
              Operation(
                id: id, kind: .allToAll, role: .expert, phase: phase, grain: .rank,
                iteration: iteration, microBatch: microBatch, layer: layer))
            id += 1
          }
        }
      }
    }
    let steps = try Workload(trace: trace).steps
    let first = steps.prefix(8).map { "\($0.layer) \($0.phase.name)" }
    #expect(
      first == [
        "0 dispatch-forward", "0 combine-forward", "1 dispatch-forward", "1 combine-forward",
        "1 combine-backward", "1 dispatch-backward", "0 combine-backward", "0 dispatch-backward",
      ])
    #expect(steps.map(\.iteration) == (0..<32).map { Int32($0 / 16) })
    #expect(steps.map(\.microBatch) == (0..<32).map { Int32($0 / 8 % 2) })
  }

  @Test func rowsThatPointNowhereAreRefused() {
    var orphan = captureTrace()
    orphan.transfers.append(operation: 77, source: 0, destination: 1, bytes: 1)
    #expect(throws: WorkloadError.self) { try Workload(trace: orphan) }
    var outside = captureTrace()
    outside.transfers.append(operation: 0, source: 0, destination: 4, bytes: 1)
    #expect(throws: WorkloadError.self) { try Workload(trace: outside) }
    var twice = captureTrace()
    twice.operations.append(twice.operations.rows[0])
    #expect(throws: WorkloadError.self) { try Workload(trace: twice) }
    var sourceless = captureTrace()
    sourceless.operations.rows[0].demandSource = 50
    #expect(throws: WorkloadError.self) { try Workload(trace: sourceless) }
  }
}
