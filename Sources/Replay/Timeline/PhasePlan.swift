package import TraceModel

/// Operations that belong together: the same job, iteration, micro-batch, stage, layer, phase and role, all
/// groups; one row of a result.
package struct PlannedPhase: Sendable {
  /// The first of its steps; the others differ in group only.
  package var step: Workload.Step
  package var computeNanoseconds: Double
  /// Which distinct demand, in units of `scale` bytes.
  package var demand: Int
  package var scale: Double
  package var isExpert: Bool
  /// Its operations, one for each group.
  package var operations: [PlannedOperation]
  /// Their places among the workload's steps.
  package var steps: [Int]
  /// The phase whose demand the circuits are chosen for: itself at the start of a layer's forward or
  /// backward; -1 for traffic that never uses circuits.
  package var opener = -1
  /// True when a controller would choose circuits here.
  package var opensEpoch = false
}

/// One operation of a phase, as lower bounds see it.
package struct PlannedOperation: Sendable {
  package var computeNanoseconds: Double
  /// At one byte per unit.
  package var term: DemandTerm
  package var bytesPerUnit: Double
}

extension PlannedPhase {
  /// From the first recorded start of its operations to the last recorded end; nil without times.
  package func recordedNanoseconds(in workload: Workload) -> Double? {
    var (start, end) = (Int64.max, Int64.min)
    for step in steps.lazy.map({ workload.steps[$0] }) {
      guard step.start != Operation.unknownTime, step.end != Operation.unknownTime,
        step.end >= step.start
      else { return nil }
      start = min(start, step.start)
      end = max(end, step.end)
    }
    return steps.isEmpty ? nil : Double(end) - Double(start)
  }
}

