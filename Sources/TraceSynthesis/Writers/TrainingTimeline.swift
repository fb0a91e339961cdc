internal import TraceModel

/// The operations of one training job, in time: stages work through their micro-batches one forward,
/// one backward; activations travel while the stage goes on; the gradients of a layer are reduced
/// while lower layers still compute.
///
/// An iteration begins when every stage has ended the one before (clipping needs the norm of all
/// gradients) and the optimiser has run.
struct TrainingTimeline {
  /// One operation and who sends how much to whom, as ranks of the job.
  struct Entry {
    var operation: SynthesisedOperation
    var set: Int
    var flows: [(source: Int, destination: Int, bytes: Int64)]
  }

  private(set) var entries: [Entry] = []

  private let job: Int
  private let plan: SynthesisPlan
  private let parameters: CaptureParameters
  private let disturbance: TrainingDisturbance
  private var random: RandomStream
  private var stages: [Stage] = []
  private var iteration: Int32 = 0
  private var longestGap: Int64 = 0
  /// The part of the link that critical all-to-alls and sums get while others run beside them.
  private let criticalShare: Double
  private static let backgroundShare = 0.125

  /// What one pipeline stage has done in this iteration.
  private struct Stage {
    var clock: Int64
    /// When its gradient reductions, one after the other, have ended.
    var reduced: Int64
    /// When the last activations, and the last gradients of activations, have left.
    var sentForward: Int64
    var sentBackward: Int64
    var nextPass = 0
    /// When each micro-batch's input from the stage before, and from the one after, has come.
    var forwardInput: [Int64?]
    var backwardInput: [Int64?]
  }

  /// The queue pairs of a communicator, by what it is for.
  private enum Set: Int { case expert, dense, expertData, pipeline, tensor, count }

  init(
    _ job: TrainingJob, number: Int, parameters: CaptureParameters,
    disturbance: TrainingDisturbance
  ) throws {
    self.job = number
    plan = job.plan
    self.parameters = parameters
    self.disturbance = disturbance
    criticalShare = disturbance.hasOtherRoles ? 1 - 2 * Self.backgroundShare : 1
    random = RandomStream(seed: plan.seed, purpose: 0x7472_6169)
    var clock = parameters.startNanoseconds + job.delayNanoseconds
    let gate = TokenGate(plan)
    var nextID: Int32 = 0
    for iteration in 0..<plan.iterations {
      self.iteration = Int32(iteration)
      let workloads = try (0..<plan.microBatches).map { microBatch in
        var buffer = TraceBuffer()
        try synthesiseMicroBatch(
          plan, gate, iteration: iteration, microBatch: microBatch, nextID: &nextID, into: &buffer)
        return try Workload(
          trace: Trace(
            metadata: syntheticMetadata(plan), operations: buffer.operations,
            routing: buffer.routing),
          grain: .rank)
      }
      clock = run(workloads, from: clock)
      clock += jittered(max(parameters.iterationGapNanoseconds, 2 * longestGap))
    }
  }

  /// Between two operations on the same queue pairs, so that late flows of the first have ended.
  private var settling: Int64 { 50_000 + disturbance.startJitterNanoseconds }

  private var stageCount: Int { plan.layout.parallelism.pipeline }

  // MARK: Pipeline

  /// One iteration; returns when its last operation ends.
  private mutating func run(_ workloads: [Workload], from start: Int64) -> Int64 {
    let none = [Int64?](repeating: nil, count: workloads.count)
    let ready = [Int64?](repeating: start, count: workloads.count)
    stages = (0..<stageCount).map {
      Stage(
        clock: start, reduced: start, sentForward: start, sentBackward: start,
        forwardInput: $0 == 0 ? ready : none,
        backwardInput: $0 == stageCount - 1 ? ready : none)
    }
    let orders = (0..<stageCount).map {
      PipelineOrder.passes(
        ofStage: $0, stageCount: stageCount, microBatchCount: workloads.count)
    }
    var hasMoved = true
    while hasMoved {
      hasMoved = false
      for stage in 0..<stageCount where stages[stage].nextPass < orders[stage].count {
        let pass = orders[stage][stages[stage].nextPass]
        let input =
          pass.isBackward
          ? stages[stage].backwardInput[pass.microBatch]
          : stages[stage].forwardInput[pass.microBatch]
        guard let input else { continue }
        stages[stage].clock = max(stages[stage].clock, input)
        stages[stage].nextPass += 1
        run(pass, inStage: stage, of: workloads[pass.microBatch], isLast: workloads.count - 1)
        hasMoved = true
      }
    }
    return stages.reduce(start) { max($0, $1.clock, $1.reduced) }
  }

