internal import HeapModule
internal import TraceModel

/// Configurations that follow each other while a phase's bytes are moved.
extension Execution {
  /// Lets go what no configuration carries, and lays out the first.
  ///
  /// - Returns: whether there is one.
  mutating func beginSequence(_ number: Int, in region: Int) throws(ReplayError) -> Bool {
    let steps = sequence(of: number, in: region)?.steps ?? []
    regions[region].items[number].target = steps.first?.circuits
    try enter(.decided, number, in: region)
    if steps.isEmpty {
      regions[region].items[number].stage = .open
      regions[region].items[number].waiting = []
      regions[region].head += 1
    }
    return !steps.isEmpty
  }

  /// Lays out the next configuration once the bytes of the one before have left.
  ///
  /// - Returns: false while they have not.
  mutating func takeNextStep(_ number: Int, in region: Int) throws(ReplayError) -> Bool {
    guard regions[region].circuitFlowsLeft == 0,
      regions[region].stepEndsAt <= now * (1 + 1e-12)
    else { return false }
    regions[region].items[number].step += 1
    regions[region].items[number].stage = .decided
    layOutStep(number, in: region)
    regions[region].items[number].circuitFlowsLeft = countCircuitFlows(number, in: region)
    return true
  }

  func hasStepsLeft(_ number: Int, in region: Int) -> Bool {
    guard let sequence = sequence(of: number, in: region) else { return false }
    return regions[region].items[number].step + 1 < sequence.steps.count
  }

  private func sequence(of number: Int, in region: Int) -> CircuitSequence? {
    regions[region].items[number].sequence.map { choices[sequence: $0] }
  }

  /// Notes which cells carry which share of their bytes in the present step.
  mutating func layOutStep(_ number: Int, in region: Int) {
    guard let sequence = sequence(of: number, in: region) else { return }
    let size = network.regions[region].count
    regions[region].shares = [Double](repeating: 0, count: size * size)
    guard regions[region].items[number].step < sequence.steps.count else { return }
    let step = sequence.steps[regions[region].items[number].step]
    regions[region].items[number].target = step.circuits
    for (cell, share) in zip(step.cells, step.shares) { regions[region].shares[Int(cell)] = share }
  }

  /// Sees to it that a step which is open now is followed by the next.
  mutating func endStep(_ number: Int, in region: Int) {
    guard let sequence = sequence(of: number, in: region) else { return }
    let least = sequence.steps[regions[region].items[number].step].leastNanoseconds
    regions[region].stepEndsAt = hasDelays ? now + least : now
    if regions[region].stepEndsAt > now {
      events.insert(
        Event(time: regions[region].stepEndsAt, kind: .circuitsTurn, number: Int32(region)))
    }
    regionsToLookAt.append(region)
  }

  /// Starts those bytes of a part that the present step carries, and first those that no step does.
  mutating func releaseStep(
    of sequence: CircuitSequence, part: Int, item number: Int, region: Int, _ flows: PhaseFlows,
    above first: RegionQueue.Stage, upTo last: RegionQueue.Stage
  ) throws(ReplayError) {
    let item = regions[region].items[number]
    let phase = Int(item.phase)
    for row in flows.rows(ofPartAt: part - program.parts(of: phase).lowerBound) {
      let pair = Int(flows.pair[row])
      let cell = Int(paths.cell[pair])
      guard cell >= 0 else { continue }
      let destination = Int(flows.destinationPart[row])
      let lastStep = Int(sequence.lastStep[cell])
      if first == .undecided, sequence.shareOnPackets[cell] > 0 {
        if lastStep >= 0 { receiptsLeft[destination] += 1 }
        try startElectrical(
          phase: phase, row: row, flows, bytes: flows.bytes[row] * sequence.shareOnPackets[cell])
      }
      let share = regions[region].shares[cell]
      let count = item.target.map { choices.matrices[$0].cells[cell] } ?? 0
      let kept = regions[region].old.map { choices.matrices[$0].cells[cell] } ?? 0
      let stage: RegionQueue.Stage = kept > 0 ? .switching : .open
      guard share > 0, count > 0, first < stage, stage <= last else { continue }
      if item.step < lastStep { receiptsLeft[destination] += 1 }
      appendPath(.circuit, ofPair: pair, link: circuitLink(ofPair: pair, count: count, in: region))
      started(
        phase: phase, row: row, flows, bytes: flows.bytes[row] * share, kind: .circuit,
        cell: Int32(cell))
      regions[region].flowsOnCircuits += 1
      if first >= .decided, item.step == 0 { noteWait(ofPart: part, item: number, in: region) }
    }
  }
}
