/// Steps by iteration and micro-batch, inside which they stand as they run.
///
/// Recorded start times decide when all steps of the workload have one; else the model's order:
/// forward through ascending layers (dispatch, combine), then backward through descending ones,
/// then what names no phase. Ties stand by group and operation id.
func sortedAsTheyRun(_ steps: [Workload.Step]) -> [Workload.Step] {
  let haveTimes = steps.allSatisfy { $0.start != Operation.unknownTime }
  return steps.map { (key: StepOrder($0, byTime: haveTimes), step: $0) }
    .sorted { $0.key < $1.key }
    .map(\.step)
}

private struct StepOrder: Comparable {
  private let iteration: Int32
  private let microBatch: Int32
  private let place: (start: Int64, pass: Int8, layer: Int64, phase: UInt8)
  private let tie: (group: Int32, operation: Int32)

  init(_ step: Workload.Step, byTime: Bool) {
    iteration = step.iteration
    microBatch = step.microBatch
    let layer = Int64(step.layer)
    place = (
      start: byTime ? step.start : 0,
      pass: step.phase == .unspecified ? 2 : step.phase.isBackward ? 1 : 0,
      layer: step.phase.isBackward ? -layer : layer,
      phase: step.phase.rawValue
    )
    tie = (step.group, step.operation)
  }

  static func < (left: StepOrder, right: StepOrder) -> Bool {
    if left.iteration != right.iteration { return left.iteration < right.iteration }
    if left.microBatch != right.microBatch { return left.microBatch < right.microBatch }
    if left.place != right.place { return left.place < right.place }
    return left.tie < right.tie
  }

  static func == (left: StepOrder, right: StepOrder) -> Bool {
    left.iteration == right.iteration && left.microBatch == right.microBatch
      && left.place == right.place && left.tie == right.tie
  }
}
