internal import TraceModel

/// Walks through the phases of a replay: compute, reconfigure, communicate.
struct Timeline {
  private let plan: PhasePlan
  private let options: ReplayOptions
  private let fabric: FabricSpecification
  private var solved: SolvedPhases
  private var traffic: LinkTraffic
  /// The circuits in place, as a number of `solved.circuitSets`.
  private var current: Int?
  private var now = 0.0
  /// Since when no bytes are on circuits.
  private var idleSince = 0.0

  init(
    _ plan: PhasePlan, solved: SolvedPhases, fabric: FabricSpecification, options: ReplayOptions
  ) {
    self.plan = plan
    self.solved = solved
    self.fabric = fabric
    self.options = options
    traffic = LinkTraffic(solved.network)
  }

  /// Fills in iterations, phases and totals of a result.
  mutating func run(into result: inout ReplayResult) throws(ReplayError) {
    try solved.prepare(foreseeable())
    for (index, phase) in plan.phases.enumerated() {
      if result.iterations.last?.iteration != phase.step.iteration {
        result.iterations.append(IterationResult(iteration: phase.step.iteration))
      }
      let row = try play(phase, at: index)
      result.phases.append(row)
      result.bytes.add(row.bytes, scale: 1)
      result.iterations[result.iterations.count - 1].add(row)
      result.total.add(row)
      if let limit = options.giveUpAfterNanoseconds, now > limit {
        result.isAbandoned = true
        break
      }
    }
    result.busiestLinks = traffic.busiest(
      options.busiestLinkCount, during: result.total.communicationNanoseconds)
  }

  /// What is asked for whatever happens on the way.
  private func foreseeable() -> [SolvedPhases.Key] {
    var circuits: Int?
    var keys: [SolvedPhases.Key] = []
    for phase in plan.phases {
      if let choice = solved.choice[phase.demand], phase.opensEpoch {
        switch options.policy {
        case .always: circuits = choice
        case .never: circuits = circuits ?? choice
        case .threshold: return keys
        }
      }
      keys.append(SolvedPhases.Key(demand: phase.demand, circuits: phase.isExpert ? circuits : nil))
    }
    return keys
  }

  private mutating func play(_ phase: PlannedPhase, at index: Int) throws(ReplayError)
    -> PhaseResult
  {
    let ready = now + phase.computeNanoseconds
    var wait = 0.0
    var delay: Double?
    if phase.opensEpoch, let target = solved.choice[phase.demand] {
      (wait, delay) = try reconfigure(to: target, for: phase, at: index, ready: ready)
    }
    let circuits = phase.isExpert ? current : nil
    let outcome = try solved.outcome(.init(demand: phase.demand, circuits: circuits))
    let latency = outcome.bytes.total > 0 ? fabric.latencyNanoseconds : 0
    let duration = outcome.completion * phase.scale + latency
    let start = ready + wait
    now = start + duration
    if circuits != nil { idleSince = now }
    traffic.add(outcome, scale: phase.scale, duration: duration)
    var bytes = CarriedBytes()
    bytes.add(outcome.bytes, scale: phase.scale)
    var bound = solved.bounds[phase.demand]
    bound.nanoseconds *= phase.scale
    var row = PhaseResult(
      iteration: phase.step.iteration, microBatch: phase.step.microBatch,
      layer: phase.step.layer, phase: phase.step.phase, role: phase.step.role,
      startNanoseconds: start, durationNanoseconds: duration,
      computeBeforeNanoseconds: phase.computeNanoseconds, bound: bound,
      circuitOptimumNanoseconds: outcome.optimum.map { $0 * phase.scale + latency }, bytes: bytes)
    row.blockedNanoseconds = wait
    // Phases run one after the other, so each wait moves everything after it by as much.
    row.exposedNanoseconds = wait
    row.hiddenNanoseconds = max(0, (delay ?? 0) - wait)
    row.hasReconfigured = delay != nil
    row.circuitCount = circuits.map { solved.circuitSets[$0].circuitCount } ?? 0
    return row
  }

  /// Decides about new circuits; returns how long traffic waits, and the delay if they change.
  private mutating func reconfigure(
    to target: Int, for phase: PlannedPhase, at index: Int, ready: Double
  ) throws(ReplayError) -> (wait: Double, delay: Double?) {
    guard let optical = fabric.optical else { return (0, nil) }
    let old = current
    let changed = solved.circuitSets[target].newCircuits(since: old.map { solved.circuitSets[$0] })
    let isFree =
      (old == nil && (!options.chargesFirstConfiguration || !optical.scheduler.dependsOnDemand))
    let isUnchanged =
      old == target && (optical.scope == .changedPortsOnly || !optical.scheduler.dependsOnDemand)
    let delay =
      isFree || isUnchanged ? 0 : optical.delay.nanoseconds(forPairs: changed)
    // A backward pass moves what its forward pass moved, so its demand is known long before; the
    // gate decides about a forward pass only just before it.
    let known = phase.step.phase == .combineBackward ? -Double.infinity : ready
    let wait = max(0, max(idleSince, known) + delay - ready)
    if let old {
      let policy = options.policy
      let changes = try policy.changes { () throws(ReplayError) in
        try prospect(from: old, to: target, at: index, wait: wait)
      }
      guard changes else { return (0, nil) }
    }
    current = target
    return delay > 0 || (old != target && !isFree) ? (wait, delay) : (0, nil)
  }

  /// The phases that one set of circuits would serve, on the old and on the new ones.
  private mutating func prospect(
    from old: Int, to target: Int, at index: Int, wait: Double
  ) throws(ReplayError) -> ReconfigurationPolicy.Prospect {
    var prospect = ReconfigurationPolicy.Prospect(onOldCircuits: 0, onNewCircuits: 0, wait: wait)
    for later in index..<plan.phases.count {
      let phase = plan.phases[later]
      if later > index && phase.opensEpoch { break }
      guard phase.isExpert else { continue }
      prospect.onOldCircuits +=
        try solved.outcome(.init(demand: phase.demand, circuits: old)).completion * phase.scale
      prospect.onNewCircuits +=
        try solved.outcome(.init(demand: phase.demand, circuits: target)).completion * phase.scale
    }
    return prospect
  }
}

extension IterationResult {
  /// Adds a phase that runs after those so far.
  fileprivate mutating func add(_ row: PhaseResult) {
    communicationNanoseconds += row.durationNanoseconds
    computeNanoseconds += row.computeBeforeNanoseconds
    completionNanoseconds +=
      row.computeBeforeNanoseconds + row.blockedNanoseconds + row.durationNanoseconds
    boundNanoseconds += row.computeBeforeNanoseconds + row.bound.nanoseconds
    exposedNanoseconds += row.exposedNanoseconds
    hiddenNanoseconds += row.hiddenNanoseconds
    blockedNanoseconds += row.blockedNanoseconds
    if row.hasReconfigured { reconfigurations += 1 }
  }
}
