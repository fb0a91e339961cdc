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

  /// Turns to the next configuration once the bytes of the one before have left.
  ///
  /// - Returns: false while they have not.
  mutating func takeNextStep(_ number: Int, in region: Int) throws(ReplayError) -> Bool {
    guard regions[region].circuitFlowsLeft == 0,
      regions[region].stepEndsAt <= now * (1 + 1e-12),
      let sequence = sequence(of: number, in: region)
    else { return false }
    regions[region].items[number].blockedBefore += regions[region].items[number].blocked
    regions[region].items[number].blocked = 0
    regions[region].items[number].step += 1
    regions[region].items[number].stage = .decided
    regions[region].items[number].target =
      sequence.steps[regions[region].items[number].step].circuits
    countStepFlows(number, in: region)
    return true
  }

  func hasStepsLeft(_ number: Int, in region: Int) -> Bool {
    guard let sequence = sequence(of: number, in: region) else { return false }
    return regions[region].items[number].step + 1 < sequence.steps.count
  }

  private func sequence(of number: Int, in region: Int) -> CircuitSequence? {
    regions[region].items[number].sequence.map { choices[sequence: $0] }
  }

  private func presentStep(of number: Int, in region: Int) -> CircuitSequence.Step? {
    guard let sequence = sequence(of: number, in: region) else { return nil }
    let step = regions[region].items[number].step
    return step < sequence.steps.count ? sequence.steps[step] : nil
  }

  /// Flows over circuits that the present step has, those of late senders too.
  private mutating func countStepFlows(_ number: Int, in region: Int) {
    let cells = presentStep(of: number, in: region)?.cells ?? []
    let rows = regions[region].items[number].rowsByCell
    regions[region].items[number].circuitFlowsLeft = cells.reduce(0) {
      $0 + Int32(rows?.places(ofCell: Int($1)).count ?? 0)
    }
  }

  /// Sees to it that a step which is open now is followed by the next.
  mutating func endStep(_ number: Int, in region: Int) {
    let least = presentStep(of: number, in: region)?.leastNanoseconds ?? 0
    regions[region].stepEndsAt = hasDelays ? now + least : now
    if regions[region].stepEndsAt > now {
      events.insert(
        Event(time: regions[region].stepEndsAt, kind: .circuitsTurn, number: Int32(region)))
    }
    regionsToLookAt.append(region)
  }

  /// Lets those who wait send: what no step carries at the decision, then what the present one does.
  mutating func enterStep(
    _ stage: RegionQueue.Stage, _ number: Int, in region: Int
  ) throws(ReplayError) {
    let item = regions[region].items[number]
    regions[region].items[number].stage = stage
    guard let flows = rows[Int(item.phase)], let sequence = sequence(of: number, in: region) else {
      return
    }
    if item.stage == .undecided {
      regions[region].items[number].rowsByCell = rowsByCell(of: item, in: region, flows)
      countStepFlows(number, in: region)
      for part in item.waiting {
        try releaseToPackets(Int(part), sequence, phase: Int(item.phase), flows)
      }
    }
    guard stage > .decided, let step = presentStep(of: number, in: region),
      let places = regions[region].items[number].rowsByCell
    else { return }
    for (cell, share) in zip(step.cells, step.shares) {
      let opening = opening(ofCell: Int(cell), in: region)
      guard item.stage < opening, opening <= stage else { continue }
      for place in places.places(ofCell: Int(cell)) where hasRun[Int(places.part[place])] {
        startStep(row: Int(places.row[place]), share: share, item: number, region: region, flows)
        noteWait(ofPart: Int(places.part[place]), item: number, in: region)
      }
    }
  }

  /// A part has come after the decision: it sends what may go.
  mutating func releaseLate(
    _ part: Int, to sequence: CircuitSequence, item number: Int, region: Int, _ flows: PhaseFlows,
    upTo stage: RegionQueue.Stage
  ) throws(ReplayError) {
    let phase = Int(regions[region].items[number].phase)
    try releaseToPackets(part, sequence, phase: phase, flows)
    guard stage > .decided, let step = presentStep(of: number, in: region) else { return }
    for row in flows.rows(ofPartAt: part - program.parts(of: phase).lowerBound) {
      let cell = Int(paths.cell[Int(flows.pair[row])])
      guard cell >= 0, opening(ofCell: cell, in: region) <= stage else { continue }
      let share = step.share(ofCell: cell)
      if share > 0 { startStep(row: row, share: share, item: number, region: region, flows) }
    }
  }

  /// When bytes of a cell may go: at once where its circuits stay in place.
  private func opening(ofCell cell: Int, in region: Int) -> RegionQueue.Stage {
    let kept = regions[region].old.map { choices.matrices[$0].cells[cell] } ?? 0
    return kept > 0 ? .switching : .open
  }

  private mutating func releaseToPackets(
    _ part: Int, _ sequence: CircuitSequence, phase: Int, _ flows: PhaseFlows
  ) throws(ReplayError) {
    for row in flows.rows(ofPartAt: part - program.parts(of: phase).lowerBound) {
      let cell = Int(paths.cell[Int(flows.pair[row])])
      guard cell >= 0, sequence.shareOnPackets[cell] > 0 else { continue }
      if sequence.lastStep[cell] >= 0 { receiptsLeft[Int(flows.destinationPart[row])] += 1 }
      try startElectrical(
        phase: phase, row: row, flows, bytes: flows.bytes[row] * sequence.shareOnPackets[cell])
    }
  }

  /// Starts the part of a row that the present step carries; the last one brings the row's receipt.
  private mutating func startStep(
    row: Int, share: Double, item number: Int, region: Int, _ flows: PhaseFlows
  ) {
    let item = regions[region].items[number]
    let pair = Int(flows.pair[row])
    let cell = Int(paths.cell[pair])
    guard let sequence = sequence(of: number, in: region), let target = item.target else { return }
    if item.step < sequence.lastStep[cell] {
      receiptsLeft[Int(flows.destinationPart[row])] += 1
    }
    let link = circuitLink(
      ofPair: pair, count: choices.matrices[target].cells[cell], in: region)
    appendPath(.circuit, ofPair: pair, link: link)
    started(
      phase: Int(item.phase), row: row, flows, bytes: flows.bytes[row] * share, kind: .circuit,
      cell: Int32(cell))
    regions[region].flowsOnCircuits += 1
  }

  private func rowsByCell(
    of item: RegionQueue.Item, in region: Int, _ flows: PhaseFlows
  ) -> RowsByCell {
    let phase = Int(item.phase)
    let first = program.parts(of: phase).lowerBound
    let size = network.regions[region].count
    return RowsByCell(cellCount: size * size) { add in
      for part in senders(of: phase, in: region) {
        for row in flows.rows(ofPartAt: part - first) where paths.cell[Int(flows.pair[row])] >= 0 {
          add(Int(paths.cell[Int(flows.pair[row])]), row, part)
        }
      }
    }
  }
}

/// The rows of one phase inside a region, by cell of its circuit matrix (counting sort).
struct RowsByCell: Sendable {
  private var offsets: [Int32]
  private(set) var row: [Int32] = []
  /// Who sends the row.
  private(set) var part: [Int32] = []

  /// - Parameter rows: names every row's cell, number and sender, in the same order each time.
  init(cellCount: Int, rows: ((_ cell: Int, _ row: Int, _ part: Int) -> Void) -> Void) {
    var offsets = [Int32](repeating: 0, count: cellCount + 1)
    rows { cell, _, _ in offsets[cell + 1] += 1 }
    for cell in 0..<cellCount { offsets[cell + 1] += offsets[cell] }
    var next = offsets
    var row = [Int32](repeating: 0, count: Int(offsets[cellCount]))
    var part = row
    rows { cell, number, sender in
      row[Int(next[cell])] = Int32(number)
      part[Int(next[cell])] = Int32(sender)
      next[cell] += 1
    }
    self.offsets = offsets
    self.row = row
    self.part = part
  }

  func places(ofCell cell: Int) -> Range<Int> { Int(offsets[cell])..<Int(offsets[cell + 1]) }
}