  private mutating func run(
    _ pass: PipelinePass, inStage stage: Int, of workload: Workload, isLast: Int
  ) {
    let steps = workload.steps.filter {
      Int($0.stage) == stage && $0.phase.isBackward == pass.isBackward
    }
    var first = 0
    var layer: Int32?
    while first < steps.count {
      let step = steps[first]
      let end =
        steps[first...].firstIndex { $0.layer != step.layer || $0.phase != step.phase }
        ?? steps.count
      if step.layer != layer { addTensorSum(before: step, inStage: stage) }
      layer = step.layer
      advance(stage, by: step.computeBeforeNanoseconds)
      let flows = flows(of: steps[first..<end], in: workload)
      stages[stage].clock = add(
        .expert, .expert, like: step, phase: step.phase, flows: flows, at: stages[stage].clock,
        share: criticalShare)
      if step.phase == .dispatchBackward, pass.microBatch == isLast {
        addReductions(ofLayer: step, inStage: stage, isLowest: end == steps.count)
      }
      first = end
    }
    guard disturbance.hasOtherRoles, let last = steps.last else { return }
    send(after: pass, like: last, from: stage)
  }

  private mutating func advance(_ stage: Int, by compute: Double) {
    let gap = max(Int64(compute.rounded()), parameters.minimumGapNanoseconds)
    longestGap = max(longestGap, gap)
    stages[stage].clock += jittered(gap)
  }

  private mutating func jittered(_ duration: Int64) -> Int64 {
    let factor = 1 + disturbance.computeJitter * (2 * random.unit() - 1)
    return Int64((Double(duration) * factor).rounded())
  }

  /// Activations to the next stage, or their gradients to the one before; the stage goes on.
  private mutating func send(after pass: PipelinePass, like step: Workload.Step, from stage: Int) {
    let receiver = stage + (pass.isBackward ? -1 : 1)
    guard stages.indices.contains(receiver), let sizes = plan.model.sizes else { return }
    let parallelism = plan.layout.parallelism
    let count = parallelism.stageRankCount
    let bytes =
      Int64(sizes.microBatchTokens) * Int64(plan.model.hiddenSize)
      * Int64(sizes.bytesPerActivation) / Int64(parallelism.tensor)
    let flows = (stage * count..<(stage + 1) * count).map {
      (source: $0, destination: $0 + (receiver - stage) * count, bytes: bytes)
    }
    let free = pass.isBackward ? stages[stage].sentBackward : stages[stage].sentForward
    let end = add(
      .pipeline, .pipeline, like: step, flows: flows, at: max(stages[stage].clock, free),
      share: Self.backgroundShare)
    if pass.isBackward {
      stages[stage].sentBackward = end + settling
      stages[receiver].backwardInput[pass.microBatch] = end
    } else {
      stages[stage].sentForward = end + settling
      stages[receiver].forwardInput[pass.microBatch] = end
    }
  }

  // MARK: Rings

  private mutating func addTensorSum(before step: Workload.Step, inStage stage: Int) {
    let parallelism = plan.layout.parallelism
    guard disturbance.hasOtherRoles, parallelism.tensor > 1, let sizes = plan.model.sizes,
      step.phase == .dispatchForward || step.phase == .combineBackward
    else { return }
    let flows = ring(
      inStage: stage, stride: 1, count: parallelism.tensor,
      bytes: Int64(sizes.microBatchTokens) * Int64(plan.model.hiddenSize)
        * Int64(sizes.bytesPerActivation))
    guard flows.contains(where: { domain($0.source) != domain($0.destination) }) else { return }
    // Half of the attention's compute comes before its sum, half after.
    advance(stage, by: step.computeBeforeNanoseconds / 2)
    stages[stage].clock = add(
      .tensor, .tensor, like: step, flows: flows, at: stages[stage].clock, share: criticalShare)
  }

