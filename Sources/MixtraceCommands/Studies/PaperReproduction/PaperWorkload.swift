internal import TraceModel

/// One iteration of a paper's model: its all-to-alls, pipeline sends and gradient reductions.
struct PaperWorkload: Sendable {
  private let paper: PaperModel
  private let inputs: PaperInputs
  private let demand: PaperDemand
  private let layout: Layout
  /// One layer in each stage.
  private let model: ExpertModel

  init(_ paper: PaperModel, demand: PaperDemand, inputs: PaperInputs) {
    self.paper = paper
    self.demand = demand
    self.inputs = inputs
    let replicas = paper.replicasReplayed(inputs.replicas)
    layout = paper.layout(replicas: replicas)
    var model = paper.replayedModel(replicas: replicas)
    model.sizes?.bytesPerGradient = inputs.bytesPerGradient
    self.model = model
  }

  /// The iteration, one layer of each stage, with compute as estimated; scale it with `Workload.scalingCompute`.
  func workload() throws -> Workload {
    var demands = DemandSet()
    let numbers = try appendDemands(to: &demands)
    let steps = sortedAsTheyRun(
      steps(demandOfLayer: numbers), stageCount: layout.parallelism.pipeline)
    return try Workload(
      grain: .rank, layout: layout, model: model, demands: demands, steps: steps
    ).addingDeclaredTraffic(DeclaredTraffic(overlapsBackward: inputs.overlapsGradients))
  }

  /// One demand for each distinct matrix and each expert group that uses it.
  private func appendDemands(to demands: inout DemandSet) throws -> [[Int]] {
    let parallelism = layout.parallelism
    var random = RandomStream(seed: inputs.seed, purpose: 0x6C61_6265)
    var known: [Int: [Int]] = [:]
    return try (0..<model.layerCount).map { layer in
      let stage = stage(ofLayer: layer)
      if let numbers = known[stage], !inputs.relabelsExpertsOfEachLayer { return numbers }
      let own = inputs.relabelsExpertsOfEachLayer ? demand.relabelled(&random) : demand
      let numbers = try groups(inStage: stage).map { group in
        try append(own.matrix, between: parallelism.ranks(ofExpertGroup: group), to: &demands)
      }
      known[stage] = numbers
      return numbers
    }
  }

  /// Appends the bytes that the assignments of a matrix stand for.
  private func append(
    _ matrix: TrafficMatrix, between ranks: [Int], to demands: inout DemandSet
  ) throws -> Int {
    var source: [Int32] = []
    var destination: [Int32] = []
    var amount: [Int64] = []
    for row in 0..<matrix.size {
      for column in 0..<matrix.size where matrix[row, column] > 0 {
        source.append(Int32(ranks[row]))
        destination.append(Int32(ranks[column]))
        let bytes = (Double(matrix[row, column]) * bytesPerAssignment).rounded()
        guard bytes >= 1 else {
          throw VerbError(
            "\(paper.name): \(matrix[row, column]) assignments of the \(demand.origin) come to less "
              + "than a byte")
        }
        amount.append(Int64(bytes))
      }
    }
    return demands.append(source: source, destination: destination, amount: amount)
  }

  private func steps(demandOfLayer: [[Int]]) -> [Workload.Step] {
    var steps: [Workload.Step] = []
    let microBatches = layout.parallelism.pipeline * inputs.microBatchesPerStage
    for microBatch in 0..<microBatches {
      for layer in 0..<model.layerCount {
        let stage = stage(ofLayer: layer)
        for phase in Phase.allToAlls {
          for (group, demand) in zip(groups(inStage: stage), demandOfLayer[layer]) {
            steps.append(
              Workload.Step(
                operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
                iteration: 0, microBatch: Int32(microBatch), stage: Int32(stage),
                layer: Int32(layer), group: Int32(group), demand: demand,
                isTransposed: phase.runsFromExperts,
                computeBeforeNanoseconds: compute.nanoseconds(before: phase)))
          }
        }
      }
    }
    return steps
  }

  /// Bytes of one entry of the matrix, whose rows add up to more or fewer assignments than the end's.
  private var bytesPerAssignment: Double {
    let assignments = Double(paper.tokensPerEnd * model.topK)
    let bytes = assignments * Double(model.bytesPerToken.dispatchForward)
    return bytes * inputs.capacityFactor / Double(max(1, demand.assignmentsPerEnd))
  }

  /// The estimate by operations, or the same sum divided otherwise.
  private var compute: LayerCompute {
    var compute = model.compute
    guard let share = inputs.attentionShare else { return compute }
    let forward = compute.attentionForwardNanoseconds + compute.expertForwardNanoseconds
    let backward = compute.attentionBackwardNanoseconds + compute.expertBackwardNanoseconds
    compute.attentionForwardNanoseconds = forward * share
    compute.expertForwardNanoseconds = forward * (1 - share)
    compute.attentionBackwardNanoseconds = backward * share
    compute.expertBackwardNanoseconds = backward * (1 - share)
    return compute
  }

  /// Layers are divided evenly in their order.
  private func stage(ofLayer layer: Int) -> Int {
    layer * layout.parallelism.pipeline / model.layerCount
  }

  private func groups(inStage stage: Int) -> Range<Int> {
    let parallelism = layout.parallelism
    let perStage = parallelism.expertGroupCount / parallelism.pipeline
    return stage * perStage..<(stage + 1) * perStage
  }
}
