internal import TraceFormat
public import TraceModel

/// Synthesises a trace of routing into a sink, one micro-batch after the other.
///
/// - Returns: the metadata that belongs to it.
/// - Complexity: O(tokens × experts per token); memory for one micro-batch.
public func synthesiseTrace(
  _ plan: SynthesisPlan, into sink: inout some TraceSink
) throws -> TraceMetadata {
  try plan.validate()
  let gate = TokenGate(plan)
  var nextID: Int32 = 0
  for iteration in 0..<plan.iterations {
    for microBatch in 0..<plan.microBatches {
      try synthesiseMicroBatch(
        plan, gate, iteration: iteration, microBatch: microBatch, nextID: &nextID, into: &sink)
    }
  }
  return syntheticMetadata(plan)
}

/// Synthesises a `.mixt` file.
public func synthesiseTraceFile(_ plan: SynthesisPlan, path: String) throws {
  try plan.validate()
  var writer = try TraceWriter(path: path, metadata: syntheticMetadata(plan))
  _ = try synthesiseTrace(plan, into: &writer)
  try writer.finish()
}

/// Operations and routing of one micro-batch of one iteration.
func synthesiseMicroBatch(
  _ plan: SynthesisPlan, _ gate: TokenGate, iteration: Int, microBatch: Int,
  nextID: inout Int32, into sink: inout some TraceSink
) throws {
  var batch = RoutingBatch()
  var layers: [RoutedLayer] = []
  var experts: [Int32] = []
  let topK = plan.model.topK
  for (position, layer) in plan.layers.enumerated() {
    let firstOfLayer = layers.count
    let stage = plan.stage(ofLayer: layer)
    let groupsPerStage = plan.layout.parallelism.expertGroupCount / plan.layout.parallelism.pipeline
    for group in stage * groupsPerStage..<(stage + 1) * groupsPerStage {
      layers.append(
        RoutedLayer(
          iteration: Int32(iteration), microBatch: Int32(microBatch), layer: Int32(layer),
          stage: Int32(stage), group: Int32(group)))
    }
    for rank in plan.ranks(ofLayer: layer) {
      gate.route(
        iteration: iteration, microBatch: microBatch, position: position, rank: rank,
        into: &experts)
      let group = plan.layout.parallelism.expertGroup(ofRank: rank) - stage * groupsPerStage
      let pair = batch.pair(operation: firstOfLayer + group, source: Int32(rank))
      sortTokens(&experts, topK: topK)
      batch.add(pair: pair, tokensOf: experts.span, topK: topK)
    }
  }
  var operations = OperationTable()
  let dispatches = appendAllToAlls(
    of: layers, hasBackward: true, nextID: &nextID, into: &operations)
  try sink.append(operations: operations)
  try sink.append(routing: batch.sorted(operations: dispatches))
}

private func sortTokens(_ experts: inout [Int32], topK: Int) {
  var span = experts.mutableSpan
  for first in stride(from: 0, to: span.count, by: topK) {
    _ = sortExperts(&span, in: first..<first + topK)
  }
}

/// The metadata of a synthetic trace: it never passes for a recorded one.
func syntheticMetadata(_ plan: SynthesisPlan) -> TraceMetadata {
  let synthetic = Provenance(.declared, method: "synthesised from the plan")
  return TraceMetadata(
    layout: plan.addressedLayout, model: plan.model, routingUnit: .tokens,
    provenance: [
      "operations.iteration": synthetic, "operations.microBatch": synthetic,
      "operations.layer": synthetic, "operations.phase": synthetic,
      "operations.start": Provenance(.absent, method: "a synthesised trace of routing has no time"),
      "routing.sourceRank": synthetic, "routing.tokens": synthetic, "model": synthetic,
      "layout": synthetic,
    ],
    notes: [plan.summary])
}
