internal import TraceModel

/// Bursts of an exchange whose own repetition tells its iterations.
struct PeriodReading {
  /// Which bursts are summed: those of one place in the period, as far as they are all-to-alls.
  private(set) var plan: MatrixPlan
  private let period: IterationPeriod
  private let positions: PeriodPositions
  /// Mean pause before the bursts of each place, counted from the first burst.
  private let pauses: [Double]
  /// True when the user has said how many bursts an iteration has.
  private let isDeclared: Bool
  private let isCompared: Bool

  /// Nil when nothing repeats.
  ///
  /// - Parameters:
  ///   - burstsPerIteration: replaces the inferred period.
  ///   - pairCount: pairs of servers that the bursts' matrices have.
  init?(_ bursts: [Burst], burstsPerIteration: Int?, pairCount: Int) {
    let beats = bursts.indices.map { index in
      IterationPeriod.Beat(
        pauseNanoseconds: index > 0
          ? pause(from: bursts[index - 1].end, to: bursts[index].start) : 0,
        bytes: bursts[index].bytes, kind: bursts[index].groups.shapes.first?.kind.rawValue ?? 0)
    }
    isDeclared = burstsPerIteration != nil
    let declared = burstsPerIteration.map {
      IterationPeriod(length: min(max(1, $0), max(1, bursts.count)), offset: 0, likeness: 1)
    }
    guard let period = declared ?? IterationPeriod.find(in: beats) else { return nil }
    self.period = period
    positions = PeriodPositions(of: beats, length: period.length)
    pauses = IterationPeriod.meanPauses(
      of: beats, at: positions.ofBurst, length: period.length)
    plan = MatrixPlan(burstCount: bursts.count)
    isCompared = plan.addSums(period.length, pairCount: pairCount) != nil
    guard isCompared else { return }
    for (index, burst) in bursts.enumerated()
    where burst.groups.shapes.contains(where: { $0.kind == .allToAll }) {
      plan.put(burst: index, into: positions.ofBurst[index] % period.length)
    }
  }

  /// Iterations, layers and phases, given the plan's sums.
  func labels(with sums: MatrixSums) -> BurstLabels {
    let burstCount = plan.sumOfBurst.count
    var labels = BurstLabels(burstCount: burstCount)
    let placed = isCompared ? placedPhases(sums) : nil
    var period = period
    period.offset = placed?.offset ?? period.offset
    let gaps = positions.gapCount
    labels.iterations = (
      period.likeness * Double(burstCount) / Double(burstCount + gaps),
      "every \(period.length) bursts repeat"
        + (gaps == 0 ? "" : ", \(gaps) \(gaps == 1 ? "is" : "are") missing or too many")
    )
    labels.phases = placed.map { ($0.likeness, $0.method) }
    labels.layerCount = (placed?.layers.compactMap { $0 }.max()).map { Int($0) + 1 } ?? 0
    labels.uncomparedCount = isCompared ? 0 : burstCount
    for index in 0..<burstCount {
      labels.ofBurst[index].iteration = Int32(
        clamping: period.iteration(ofPosition: positions.ofBurst[index]))
      guard let placed else { continue }
      let place = period.place(ofPosition: positions.ofBurst[index])
      labels.ofBurst[index].layer = placed.layers[place] ?? Operation.unknown
      labels.ofBurst[index].phase = placed.phases[place] ?? .unspecified
      labels.ofBurst[index].microBatch = placed.microBatches[place] ?? Operation.unknown
    }
    return labels
  }

  /// What is known by place in the iteration; nil where a burst is not an all-to-all.
  private struct PlacedPhases {
    /// Where the first whole iteration begins.
    var offset: Int
    var layers: [Int32?]
    var phases: [Phase?]
    var microBatches: [Int32?]
    var likeness: Double
    var method: String

    init(offset: Int, length: Int, likeness: Double, method: String) {
      self.offset = offset
      self.likeness = likeness
      self.method = method
      layers = [Int32?](repeating: nil, count: length)
      phases = [Phase?](repeating: nil, count: length)
      microBatches = [Int32?](repeating: nil, count: length)
    }
  }

  private func placedPhases(_ sums: MatrixSums) -> PlacedPhases? {
    let length = period.length
    // From the longest pause on, so that this decides where nothing else does.
    let places = (0..<length).map { ($0 + period.offset) % length }.filter { !sums.isEmpty($0) }
    guard
      let assignment = PhaseAssignment.infer(
        from: places, of: sums, pauses: places.map { pauses[$0] })
    else { return nil }
    if let schedule = severalMicroBatches(at: places, of: sums, besides: assignment) {
      var placed = PlacedPhases(
        offset: offset(from: places[0], after: places[places.count - 1]), length: length,
        likeness: schedule.likeness,
        method: "alternating transposes, layers that recur in every micro-batch")
      for (order, known) in schedule.places.enumerated() {
        let place = (places[order] + length - placed.offset) % length
        placed.layers[place] = known.layer
        placed.phases[place] = known.phase
        placed.microBatches[place] = known.microBatch
      }
      return placed
    }
    let start = places[assignment.start]
    let before = places[(assignment.start + places.count - 1) % places.count]
    var placed = PlacedPhases(
      offset: offset(from: start, after: before), length: length, likeness: assignment.likeness,
      method: assignment.method)
    for order in places.indices {
      let place =
        (places[(assignment.start + order) % places.count] + length - placed.offset) % length
      placed.layers[place] = assignment.layers[order]
      placed.phases[place] = assignment.phases[order]
    }
    return placed
  }

  /// Where an iteration begins whose first all-to-all is at `start`.
  ///
  /// Bursts of another kind may lie between it and the last one before: the longest pause divides.
  private func offset(from start: Int, after before: Int) -> Int {
    if isDeclared { return period.offset }
    let length = period.length
    let between = (1...length).map { (before + $0) % length }.prefix { $0 != start } + [start]
    return between.max { pauses[$0] < pauses[$1] } ?? start
  }

  /// Several passes of fewer layers, where they explain the matrices better than one pass does that
  /// goes up all layers and down again.
  ///
  /// Which micro-batch is the first only the longest pause tells.
  private func severalMicroBatches(
    at places: [Int], of sums: MatrixSums, besides one: PhaseAssignment
  ) -> PassSchedule? {
    guard one.start % 2 == 0 else { return nil }
    let schedule = PassSchedule.infer(
      from: places, of: sums, pauses: places.map { pauses[$0] }, microBatches: 2...places.count)
    let turned = places[one.start...] + places[..<one.start]
    let single = PassSchedule.infer(
      from: Array(turned), of: sums, pauses: turned.map { pauses[$0] }, microBatches: 1...1)
    guard let schedule, schedule.recurrence >= PhaseAssignment.minimumLikeness,
      schedule.gain > (single?.gain ?? 0) + PassSchedule.tolerance
    else { return nil }
    return schedule
  }
}
