internal import TraceModel

/// Walks through the phases of a replay: compute, reconfigure, communicate.
struct Timeline {
  private let plan: PhasePlan
  private let options: ReplayOptions
  private let fabric: FabricSpecification
  private var solved: SolvedPhases
  private var traffic: LinkTraffic
  /// The circuits in place in each region; regions have switches, and histories, of their own.
  private var regions: RegionStates
  private var now = 0.0
  private var communicationTime = 0.0

  init(
    _ plan: PhasePlan, solved: SolvedPhases, fabric: FabricSpecification, options: ReplayOptions
  ) {
    self.plan = plan
    self.solved = solved
    self.fabric = fabric
    self.options = options
    traffic = LinkTraffic(solved.network)
    regions = RegionStates(count: solved.network.regions.count)
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
    for region in regions.current.indices { retire(region) }
    result.busiestLinks = traffic.busiest(
      options.busiestLinkCount, during: result.total.communicationNanoseconds)
  }

  /// What is asked for whatever happens on the way.
  private func foreseeable() -> [SolvedPhases.Key] {
    var current = regions.current
    var keys: [SolvedPhases.Key] = []
    for phase in plan.phases {
      if phase.opensEpoch, case .threshold = options.policy { return keys }
      if phase.opensEpoch {
        for (region, target) in solved.choice[phase.demand].enumerated() where target != nil {
          if options.policy == .always || current[region] == nil { current[region] = target }
        }
      }
      keys.append(key(phase, on: current))
    }
    return keys
  }

  private func key(_ phase: PlannedPhase, on current: [Int?]) -> SolvedPhases.Key {
    phase.isExpert && fabric.optical != nil
      ? solved.key(phase.demand, on: current)
      : SolvedPhases.Key(demand: phase.demand, circuits: nil)
  }

  private mutating func play(_ phase: PlannedPhase, at index: Int) throws(ReplayError)
    -> PhaseResult
  {
    let ready = now + phase.computeNanoseconds
    let change = phase.opensEpoch ? try reconfigure(for: phase, at: index, ready: ready) : Change()
    let wait = change.wait
    let outcome = try solved.outcome(key(phase, on: regions.current))
    let latency = outcome.bytes.total > 0 ? fabric.latencyNanoseconds : 0
    let duration = outcome.completion * phase.scale + latency
    let start = ready + wait
    now = start + duration
    if phase.isExpert {
      for region in solved.regionsWithDemand[phase.demand] { regions.idleSince[region] = now }
    }
    communicationTime += duration
    traffic.add(outcome, scale: phase.scale)
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
    row.hiddenNanoseconds = max(0, change.delay - wait)
    row.reconfiguredRegionCount = change.regionCount
    if phase.isExpert {
      row.circuitCount = regions.current.reduce(0) {
        $0 + ($1.map { solved.circuitCount[$0] } ?? 0)
      }
    }
    return row
  }

  /// What changing the circuits of some regions at once costs a phase.
  private struct Change {
    var wait = 0.0
    /// The longest of the regions' delays.
    var delay = 0.0
    var regionCount = 0
  }

  /// Decides about new circuits and sets them up.
  ///
  /// Regions without circuits take their first
  /// choice; for the others the policy decides, all together.
  private mutating func reconfigure(
    for phase: PlannedPhase, at index: Int, ready: Double
  ) throws(ReplayError) -> Change {
    let choice = solved.choice[phase.demand]
    let chosen = choice.indices.filter { choice[$0] != nil }
    let first = chosen.filter { regions.current[$0] == nil }
    var taken = first
    if first.count < chosen.count {
      let wait = change(of: chosen, to: choice, for: phase, ready: ready).wait
      let changes = try options.policy.changes { () throws(ReplayError) in
        try prospect(of: chosen, beside: first, to: choice, at: index, wait: wait)
      }
      if changes { taken = chosen }
    }
    let change = change(of: taken, to: choice, for: phase, ready: ready)
    for region in taken where regions.current[region] != choice[region] {
      retire(region)
      regions.current[region] = choice[region]
    }
    return change
  }

  private func change(
    of taken: [Int], to choice: [Int?], for phase: PlannedPhase, ready: Double
  ) -> Change {
    // A backward pass moves what its forward pass moved, so its demand is known long before; the
    // gate decides about a forward pass only just before it.
    let known = phase.step.phase == .combineBackward ? -Double.infinity : ready
    var change = Change()
    for region in taken {
      guard let target = choice[region], let delay = delay(of: region, to: target) else { continue }
      change.regionCount += 1
      change.delay = max(change.delay, delay)
      change.wait = max(change.wait, max(regions.idleSince[region], known) + delay - ready)
    }
    return change
  }

  /// What new circuits cost a region; nil when nothing is reconfigured.
  private func delay(of region: Int, to target: Int) -> Double? {
    guard let optical = fabric.optical else { return nil }
    let isStatic = !optical.scheduler.dependsOnDemand
    guard let old = regions.current[region] else {
      if isStatic || !options.chargesFirstConfiguration || solved.circuitCount[target] == 0 {
        return nil
      }
      return optical.delay.nanoseconds(forPairs: solved.circuitCount[target])
    }
    if old == target && (isStatic || optical.scope == .changedPortsOnly) { return nil }
    if solved.circuitCount[old] == 0 && solved.circuitCount[target] == 0 { return nil }
    return optical.delay.nanoseconds(
      forPairs: solved.matrices[target].newCircuits(since: solved.matrices[old]))
  }

  /// Notes what the circuits of a region could have carried, before they go.
  private mutating func retire(_ region: Int) {
    let time = regions.endTerm(of: region, at: communicationTime)
    if let circuits = regions.current[region] {
      traffic.addRoom(of: solved.matrices[circuits], region: region, during: time)
    }
  }

  /// The phases that one set of circuits would serve, on the old and on the new ones; `first` take
  /// theirs either way.
  private mutating func prospect(
    of chosen: [Int], beside first: [Int], to choice: [Int?], at index: Int, wait: Double
  ) throws(ReplayError) -> ReconfigurationPolicy.Prospect {
    var old = regions.current
    for region in first { old[region] = choice[region] }
    var new = old
    for region in chosen { new[region] = choice[region] }
    var prospect = ReconfigurationPolicy.Prospect(onOldCircuits: 0, onNewCircuits: 0, wait: wait)
    for follower in plan.followers(of: index) {
      let phase = plan.phases[follower]
      prospect.onOldCircuits +=
        try solved.outcome(key(phase, on: old)).completion * phase.scale
      prospect.onNewCircuits +=
        try solved.outcome(key(phase, on: new)).completion * phase.scale
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
    communicationBoundNanoseconds += row.bound.nanoseconds
    exposedNanoseconds += row.exposedNanoseconds
    hiddenNanoseconds += row.hiddenNanoseconds
    blockedNanoseconds += row.blockedNanoseconds
    if row.hasReconfigured { reconfigurations += 1 }
  }
}
