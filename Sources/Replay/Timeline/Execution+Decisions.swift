internal import TraceModel

/// What the controllers of the regions decide, and when they can.
extension Execution {
  mutating func lookAtRegions() throws(ReplayError) {
    guard !regionsToLookAt.isEmpty else { return }
    let wanted = regionsToLookAt.count == 1 ? regionsToLookAt : Set(regionsToLookAt).sorted()
    regionsToLookAt.removeAll(keepingCapacity: true)
    for region in wanted { try look(at: region) }
  }

  /// Opens the traffic of a region's next phases as far as the circuits allow.
  mutating func look(at region: Int) throws(ReplayError) {
    while regions[region].head < regions[region].items.count, !regions[region].isSwitching {
      let number = regions[region].head
      if regions[region].cycle != nil {
        leaveToCycle(number, in: region)
        continue
      }
      switch regions[region].items[number].stage {
      case .undecided:
        guard let decision = try decision(for: number, in: region) else { return }
        decisions[region].append(decision)
        if regions[region].items[number].sequence != nil {
          guard try beginSequence(number, in: region) else { continue }
          break
        }
        let current = regions[region].current
        regions[region].items[number].target = decision.target ?? current
        guard let target = decision.target, isChange(from: current, to: target) else {
          regions[region].current = decision.target ?? current
          try open(number, in: region)
          continue
        }
        try enter(.decided, number, in: region)
      case .decided, .switching: break
      case .open:
        guard try takeNextStep(number, in: region) else { return }
      }
      guard regions[region].circuitFlowsLeft == 0 else { return }
      try beginSwitching(to: number, in: region)
    }
  }

  private func isChange(from current: Int?, to target: Int) -> Bool {
    current != target
      || choices.delay(
        from: current, to: target, chargesFirst: options.chargesFirstConfiguration) != nil
  }

  /// What the controller does before a phase; nil while it cannot decide.
  private mutating func decision(
    for number: Int, in region: Int
  ) throws(ReplayError) -> CircuitDecision? {
    if let repeated, decisions[region].count < repeated[region].count {
      let decision = repeated[region][decisions[region].count]
      regions[region].items[number].opening = decision.opening
      guard canDecide(decision.opening, number, in: region) else { return nil }
      noteKnowledge(of: number, in: region)
      return decision
    }
    let item = regions[region].items[number]
    let isFirst = regions[region].current == nil
    let isSettled = !isFirst && (options.policy == .never || !dependsOnDemand)
    guard let opening = item.opening, !isSettled else {
      return CircuitDecision(target: nil, opening: nil)
    }
    if !dependsOnDemand {
      return CircuitDecision(target: choice(for: item, in: region), opening: .before)
    }
    if opening == .predicted, regions[region].items[number].gatesLeft == 0 {
      // The gate was faster than the controller: a guess would know the answer.
      regions[region].items[number].opening = .afterGate
      return try decision(for: number, in: region)
    }
    guard canDecide(opening, number, in: region) else { return nil }
    var target = choice(for: item, in: region)
    if opening == .predicted {
      guard let guess = forecasts.predict(phase: Int(item.phase), region: region, plan: plan)
      else {
        // Nothing to predict from: the gate says it.
        regions[region].items[number].opening = .afterGate
        return try decision(for: number, in: region)
      }
      target = choices.choose(for: guess)
    }
    noteKnowledge(of: number, in: region)
    guard let target else { return CircuitDecision(target: nil, opening: opening) }
    var takes = isFirst
    if !takes { takes = policyTakes(target, for: number, in: region) }
    return CircuitDecision(target: takes ? target : nil, opening: opening)
  }

  private var dependsOnDemand: Bool { network.fabric.optical?.scheduler.dependsOnDemand ?? false }

  private func canDecide(
    _ opening: RegionQueue.Opening?, _ number: Int, in region: Int
  ) -> Bool {
    switch opening {
    case nil: true
    case .afterGate: regions[region].items[number].gatesLeft == 0
    case .before, .predicted, .recalibration: regions[region].circuitFlowsLeft == 0
    }
  }

  private mutating func noteKnowledge(of number: Int, in region: Int) {
    if regions[region].items[number].opening == .afterGate {
      regions[region].items[number].knownAt = regions[region].items[number].lastGateAt
    }
  }

  /// What the scheduler would set up for a phase's own demand, or for that of its epoch.
  private func choice(for item: RegionQueue.Item, in region: Int) -> Int? {
    let phase = Int(item.phase)
    if let sequence = item.sequence { return choices[sequence: sequence].steps.first?.circuits }
    let opener = item.opening == .recalibration ? plan.phases[phase].opener : phase
    return choices.choice[plan.phases[opener].demand][region]
  }

  private mutating func policyTakes(
    _ target: Int, for number: Int, in region: Int
  ) -> Bool {
    switch options.policy {
    case .never: return false
    case .always, .predicted: return true
    case .threshold(let factor):
      return gain(of: target, forEpochsOf: [number], in: region)
        > factor * wait(for: target, number, in: region)
    case .hysteresis(let factor, let epochs):
      let items = regions[region].items
      let openers = (0...number).reversed().lazy.filter { items[$0].opening != nil }
      return gain(
        of: target, forEpochsOf: openers.prefix(max(1, epochs)).reversed(), in: region)
        > factor * wait(for: target, number, in: region)
    }
  }

  /// Nanoseconds that a region's bytes of some epochs would have saved on other circuits, each phase
  /// alone on the fabric; infinite when the last epoch cannot be served on the old ones at all.
  private mutating func gain(
    of target: Int, forEpochsOf numbers: [Int], in region: Int
  ) -> Double {
    guard let current = regions[region].current else { return .infinity }
    var gain = 0.0
    for number in numbers {
      for phase in plan.followers(of: Int(regions[region].items[number].phase)) {
        let planned = plan.phases[phase]
        let old = (try? choices.time(of: planned.demand, in: region, on: current)) ?? .infinity
        let new = (try? choices.time(of: planned.demand, in: region, on: target)) ?? .infinity
        if old.isFinite && new.isFinite {
          gain += (old - new) * planned.scale
        } else if number == numbers.last, old != new {
          return old == .infinity ? .infinity : -.infinity
        }
      }
    }
    return gain
  }

  /// For how long traffic would wait for a change that begins now: senders still computing do not.
  private func wait(for target: Int, _ number: Int, in region: Int) -> Double {
    let item = regions[region].items[number]
    let delay =
      choices.delay(
        from: regions[region].current, to: target, chargesFirst: options.chargesFirstConfiguration)
      ?? 0
    guard item.knownAt == -.infinity else { return delay }
    let earliest =
      senders(of: Int(item.phase), in: region).lazy
      .map { readyAt[$0] }.min() ?? .infinity
    return earliest < .infinity ? max(0, delay - max(0, earliest - now)) : delay
  }

  /// The parts of a phase on the servers of a region.
  func senders(of phase: Int, in region: Int) -> [Int] {
    let perServer = program.endsPerServer
    var parts: [Int] = []
    for server in network.regions[region] {
      parts += program.parts(of: phase, between: server * perServer, and: (server + 1) * perServer)
    }
    return parts
  }
}