/// The phases of a workload in the order of its steps, and the distinct demands among them.
///
/// Steps of one phase stand next to each other, so what one end does in a phase it does at once, and
/// no order of phases can make two ends wait for each other.
package struct PhasePlan: Sendable {
  package private(set) var phases: [PlannedPhase] = []
  /// Sorted terms of each distinct demand, their bytes per unit divided by what they share.
  package private(set) var demands: [[DemandTerm]] = []
  /// What steps wait for by name.
  let named: NamedSteps
  /// By opener, ascending: `phases + 1` offsets into the phases that keep its circuits.
  private var followerOffsets: [Int] = []
  private var followers: [Int] = []
  private var numberOf: [[DemandTerm]: Int] = [:]
  private let computeScale: Double

  /// - Parameters:
  ///   - iterations: nil for all.
  ///   - computeScale: what all compute times are multiplied by.
  package init(
    _ workload: Workload, iterations: ClosedRange<Int32>?, computeScale: Double = 1
  ) throws(ReplayError) {
    try Self.check(workload)
    self.computeScale = computeScale
    named = NamedSteps(workload)
    var batch: [Int] = []
    var groups = Set<Int32>()
    for (index, step) in workload.steps.enumerated()
    where iterations?.contains(step.iteration) ?? true {
      if let first = batch.first,
        !Self.belongTogether(workload.steps[first], step) || groups.contains(step.group)
          || named.steps(before: index).contains(where: { $0 >= first && $0 < index })
      {
        append(batch, of: workload)
        batch.removeAll()
        groups.removeAll()
      }
      batch.append(index)
      groups.insert(step.group)
    }
    if !batch.isEmpty { append(batch, of: workload) }
    markEpochs(of: workload)
    listFollowers()
  }

  /// Whether two steps of different groups are parts of one phase.
  private static func belongTogether(_ first: Workload.Step, _ step: Workload.Step) -> Bool {
    first.job == step.job && first.iteration == step.iteration
      && first.microBatch == step.microBatch
      && first.stage == step.stage && first.layer == step.layer && first.phase == step.phase
      && first.role == step.role
      && step.group != Operation.unknown
  }

  private mutating func append(_ steps: [Int], of workload: Workload) {
    let batch = steps.map { workload.steps[$0] }
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
        computeNanoseconds: batch.reduce(0) { max($0, $1.computeBeforeNanoseconds) } * computeScale,
        demand: number, scale: Double(divisor), isExpert: batch[0].role == .expert,
        operations: batch.map(operation), steps: steps))
  }

  private func operation(of step: Workload.Step) -> PlannedOperation {
    PlannedOperation(
      computeNanoseconds: step.computeBeforeNanoseconds * computeScale,
      term: DemandTerm(
        demand: step.demand, isTransposed: step.isTransposed, bytesPerUnit: 1,
        isExpert: step.role == .expert),
      bytesPerUnit: Double(step.bytesPerUnit))
  }

  /// Two logical reconfigurations per layer.
  ///
  /// Combine-forward keeps the circuits of its dispatch, and dispatch-backward those of its combine,
  /// whatever runs between them elsewhere: the n-th of a group's ones follow the n-th of its others.
  /// Where groups are unknown, the n-th of all follows the n-th of all.
  private mutating func markEpochs(of workload: Workload) {
    var passes: [LayerPass: Epochs] = [:]
    for index in phases.indices where phases[index].isExpert {
      let kind = phases[index].step.phase
      let keys = passKeys(of: phases[index], in: workload)
      let follows = kind == .combineForward || kind == .dispatchBackward
      let opened = follows ? keys.lazy.compactMap { passes[$0]?.opener }.first : nil
      phases[index].opener = opened ?? index
      phases[index].opensEpoch = opened == nil
      for key in keys {
        if opened != nil {
          passes[key]?.followerCount += 1
        } else if kind == .dispatchForward || kind == .combineBackward {
          passes[key, default: Epochs()].openers.append(index)
        }
      }
    }
  }

  /// The passes of a phase's groups, then that of all groups together.
  private func passKeys(of phase: PlannedPhase, in workload: Workload) -> [LayerPass] {
    let step = phase.step
    let groups = phase.steps.map { workload.steps[$0].group }.filter { $0 != Operation.unknown }
    return (groups + [Operation.unknown]).map {
      LayerPass(
        job: step.job, iteration: step.iteration, microBatch: step.microBatch, layer: step.layer,
        group: $0,
        isBackward: step.phase == .combineBackward || step.phase == .dispatchBackward)
    }
  }

  /// Lists each opener's phases (counting sort).
  private mutating func listFollowers() {
    followerOffsets = [Int](repeating: 0, count: phases.count + 1)
    for phase in phases where phase.opener >= 0 { followerOffsets[phase.opener + 1] += 1 }
    for phase in phases.indices { followerOffsets[phase + 1] += followerOffsets[phase] }
    var next = followerOffsets
    followers = [Int](repeating: 0, count: followerOffsets[phases.count])
    for (index, phase) in phases.enumerated() where phase.opener >= 0 {
      followers[next[phase.opener]] = index
      next[phase.opener] += 1
    }
  }

  /// The phases for which the circuits that one phase opens with are chosen, itself first.
  ///
  /// O(1).
  package func followers(of opener: Int) -> ArraySlice<Int> {
    followers[followerOffsets[opener]..<followerOffsets[opener + 1]]
  }

  /// The forward or backward pass of one layer, of one group or of all together.
  private struct LayerPass: Hashable {
    var job: Int32
    var iteration: Int32
    var microBatch: Int32
    var layer: Int32
    var group: Int32
    var isBackward: Bool
  }

  /// The phases that opened epochs of a pass so far, and how many have followed.
  private struct Epochs {
    var openers: [Int] = []
    var followerCount = 0

    /// Whom the next follower belongs to.
    var opener: Int? {
      followerCount < openers.count ? openers[followerCount] : openers.last
    }
  }

  private static func check(_ workload: Workload) throws(ReplayError) {
    let ends = workload.endpointCount
    var place = (iteration: Int32.min, job: Int32.min)
    for step in workload.steps {
      let name = "operation \(step.operation)"
      guard (step.iteration, step.job) >= place else {
        throw ReplayError(
          "iteration \(step.iteration) of job \(step.job) stands after iteration "
            + "\(place.iteration) of job \(place.job)", at: name,
          advice: "order the steps by iteration, then by job")
      }
      place = (step.iteration, step.job)
      guard (0..<workload.demands.count).contains(step.demand) else {
        throw ReplayError("it uses demand \(step.demand) of \(workload.demands.count)", at: name)
      }
      guard step.bytesPerUnit >= 0, step.computeBeforeNanoseconds >= 0,
        step.computeBeforeNanoseconds.isFinite
      else {
        throw ReplayError("negative bytes per unit or compute time", at: name)
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
