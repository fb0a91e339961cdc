internal import HeapModule
internal import TraceModel

/// Circuits as events: who waits for them, when they change, what they carry.
extension Execution {
  // MARK: Gates

  /// Counts the senders whose gates must run before a region's demand in a phase is known.
  mutating func countGates(of phase: Int, _ flows: PhaseFlows) {
    guard !network.regions.isEmpty else { return }
    let parts = program.parts(of: phase)
    for part in parts
    where flows.rows(ofPartAt: part - parts.lowerBound).contains(where: {
      paths.region[Int(flows.pair[$0])] >= 0
    }) {
      let region = region(ofPart: part)
      let item = item(of: phase, in: region)
      regions[region].items[item].gatesLeft = (regions[region].items[item].gatesLeft ?? 0) + 1
    }
  }

  /// The region of the server on which a part runs.
  private func region(ofPart part: Int) -> Int {
    Int(network.region[Int(program.partEnd[part]) / program.endsPerServer])
  }

  /// Number of a phase's item among those of a region.
  func item(of phase: Int, in region: Int) -> Int {
    let list = regionsOfDemand[plan.phases[phase].demand]
    // Mostly all regions have some.
    if region < list.count, list[region] == region {
      return Int(itemOfRegion[itemOffsets[phase] + region])
    }
    var range = list.indices
    while range.count > 1 {
      let middle = (range.lowerBound + range.upperBound) / 2
      range =
        list[middle] <= region ? middle..<range.upperBound : range.lowerBound..<middle
    }
    return Int(itemOfRegion[itemOffsets[phase] + range.lowerBound])
  }

  /// A part with bytes for circuits is ready: it sends what may go, the rest waits.
  mutating func sendRegional(part: Int, phase: Int) throws(ReplayError) {
    let region = region(ofPart: part)
    let number = item(of: phase, in: region)
    regions[region].items[number].gatesLeft! -= 1
    if regions[region].items[number].gatesLeft == 0 {
      regions[region].items[number].lastGateAt = now
      forecasts.observe(phase: phase, region: region, plan: plan, choices: choices)
    }
    regions[region].items[number].waiting.append(Int32(part))
    let stage = regions[region].items[number].stage
    try release(part: part, item: number, of: region, above: .undecided, upTo: stage)
    if stage == .open, !hasStepsLeft(number, in: region) {
      regions[region].items[number].waiting.removeLast()
    }
    regionsToLookAt.append(region)
  }

  // MARK: Changing

  mutating func beginSwitching(to number: Int, in region: Int) throws(ReplayError) {
    guard let target = regions[region].items[number].target else { return }
    let delay = delay(ofChangingTo: target, for: number, in: region)
    noteChange(taking: delay, for: number, in: region)
    retireCircuits(of: region)
    regions[region].old = regions[region].current
    regions[region].current = target
    guard let delay, delay > 0, hasDelays else { return try finishSwitching(number, in: region) }
    regions[region].isSwitching = true
    if network.fabric.optical?.scope == .changedPortsOnly, let old = regions[region].old {
      setCapacities(
        in: region, cells: zip(choices.matrices[old].cells, choices.matrices[target].cells).map(min)
      )
      try enter(.switching, number, in: region)
    }
    events.insert(Event(time: now + delay, kind: .circuitsUp, number: Int32(region)))
  }

  /// Nanoseconds until a phase's circuits are up; nil when nothing is reconfigured before they are.
  private func delay(ofChangingTo target: Int, for number: Int, in region: Int) -> Double? {
    if let sequence = regions[region].items[number].sequence, choices[sequence: sequence].isLaidOut
    {
      return nil
    }
    return choices.delay(
      from: regions[region].current, to: target, chargesFirst: options.chargesFirstConfiguration)
  }

  private mutating func noteChange(taking delay: Double?, for number: Int, in region: Int) {
    let item = regions[region].items[number]
    let phase = Int(item.phase)
    let dark = item.sequence.map { choices[sequence: $0].steps[item.step].darkNanoseconds }
    guard let wait = delay ?? dark.flatMap({ $0 > 0 ? $0 : nil }) else { return }
    if item.changes == 0 { records[phase].reconfiguredRegionCount += 1 }
    regions[region].items[number].changes += 1
    regions[region].items[number].changeBeganAt = now
    regions[region].items[number].delay += wait
    records[phase].delay = max(records[phase].delay, item.delay + wait)
  }

  mutating func circuitsUp(in region: Int) throws(ReplayError) {
    regions[region].isSwitching = false
    try finishSwitching(regions[region].head, in: region)
    regionsToLookAt.append(region)
  }

  private mutating func finishSwitching(_ number: Int, in region: Int) throws(ReplayError) {
    if let target = regions[region].current {
      setCapacities(in: region, cells: choices.matrices[target].cells)
    }
    try open(number, in: region)
  }

