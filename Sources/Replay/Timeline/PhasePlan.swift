package import TraceModel

/// Operations that run together: the same iteration, micro-batch, layer and phase, all groups.
package struct PlannedPhase: Sendable {
  /// The first of its steps; the others differ in group only.
  package var step: Workload.Step
  package var computeNanoseconds: Double
  /// Which distinct demand, in units of `scale` bytes.
  package var demand: Int
  package var scale: Double
  package var isExpert: Bool
  /// True when a controller would choose circuits here: the start of a layer's forward or backward.
  package var opensEpoch = false
}

/// The phases of a workload in the order in which they run, and the distinct demands among them.
package struct PhasePlan: Sendable {
  package private(set) var phases: [PlannedPhase] = []
  /// Sorted terms of each distinct demand, their bytes per unit divided by what they share.
  package private(set) var demands: [[DemandTerm]] = []
  private var numberOf: [[DemandTerm]: Int] = [:]

  package init(_ workload: Workload, iterations: ClosedRange<Int32>?) throws(ReplayError) {
    try Self.check(workload)
    var batch: [Workload.Step] = []
    for step in workload.steps where iterations?.contains(step.iteration) ?? true {
      if let first = batch.first, !Self.runTogether(first, step, batch) {
        append(batch)
        batch.removeAll()
      }
      batch.append(step)
    }
    if !batch.isEmpty { append(batch) }
    markEpochs()
  }

  private static func runTogether(
    _ first: Workload.Step, _ step: Workload.Step, _ batch: [Workload.Step]
  ) -> Bool {
    first.iteration == step.iteration && first.microBatch == step.microBatch
      && first.layer == step.layer && first.phase == step.phase && first.role == step.role
      && step.group != Operation.unknown && !batch.contains { $0.group == step.group }
  }

  private mutating func append(_ batch: [Workload.Step]) {
    let divisor = max(1, batch.reduce(0) { Self.greatestCommonDivisor($0, $1.bytesPerUnit) })
    let terms = batch.map {
      DemandTerm(
        demand: $0.demand, isTransposed: $0.isTransposed, bytesPerUnit: $0.bytesPerUnit / divisor,
        isExpert: $0.role == .expert)
    }.sorted()
    let number = numberOf[terms] ?? demands.count
    if number == demands.count {
      numberOf[terms] = number
      demands.append(terms)
    }
    phases.append(
      PlannedPhase(
        step: batch[0],
        computeNanoseconds: batch.reduce(0) { max($0, $1.computeBeforeNanoseconds) },
        demand: number, scale: Double(divisor), isExpert: batch[0].role == .expert))
  }

  /// Two logical reconfigurations per layer: combine-forward keeps the circuits of its dispatch, and
  /// dispatch-backward those of its combine.
  private mutating func markEpochs() {
    var previous: Workload.Step?
    for index in phases.indices where phases[index].isExpert {
      let step = phases[index].step
      let follows =
        switch step.phase {
        case .combineForward: Phase.dispatchForward
        case .dispatchBackward: Phase.combineBackward
        case .unspecified, .dispatchForward, .combineBackward: Phase.unspecified
        }
      let continues =
        previous.map {
          follows != .unspecified && $0.phase == follows && $0.iteration == step.iteration
            && $0.microBatch == step.microBatch && $0.layer == step.layer
        } ?? false
      phases[index].opensEpoch = !continues
      previous = step
    }
  }

  private static func check(_ workload: Workload) throws(ReplayError) {
    let ends = workload.endpointCount
    for step in workload.steps {
      let place = "operation \(step.operation)"
      guard (0..<workload.demands.count).contains(step.demand) else {
        throw ReplayError("it uses demand \(step.demand) of \(workload.demands.count)", at: place)
      }
      guard step.bytesPerUnit >= 0, step.computeBeforeNanoseconds >= 0,
        step.computeBeforeNanoseconds.isFinite
      else {
        throw ReplayError("negative bytes per unit or compute time", at: place)
      }
    }
    for demand in 0..<workload.demands.count {
      for row in workload.demands.pairs(of: demand) {
        let source = Int(workload.demands.source[row])
        let destination = Int(workload.demands.destination[row])
        guard (0..<ends).contains(source), (0..<ends).contains(destination) else {
          throw ReplayError(
            "it joins \(source) → \(destination), but the layout has \(ends) \(workload.grain.name)s",
            at: "demand \(demand)", advice: "the layout must be the one that the trace came from")
        }
        guard workload.demands.amount[row] >= 0 else {
          throw ReplayError("\(source) → \(destination) is negative", at: "demand \(demand)")
        }
      }
    }
  }

  private static func greatestCommonDivisor(_ left: Int64, _ right: Int64) -> Int64 {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }
}
