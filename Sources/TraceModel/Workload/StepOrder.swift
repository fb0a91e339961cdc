/// Steps by iteration, inside which they stand as they run.
///
/// Recorded start times decide when all steps of the workload have one; else the model's order:
/// the stages of the pipeline take their micro-batches one forward, one backward (`PipelineOrder`);
/// a forward pass runs through ascending layers (dispatch, combine), a backward pass through
/// descending ones; what names no phase stands last in its micro-batch. Where the stage of an
/// all-to-all is not known, or not among `stageCount`, there is one stage. Ties stand by operation
/// id. Whatever the order says, no step stands before one of its iteration that it names as a
/// predecessor.
package func sortedAsTheyRun(_ steps: [Workload.Step], stageCount: Int) -> [Workload.Step] {
  let haveTimes = steps.allSatisfy { $0.start != Operation.unknownTime }
  let haveStages = steps.allSatisfy {
    $0.phase == .unspecified || (0..<stageCount).contains(Int($0.stage))
  }
  let stages = haveStages ? stageCount : 1
  let first = steps.map(\.microBatch).min() ?? 0
  let sorted = steps.map { step in
    (
      key: haveTimes
        ? StepOrder(recorded: step)
        : StepOrder(modelled: step, firstMicroBatch: first, stageCount: stages),
      step: step
    )
  }
  .sorted { $0.key < $1.key }
  return sortedAfterPredecessors(sorted.map(\.step))
}

private struct StepOrder: Comparable {
  private let iteration: Int32
  /// Recorded start, or the slot of the pipeline's order.
  private let time: Int64
  private let pass: (stage: Int32, microBatch: Int32, kind: Int8)
  private let place: (layer: Int64, phase: UInt8)
  private let operation: Int32

  init(recorded step: Workload.Step) {
    self.init(step, time: step.start, stage: 0)
  }

  init(modelled step: Workload.Step, firstMicroBatch: Int32, stageCount: Int) {
    let stage = stageCount > 1 ? max(0, step.stage) : 0
    let pass = PipelinePass(
      microBatch: Int(step.microBatch) - Int(firstMicroBatch),
      isBackward: step.phase.isBackward || step.phase == .unspecified)
    let slot = PipelineOrder.slot(of: pass, inStage: Int(stage), stageCount: stageCount)
    self.init(step, time: Int64(slot), stage: stage)
  }

  private init(_ step: Workload.Step, time: Int64, stage: Int32) {
    iteration = step.iteration
    self.time = time
    pass = (
      stage, step.microBatch,
      step.phase == .unspecified ? 2 : step.phase.isBackward ? 1 : 0
    )
    let layer = Int64(step.layer)
    place = (step.phase.isBackward ? -layer : layer, step.phase.rawValue)
    operation = step.operation
  }

  static func < (left: StepOrder, right: StepOrder) -> Bool {
    if left.iteration != right.iteration { return left.iteration < right.iteration }
    if left.time != right.time { return left.time < right.time }
    if left.pass != right.pass { return left.pass < right.pass }
    if left.place != right.place { return left.place < right.place }
    return left.operation < right.operation
  }

  static func == (left: StepOrder, right: StepOrder) -> Bool {
    left.iteration == right.iteration && left.time == right.time && left.pass == right.pass
      && left.place == right.place && left.operation == right.operation
  }
}
