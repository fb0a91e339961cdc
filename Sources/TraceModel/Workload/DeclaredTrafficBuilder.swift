/// Puts the steps of `Workload.addingDeclaredTraffic` between those of the experts.
struct DeclaredTrafficBuilder {
  private(set) var demands: DemandSet
  private(set) var steps: [Workload.Step] = []

  private let workload: Workload
  private let model: ExpertModel
  private let sizes: TrainingSizes
  private let traffic: DeclaredTraffic
  private let parallelism: Parallelism
  private var nextOperation: Int32
  /// Demands by what they join, made when first asked for.
  private var demandOfRings: [Rings: Int] = [:]
  private var demandOfLink: [StageLink: Int] = [:]
  /// What the iteration at hand has begun.
  ///
  /// Dependencies may interleave passes, and a pass that goes on has received its activations already.
  private var begun: Set<Beginning> = []

  /// A pass, or one layer of it.
  private struct Beginning: Hashable {
    var stage: Int32
    var microBatch: Int32
    var isBackward: Bool
    var layer: Int32?

    init(of step: Workload.Step, layer: Int32?) {
      (stage, microBatch, isBackward) = (step.stage, step.microBatch, step.phase.isBackward)
      self.layer = layer
    }
  }

  /// The groups of one stage whose ranks lie `stride` apart.
  private struct Rings: Hashable {
    var stage: Int
    var stride: Int
    var count: Int
  }

  private struct StageLink: Hashable {
    var from: Int
    var to: Int
  }

  /// Steps of one stage's pass through one micro-batch that stand together.
  private struct Pass {
    var steps: Range<Int>
    var stage: Int
    var microBatch: Int32
    var isBackward: Bool
    var slot: Int
  }

  init(_ workload: Workload, _ traffic: DeclaredTraffic) throws(WorkloadError) {
    (model, sizes) = try Self.checked(workload, traffic)
    self.workload = workload
    self.traffic = traffic
    demands = workload.demands
    parallelism = workload.layout.parallelism
    nextOperation = (workload.steps.map(\.operation).max() ?? -1) + 1
  }

  private static func checked(
    _ workload: Workload, _ traffic: DeclaredTraffic
  ) throws(WorkloadError) -> (ExpertModel, TrainingSizes) {
    guard let model = workload.model, let sizes = model.sizes else {
      throw WorkloadError(
        "the model's sizes are not declared, so nobody knows how much its ranks reduce and send",
        at: "model", advice: "Declare parameters per layer and expert, and tokens per micro-batch.")
    }
    if let defect = sizes.defect ?? workload.layout.defect {
      throw WorkloadError(defect, at: "model")
    }
    guard workload.grain != .nic else {
      throw WorkloadError(
        "declared traffic runs between ranks, and no rank is known by its NIC", at: "workload",
        advice: "Ask for the grain `rank` or `server`.")
    }
    guard (1...16).contains(traffic.tensorReductionsPerPass) else {
      throw WorkloadError(
        "\(traffic.tensorReductionsPerPass) tensor-parallel reductions per pass", at: "options")
    }
    let stages = 0..<workload.layout.parallelism.pipeline
    for step in workload.steps {
      let place = "operation \(step.operation)"
      guard step.role == .expert || step.role == .other else {
        throw WorkloadError("the workload has \(step.role.name) traffic of its own", at: place)
      }
      guard step.start == Operation.unknownTime else {
        throw WorkloadError(
          "it has a recorded time: what was recorded then need not be declared", at: place)
      }
      guard step.phase != .unspecified, stages.contains(Int(step.stage)) else {
        throw WorkloadError(
          "its stage and phase decide what runs before it, and one of them is not known",
          at: place, advice: "Declare the layout that the log was recorded on.")
      }
    }
    guard workload.steps.count <= Int(Int32.max) / 4 else {
      throw WorkloadError("\(workload.steps.count) steps are too many", at: "workload")
    }
    return (model, sizes)
  }

  /// Fills `steps`.
  mutating func addSteps() {
    let old = workload.steps
    var start = 0
    while start < old.count {
      let end =
        old[start...].firstIndex { $0.iteration != old[start].iteration } ?? old.count
      addIteration(start..<end)
      start = end
    }
  }

