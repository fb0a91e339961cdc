import TraceModel

/// Four all-to-alls per layer of every expert group: layers are divided over the stages in blocks,
/// and each rank sends `bytes` to the next rank of its group.
func pipelinedTrace(
  _ layout: Layout, layers: Int, microBatches: Int, iterations: Int = 1, bytes: Int64 = 100,
  sizes: TrainingSizes? = nil
) -> Trace {
  let parallelism = layout.parallelism
  var trace = Trace(
    metadata: TraceMetadata(
      layout: layout,
      model: ExpertModel(
        name: "test", layerCount: layers, expertCount: parallelism.expert, topK: 1, hiddenSize: 8,
        sizes: sizes)))
  let groupsPerStage = parallelism.expertGroupCount / parallelism.pipeline
  var id: Int32 = 0
  for iteration in 0..<iterations {
    // Not in the order in which they run.
    for layer in (0..<layers).reversed() {
      let stage = layer * parallelism.pipeline / layers
      for microBatch in 0..<microBatches {
        for group in stage * groupsPerStage..<(stage + 1) * groupsPerStage {
          for phase in Phase.allToAlls.reversed() {
            trace.operations.append(
              Operation(
                id: id, kind: .allToAll, role: .expert, phase: phase, grain: .rank,
                iteration: Int32(iteration), microBatch: Int32(microBatch), stage: Int32(stage),
                layer: Int32(layer), group: Int32(group)))
            let ranks = parallelism.ranks(ofExpertGroup: group)
            for (place, rank) in ranks.enumerated() {
              trace.transfers.append(
                operation: id, source: Int32(rank),
                destination: Int32(ranks[(place + 1) % ranks.count]), bytes: bytes)
            }
            id += 1
          }
        }
      }
    }
  }
  return trace
}

/// Two stages of four servers with two GPUs: tensor 2, expert 2 in two replicas.
let pipelinedLayout = Layout(
  serverCount: 8, gpusPerServer: 2,
  parallelism: Parallelism(tensor: 2, expert: 2, pipeline: 2, data: 4))

extension Workload {
  /// The bytes that the steps of a role move, those inside an end included.
  func bytes(of role: Role) -> Int64 { matrix(of: steps.filter { $0.role == role }).total }
}
