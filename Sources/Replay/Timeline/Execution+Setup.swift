internal import TraceModel

extension Execution {
  init(
    _ plan: PhasePlan, of workload: Workload, on network: FabricNetwork, options: ReplayOptions
  ) throws(ReplayError) {
    let terms = plan.demands
    let demands = parallelMap(count: terms.count) { PhaseDemand(terms[$0], of: workload) }
    for demand in demands { try network.checkReachable(demand) }
    let openers = plan.phases.filter { $0.opensEpoch }.map(\.demand)
    self.plan = plan
    self.network = network
    self.options = options
    let paths = try PathTable(demands, on: network)
    self.paths = paths
    bounds = parallelMap(count: demands.count) {
      lowerBound(of: demands[$0], on: network, paths: paths)
    }
    recorded = plan.phases.map { $0.recordedNanoseconds(in: workload) }
    program = Program(plan, of: workload)
    shards = Shards(
      program, jobOfPhase: plan.phases.map(\.step.job), paths: paths, on: network)
    let hasSequences = network.fabric.followsDemand && network.fabric.changesCircuitsDuringPhases
    choices = CircuitChoices(
      demands, on: network,
      schedules: network.fabric.optical == nil || hasSequences ? [] : Set(openers))
    if let optical = network.fabric.optical, hasSequences {
      choices.addSequences(for: plan, optical)
    }
    regionsOfDemand = parallelMap(count: demands.count) {
      demands[$0].regionsWithDemand(on: network)
    }
    forecasts = Forecasts(options.predictor, demandCount: demands.count, on: network)
    hasDelays = true
    repeated = nil
    session = FlowSession(linkCapacity: network.links.capacity, batching: options.batching)
    predecessorsLeft = program.predecessorCount
    receiptsLeft = [Int32](repeating: 0, count: program.partCount)
    readyAt = [Double](repeating: .infinity, count: program.partCount)
    lastReceipt = [Double](repeating: 0, count: program.partCount)
    hasRun = [Bool](repeating: false, count: program.partCount)
    partOfEnd = [Int32](repeating: -1, count: shards.ofEnd.count)
    records = plan.phases.map { _ in PhaseRecord() }
    rows = [PhaseFlows?](repeating: nil, count: plan.phases.count)
    traffic = LinkTraffic(network)
    decisions = network.regions.map { _ in [] }
    addIterations()
    addItems()
  }

  /// A run of the same program without delays, with the same circuits for every phase.
  ///
  /// Circuits that a prediction asked for are known to the run that was played only.
  func repeating(_ played: Execution) -> Execution {
    Execution(self, repeating: played)
  }

  /// Whether anything can be otherwise without delays.
  var hasWaitedForCircuits: Bool {
    records.contains { $0.delay > 0 } || regions.contains { ($0.cycle?.darkNanoseconds ?? 0) > 0 }
  }

  private init(_ other: Execution, repeating played: Execution) {
    plan = other.plan
    program = other.program
    paths = other.paths
    shards = other.shards
    suspended = other.suspended
    partOfEnd = other.partOfEnd
    options = other.options
    network = other.network
    bounds = other.bounds
    recorded = other.recorded
    choices = played.choices
    hasDelays = false
    repeated = played.decisions
    session = other.session
    predecessorsLeft = other.predecessorsLeft
    receiptsLeft = other.receiptsLeft
    readyAt = other.readyAt
    lastReceipt = other.lastReceipt
    hasRun = other.hasRun
    records = other.records
    rows = other.rows
    regions = other.regions
    for region in regions.indices where regions[region].cycle != nil {
      regions[region].cycle = choices.cycle(of: region, hasDelays: false)
    }
    itemOffsets = other.itemOffsets
    itemOfRegion = other.itemOfRegion
    regionsOfDemand = other.regionsOfDemand
    self.decisions = other.decisions
    forecasts = other.forecasts
    traffic = other.traffic
    iterations = other.iterations
  }

  private mutating func addIterations() {
    for (phase, planned) in plan.phases.enumerated() {
      let parts = program.parts(of: phase).count
      records[phase].partsLeft = parts
      records[phase].circuits = regionsOfDemand[planned.demand].map { _ in nil }
      let isSame = iterations.last.map {
        $0.iteration == planned.step.iteration && $0.job == planned.step.job
      }
      if isSame == true {
        let first = iterations[iterations.count - 1].phases.lowerBound
        iterations[iterations.count - 1].phases = first..<phase + 1
        iterations[iterations.count - 1].partsLeft += parts
      } else {
        iterations.append(
          IterationSpan(
            job: planned.step.job, iteration: planned.step.iteration, phases: phase..<phase + 1,
            partsLeft: parts))
      }
    }
  }

  /// Queues every phase at the regions whose circuits it could use.
  private mutating func addItems() {
    regions = network.regions.map { _ in RegionQueue() }
    for region in regions.indices {
      regions[region].cycle = choices.cycle(of: region, hasDelays: hasDelays)
    }
    for (phase, planned) in plan.phases.enumerated() {
      for region in regionsOfDemand[planned.demand] {
        itemOfRegion.append(Int32(regions[region].items.count))
        var item = RegionQueue.Item(phase: Int32(phase), opening: opening(of: planned))
        item.sequence = choices.sequence(of: phase, in: region)
        if item.sequence != nil { item.opening = openingOfSequence(for: planned) }
        regions[region].items.append(item)
      }
      itemOffsets.append(itemOfRegion.count)
    }
    suspended = [SuspendedShard](repeating: SuspendedShard(), count: shards.count)
    for region in regions.indices where !regions[region].items.isEmpty {
      let shard = shards.ofEnd[network.regions[region][0] * program.endsPerServer]
      suspended[Int(shard)].regions.append(region)
    }
  }

  /// Configurations that follow each other leave nothing for the next phase: each has its own.
  private func openingOfSequence(for phase: PlannedPhase) -> RegionQueue.Opening {
    switch phase.step.phase {
    case .combineForward, .combineBackward, .dispatchBackward: .before
    case .unspecified, .dispatchForward: .afterGate
    }
  }

  private func opening(of phase: PlannedPhase) -> RegionQueue.Opening? {
    if phase.opensEpoch {
      if phase.step.phase == .combineBackward { return .before }
      if case .predicted = options.policy { return .predicted }
      return .afterGate
    }
    if case .predicted(recalibrates: true) = options.policy, phase.step.phase == .combineForward {
      return .recalibration
    }
    return nil
  }
}