  private mutating func setCapacities(in region: Int, cells: [Int32]) {
    for (cell, link) in regions[region].links.enumerated() where link >= 0 {
      session.setCapacity(Double(cells[cell]) * regions[region].linkRate[cell], of: link)
    }
  }

  /// Notes what the circuits of a region could have carried, before they go.
  mutating func retireCircuits(of region: Int) {
    if let circuits = regions[region].current, now > regions[region].placedAt {
      traffic.addPlacement(
        of: choices.matrices[circuits], region: region, from: regions[region].placedAt, to: now)
    }
    regions[region].placedAt = max(regions[region].placedAt, now)
  }

  // MARK: Letting traffic go

  mutating func open(_ number: Int, in region: Int) throws(ReplayError) {
    try enter(.open, number, in: region)
    regions[region].circuitFlowsLeft += Int(regions[region].items[number].circuitFlowsLeft)
    let phase = Int(regions[region].items[number].phase)
    let place = regionsOfDemand[plan.phases[phase].demand].firstIndex(of: region) ?? 0
    // Of a sequence the first that are any.
    if records[phase].circuits[place].map({ choices.circuitCount[$0] == 0 }) ?? true {
      records[phase].circuits[place] = regions[region].current
    }
    if hasStepsLeft(number, in: region) {
      endStep(number, in: region)
    } else {
      regions[region].items[number].waiting = []
      regions[region].items[number].rowsByCell = nil
      regions[region].head += 1
    }
  }

  mutating func enter(
    _ stage: RegionQueue.Stage, _ number: Int, in region: Int
  ) throws(ReplayError) {
    let item = regions[region].items[number]
    let phase = Int(item.phase)
    if rows[phase] == nil && !records[phase].isDone { begin(phase: phase) }
    if item.sequence != nil { return try enterStep(stage, number, in: region) }
    if item.stage == .undecided {
      regions[region].items[number].circuitFlowsLeft += countCircuitFlows(number, in: region)
      if network.fabric.sharing == .splitOptimal { pace(number, in: region) }
    }
    regions[region].items[number].stage = stage
    for part in item.waiting {
      try release(part: Int(part), item: number, of: region, above: item.stage, upTo: stage)
    }
  }

  /// Rows of a phase that will go over a region's circuits.
  private func countCircuitFlows(_ number: Int, in region: Int) -> Int32 {
    let phase = Int(regions[region].items[number].phase)
    guard let flows = rows[phase], let target = regions[region].items[number].target else {
      return 0
    }
    let cells = choices.matrices[target].cells
    let first = program.parts(of: phase).lowerBound
    var count: Int32 = 0
    for part in senders(of: phase, in: region) {
      for row in flows.rows(ofPartAt: part - first) {
        let cell = paths.cell[Int(flows.pair[row])]
        if cell >= 0, cells[Int(cell)] > 0 { count += 1 }
      }
    }
    return count
  }

  /// Starts those pairs of a part that may go at a stage up to `last` but not yet at `first`.
  private mutating func release(
    part: Int, item number: Int, of region: Int, above first: RegionQueue.Stage,
    upTo last: RegionQueue.Stage
  ) throws(ReplayError) {
    guard first < last else { return }
    let phase = Int(regions[region].items[number].phase)
    guard let flows = rows[phase] else { return }
    if let cycle = regions[region].cycle {
      return try releaseToCycle(cycle, part: part, phase: phase, region: region, flows)
    }
    if let sequence = regions[region].items[number].sequence {
      return try releaseLate(
        part, to: choices[sequence: sequence], item: number, region: region, flows, upTo: last)
    }
    let pace = regions[region].items[number].pace
    let target = regions[region].items[number].target.map { choices.matrices[$0].cells }
    let old = regions[region].old.map { choices.matrices[$0].cells }
    var usesCircuits = false
    for row in flows.rows(ofPartAt: part - program.parts(of: phase).lowerBound) {
      let cell = Int(paths.cell[Int(flows.pair[row])])
      guard cell >= 0 else { continue }
      let (count, kept) = (target?[cell] ?? 0, old?[cell] ?? 0)
      let stage: RegionQueue.Stage = count == 0 ? .decided : kept > 0 ? .switching : .open
      guard first < stage, stage <= last else { continue }
      if count == 0 {
        try startWithoutCircuit(phase: phase, row: row, flows, pace: pace)
      } else {
        let link = circuitLink(ofPair: Int(flows.pair[row]), count: count, in: region)
        startOverCircuit(phase: phase, row: row, flows, link: link, pace: pace)
        usesCircuits = true
      }
    }
    if usesCircuits, first >= .decided { noteWait(ofPart: part, item: number, in: region) }
  }