  /// The gradients of one layer, as soon as its attention's backward pass has ended.
  private mutating func addReductions(
    ofLayer step: Workload.Step, inStage stage: Int, isLowest: Bool
  ) {
    guard disturbance.hasOtherRoles, let sizes = plan.model.sizes else { return }
    let parallelism = plan.layout.parallelism
    let compute = plan.model.compute.nanoseconds(before: .combineBackward)
    var start = max(
      stages[stage].reduced,
      stages[stage].clock + max(parameters.minimumGapNanoseconds / 2, Int64(compute / 2)))
    let hasTables = isLowest && stage == 0
    let dense =
      (sizes.denseParametersPerLayer + (hasTables ? sizes.embeddingParameters : 0))
      / parallelism.tensor
    let experts =
      plan.model.expertCount / parallelism.expert * sizes.parametersPerExpert
      / parallelism.expertTensor
    let rings: [(Set, Int, Int, Int)] = [
      (.dense, parallelism.tensor, parallelism.data, dense),
      (
        .expertData, parallelism.expert * parallelism.expertTensor, parallelism.expertData,
        experts
      ),
    ]
    for (set, stride, count, parameters) in rings where count > 1 && parameters > 0 {
      let flows = ring(
        inStage: stage, stride: stride, count: count,
        bytes: Int64(parameters) * Int64(sizes.bytesPerGradient))
      start = add(.data, set, like: step, flows: flows, at: start, share: Self.backgroundShare)
      start += settling
    }
    stages[stage].reduced = start
  }

  private func ring(
    inStage stage: Int, stride: Int, count: Int, bytes: Int64
  ) -> [(source: Int, destination: Int, bytes: Int64)] {
    var flows: [(source: Int, destination: Int, bytes: Int64)] = []
    let each = RingLowering.allReduceBytes(bytes, count: count)
    RingLowering.forEachNeighbour(
      inStage: stage, of: plan.layout.parallelism, stride: stride, count: count
    ) { flows.append((source: $0, destination: $1, bytes: each)) }
    return flows
  }

  // MARK: Entries

  private func flows(
    of steps: ArraySlice<Workload.Step>, in workload: Workload
  ) -> [(source: Int, destination: Int, bytes: Int64)] {
    var flows: [(source: Int, destination: Int, bytes: Int64)] = []
    for step in steps {
      workload.forEachPair(of: step) { source, destination, bytes in
        flows.append((source: source, destination: destination, bytes: bytes))
      }
    }
    return flows
  }

  /// Appends an operation that takes as long as its busiest NIC; returns when it ends.
  private mutating func add(
    _ role: Role, _ set: Set, like step: Workload.Step, phase: Phase = .unspecified,
    flows: [(source: Int, destination: Int, bytes: Int64)], at start: Int64, share: Double
  ) -> Int64 {
    let layout = plan.layout
    var sent = [Int64](repeating: 0, count: layout.nicCount)
    var received = sent
    let outside = flows.filter { domain($0.source) != domain($0.destination) && $0.bytes > 0 }
    for flow in outside {
      sent[nicOfRank(flow.source, in: layout)] += flow.bytes
      received[nicOfRank(flow.destination, in: layout)] += flow.bytes
    }
    let busiest = Double(max(sent.max() ?? 0, received.max() ?? 0))
    guard busiest > 0 else { return start }
    let duration = max(
      1_000, Int64(busiest * 8e9 / (parameters.linkBitsPerSecond * share)))
    entries.append(
      Entry(
        operation: SynthesisedOperation(
          job: job, role: role, phase: phase, iteration: iteration, microBatch: step.microBatch,
          layer: role == .expert ? step.layer : Operation.unknown, start: start,
          end: start + duration),
        set: job * Set.count.rawValue + set.rawValue, flows: outside))
    return start + duration
  }

  private func domain(_ rank: Int) -> Int {
    rank / plan.layout.gpusPerServer / plan.layout.serversPerScaleUpDomain
  }
}

/// The NIC through which a rank sends: GPU g of a server uses NIC g × NICs / GPUs.
func nicOfRank(_ rank: Int, in layout: Layout) -> Int {
  rank / layout.gpusPerServer * layout.nicsPerServer
    + rank % layout.gpusPerServer * layout.nicsPerServer / layout.gpusPerServer
}