  private mutating func addIteration(_ range: Range<Int>) {
    begun.removeAll(keepingCapacity: true)
    let passes = passes(of: range)
    var start = 0
    while start < passes.count {
      let end = passes[start...].firstIndex { $0.slot != passes[start].slot } ?? passes.count
      // What a slot's passes wait for was sent before the slot began: a stage that sends and works
      // in one slot sends first.
      for pass in passes[start..<end] { addPipelineStep(into: pass) }
      for pass in passes[start..<end] { addSteps(of: pass) }
      start = end
    }
    if traffic.hasData { addDataSteps(of: workload.steps[range]) }
  }

  private func passes(of range: Range<Int>) -> [Pass] {
    var passes: [Pass] = []
    let steps = workload.steps
    let firstMicroBatch = steps[range].map(\.microBatch).min() ?? 0
    for index in range {
      let step = steps[index]
      let isBackward = step.phase.isBackward
      if let last = passes.last, last.stage == Int(step.stage),
        last.microBatch == step.microBatch, last.isBackward == isBackward
      {
        passes[passes.count - 1].steps = last.steps.lowerBound..<index + 1
      } else {
        let slot = PipelineOrder.slot(
          of: PipelinePass(
            microBatch: Int(step.microBatch) - Int(firstMicroBatch), isBackward: isBackward),
          inStage: Int(step.stage), stageCount: parallelism.pipeline)
        passes.append(
          Pass(
            steps: index..<index + 1, stage: Int(step.stage), microBatch: step.microBatch,
            isBackward: isBackward, slot: slot))
      }
    }
    return passes
  }

  // MARK: Pipeline

  private mutating func addPipelineStep(into pass: Pass) {
    let from = pass.stage + (pass.isBackward ? 1 : -1)
    let first = workload.steps[pass.steps.lowerBound]
    guard traffic.hasPipeline, (0..<parallelism.pipeline).contains(from),
      begun.insert(Beginning(of: first, layer: nil)).inserted
    else { return }
    let lanes = Int64(parallelism.tensor * parallelism.context)
    append(
      .sendReceive, .pipeline, like: first, layer: nil,
      demand: demand(of: StageLink(from: from, to: pass.stage)),
      bytesPerUnit: (activationBytes + lanes - 1) / lanes)
  }

  /// Activations between two layers, of one micro-batch in one data-parallel replica.
  private var activationBytes: Int64 {
    Int64(sizes.microBatchTokens) * Int64(model.hiddenSize) * Int64(sizes.bytesPerActivation)
  }

  // MARK: Tensor

  private mutating func addSteps(of pass: Pass) {
    for var step in workload.steps[pass.steps] {
      // The order of the steps says all that is known, and what is added joins that order.
      step.predecessors = []
      if begun.insert(Beginning(of: step, layer: step.layer)).inserted {
        addTensorStep(before: step, inStage: pass.stage)
      }
      steps.append(step)
    }
  }

  private mutating func addTensorStep(before step: Workload.Step, inStage stage: Int) {
    guard traffic.hasTensor, parallelism.tensor > 1 else { return }
    let demand = demand(of: Rings(stage: stage, stride: 1, count: parallelism.tensor))
    let context = Int64(parallelism.context)
    let bytes = RingLowering.allReduceBytes(
      (activationBytes + context - 1) / context, count: parallelism.tensor)
    append(
      .allReduce, .tensor, like: step, layer: step.layer, demand: demand,
      bytesPerUnit: bytes * Int64(traffic.tensorReductionsPerPass))
  }

  // MARK: Data

  /// Layers of a stage whose gradients are reduced together, and what must have run before.
  private struct Bucket {
    var layerCount: Int64
    var hasTables: Bool
    var predecessors: [Int32]
  }

  private mutating func addDataSteps(of iteration: ArraySlice<Workload.Step>) {
    for stage in 0..<parallelism.pipeline {
      let own = iteration.filter { Int($0.stage) == stage }
      guard let last = own.last else { continue }
      for bucket in traffic.overlapsBackward ? bucketsByLayer(own) : [wholeStage(own)] {
        addReductions(of: bucket, inStage: stage, like: last)
      }
    }
  }

  private func wholeStage(_ own: [Workload.Step]) -> Bucket {
    Bucket(layerCount: Int64(Set(own.map(\.layer)).count), hasTables: true, predecessors: [])
  }