  /// Notes how long a part's bytes have waited for the circuits that they take now.
  mutating func noteWait(ofPart part: Int, item number: Int, in region: Int) {
    let item = regions[region].items[number]
    // Before a later step bytes wait for those before them, too.
    let since = max(readyAt[part], item.step == 0 ? item.knownAt : item.changeBeganAt)
    guard since < now else { return }
    let blocked = max(item.blocked, now - since)
    regions[region].items[number].blocked = blocked
    let phase = Int(item.phase)
    records[phase].blocked = max(records[phase].blocked, item.blockedBefore + blocked)
  }

  /// The session's link for a pair's circuits; while others change it has those kept in place.
  mutating func circuitLink(ofPair pair: Int, count: Int32, in region: Int) -> Int32 {
    let cell = Int(paths.cell[pair])
    return circuitLink(ofCell: cell, rate: paths.circuitRate[pair], count: count, in: region)
  }

  mutating func circuitLink(
    ofCell cell: Int, rate: Double, count: Int32, in region: Int
  ) -> Int32 {
    if regions[region].links.isEmpty {
      let size = network.regions[region].count
      regions[region].links = [Int32](repeating: -1, count: size * size)
      regions[region].linkRate = [Double](repeating: 0, count: size * size)
    }
    if regions[region].links[cell] < 0 {
      var count = count
      if regions[region].isSwitching, let old = regions[region].old {
        count = min(count, choices.matrices[old].cells[cell])
      }
      regions[region].linkRate[cell] = rate
      regions[region].links[cell] = session.appendLink(capacity: Double(count) * rate)
    }
    return regions[region].links[cell]
  }

  private mutating func startWithoutCircuit(
    phase: Int, row: Int, _ flows: PhaseFlows, pace: RegionPace?
  ) throws(ReplayError) {
    if let pace, pace.nanoseconds > 0 {
      session.appendPathLink(
        session.appendLink(capacity: flows.bytes[row] / pace.nanoseconds))
    }
    try startElectrical(phase: phase, row: row, flows, bytes: flows.bytes[row])
  }

  private mutating func startOverCircuit(
    phase: Int, row: Int, _ flows: PhaseFlows, link: Int32, pace: RegionPace?
  ) {
    let pair = Int(flows.pair[row])
    let region = Int(paths.region[pair])
    var bytes = flows.bytes[row]
    if let pace, pace.nanoseconds > 0 {
      let share = pace.shareOnCircuits[Int(paths.cell[pair])]
      if share < 1 {
        // The rest goes over the EPS as a flow of its own.
        let rest = bytes * (1 - share)
        receiptsLeft[Int(flows.destinationPart[row])] += 1
        session.appendPathLink(session.appendLink(capacity: rest / pace.nanoseconds))
        appendElectricalPath(ofPair: pair)
        started(phase: phase, row: row, flows, bytes: rest, kind: .electrical)
        bytes *= share
      }
      session.appendPathLink(session.appendLink(capacity: bytes / pace.nanoseconds))
    }
    appendPath(.circuit, ofPair: pair, link: link)
    started(
      phase: phase, row: row, flows, bytes: bytes, kind: .circuit, cell: paths.cell[pair])
    regions[region].flowsOnCircuits += 1
  }

  /// The path of a flow over circuits, which are `link` of the session.
  mutating func appendPath(_ kind: FlowKind, ofPair pair: Int, link: Int32) {
    for subflow in paths.optical.subflows(of: Int(paths.opticalRow[pair])) {
      for place in paths.crossed(by: kind, subflow: subflow, of: paths.optical) {
        let crossed = paths.optical.path[place]
        if Int(crossed) >= network.links.count {
          session.appendPathLink(link)
        } else if !paths.isImplied[Int(crossed)] {
          session.appendPathLink(crossed)
        }
      }
      session.endPath()
    }
  }

  mutating func endCircuitFlow(phase: Int, region: Int) {
    regions[region].flowsOnCircuits -= 1
    guard regions[region].cycle == nil else { return }
    let number = item(of: phase, in: region)
    regions[region].items[number].circuitFlowsLeft -= 1
    if regions[region].items[number].stage == .open { regions[region].circuitFlowsLeft -= 1 }
    if regions[region].circuitFlowsLeft == 0 { regionsToLookAt.append(region) }
  }

  // MARK: The optimum for fixed circuits

  /// How the bytes of a region's phase are divided and paced so that they all end with the last.
  private mutating func pace(_ number: Int, in region: Int) {
    let item = regions[region].items[number]
    guard let target = item.target else { return }
    regions[region].items[number].pace = RegionPace(
      choices.demands[plan.phases[Int(item.phase)].demand],
      scale: plan.phases[Int(item.phase)].scale, region: region,
      circuits: choices.matrices[target], on: network)
  }
}