  /// One layer each, in the order in which their last backward passes end; the lowest one takes the
  /// tables along.
  private func bucketsByLayer(_ own: [Workload.Step]) -> [Bucket] {
    let last = own.filter { $0.phase.isBackward }.map(\.microBatch).max()
    let layers = Set(own.map(\.layer)).sorted(by: >)
    return layers.map { layer in
      let operations = own.filter {
        $0.layer == layer && $0.microBatch == last && $0.phase.isBackward
      }
      let closing = operations.map(\.phase.rawValue).max()
      return Bucket(
        layerCount: 1, hasTables: layer == layers.last,
        predecessors: operations.filter { $0.phase.rawValue == closing }.map(\.operation).sorted())
    }
  }

  private mutating func addReductions(
    of bucket: Bucket, inStage stage: Int, like last: Workload.Step
  ) {
    addReduction(
      of: denseParameters(of: bucket, inStage: stage), after: bucket, like: last,
      Rings(
        stage: stage, stride: parallelism.tensor, count: parallelism.context * parallelism.data))
    let expertsPerRank = (model.expertCount + parallelism.expert - 1) / parallelism.expert
    let lanes = Int64(parallelism.expertTensor)
    let parameters = bucket.layerCount * Int64(expertsPerRank) * Int64(sizes.parametersPerExpert)
    addReduction(
      of: (parameters + lanes - 1) / lanes, after: bucket, like: last,
      Rings(
        stage: stage, stride: parallelism.expert * parallelism.expertTensor,
        count: parallelism.expertData))
  }

  /// Dense parameters of one rank.
  private func denseParameters(of bucket: Bucket, inStage stage: Int) -> Int64 {
    let tables =
      bucket.hasTables ? (stage == 0 ? 1 : 0) + (stage == parallelism.pipeline - 1 ? 1 : 0) : 0
    let all =
      bucket.layerCount * Int64(sizes.denseParametersPerLayer)
      + Int64(tables) * Int64(sizes.embeddingParameters)
    let lanes = Int64(parallelism.tensor)
    return (all + lanes - 1) / lanes
  }

  private mutating func addReduction(
    of parameters: Int64, after bucket: Bucket, like last: Workload.Step, _ rings: Rings
  ) {
    guard rings.count > 1, parameters > 0 else { return }
    let bytes = parameters * Int64(sizes.bytesPerGradient)
    append(
      .allReduce, .data, like: last, layer: nil, demand: demand(of: rings),
      bytesPerUnit: RingLowering.allReduceBytes(bytes, count: rings.count),
      predecessors: bucket.predecessors)
  }

  // MARK: Steps and demands

  private mutating func append(
    _ kind: OperationKind, _ role: Role, like step: Workload.Step, layer: Int32?, demand: Int,
    bytesPerUnit: Int64, predecessors: [Int32] = []
  ) {
    steps.append(
      Workload.Step(
        operation: nextOperation, kind: kind, role: role, phase: .unspecified,
        iteration: step.iteration, microBatch: step.microBatch, stage: step.stage,
        layer: layer ?? Operation.unknown, demand: demand, bytesPerUnit: bytesPerUnit,
        predecessors: predecessors))
    nextOperation += 1
  }

  /// One unit from each rank to its neighbour.
  private mutating func demand(of rings: Rings) -> Int {
    if let known = demandOfRings[rings] { return known }
    var sums = PairSums()
    RingLowering.forEachNeighbour(
      inStage: rings.stage, of: parallelism, stride: rings.stride, count: rings.count
    ) { sums.add(1, from: end(ofRank: $0), to: end(ofRank: $1)) }
    let demand = append(sums)
    demandOfRings[rings] = demand
    return demand
  }

  /// One unit from each rank of a stage to the rank with its place in another.
  private mutating func demand(of link: StageLink) -> Int {
    if let known = demandOfLink[link] { return known }
    let count = parallelism.stageRankCount
    var sums = PairSums()
    for rank in link.from * count..<(link.from + 1) * count {
      let partner = rank + (link.to - link.from) * count
      sums.add(1, from: end(ofRank: rank), to: end(ofRank: partner))
    }
    let demand = append(sums)
    demandOfLink[link] = demand
    return demand
  }

  private mutating func append(_ sums: PairSums) -> Int {
    let columns = sums.columns()
    return demands.append(
      source: columns.source, destination: columns.destination, amount: columns.amount)
  }

  private func end(ofRank rank: Int) -> Int {
    workload.grain == .rank ? rank : workload.layout.server(of: rank, at: .rank)
  }
}
