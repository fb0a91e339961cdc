internal import TraceModel

/// Bursts of an exchange whose own repetition tells its iterations.
struct PeriodReading {
  /// Which bursts are summed: those of one place in the period, as far as they are all-to-alls.
  private(set) var plan: MatrixPlan
  private let period: IterationPeriod
  private let positions: PeriodPositions
  /// Where several periods make an iteration, what tells so.
  private var longerPauses: LongerPauses?
  /// Mean pause before the bursts of each place, counted from the first burst.
  private let pauses: [Double]
  /// True when the user has said how many bursts an iteration has.
  private let isDeclared: Bool
  private var notes: [String] = []
  private let isCompared: Bool

  /// Nil when nothing repeats.
  ///
  /// - Parameters:
  ///   - burstsPerIteration: replaces the inferred period.
  ///   - cuts: where gradient reductions end iterations, if they do.
  ///   - pairCount: pairs of servers that the bursts' matrices have.
  init?(
    _ bursts: [Burst], burstsPerIteration: Int?, besides cuts: IterationCuts?, pairCount: Int
  ) {
    let beats = Beat.of(bursts)
    let found = IterationPeriod.find(in: beats)
    guard
      var period = burstsPerIteration.map({ Self.declared($0, of: beats) }) ?? found
    else { return nil }
    isDeclared = burstsPerIteration != nil
    // Where bursts do not repeat as declared, nothing tells which are missing.
    positions =
      period.confidence.likeness >= IterationPeriod.minimumLikeness
      ? PeriodPositions(of: beats, length: period.length)
      : PeriodPositions(burstCount: beats.count)
    if isDeclared {
      let lengths = cuts.map { Self.lengths(of: bursts, in: $0) }
      notes += Self.contradiction(of: period, to: found, reductions: lengths).map { [$0] } ?? []
    } else {
      longerPauses = LongerPauses.find(in: beats, at: positions, length: period.length)
      if let longerPauses { period.confidence = Self.confidence(in: period, longerPauses) }
    }
    var pauses = IterationPeriod.meanPauses(of: beats, at: positions, length: period.length)
    if let longerPauses, longerPauses.every != nil {
      // Iterations begin there, and so periods do.
      period.offset = longerPauses.position % period.length
      pauses[period.offset] = longerPauses.nanoseconds
    }
    self.period = period
    self.pauses = pauses
    plan = MatrixPlan(burstCount: bursts.count)
    isCompared = plan.addSums(period.length, pairCount: pairCount) != nil
    guard isCompared else { return }
    for (index, burst) in bursts.enumerated()
    where burst.groups.shapes.contains(where: { $0.kind == .allToAll }) {
      plan.put(burst: index, into: positions.ofBurst[index] % period.length)
    }
  }

  // MARK: What is declared

  /// As the user says, and how well the bursts agree.
  private static func declared(_ length: Int, of beats: [Beat]) -> IterationPeriod {
    let length = min(max(1, length), max(1, beats.count))
    let sample = Array(beats.prefix(IterationPeriod.mostCompared))
    let likeness =
      2 * length <= sample.count ? Repetition(of: sample, length: length).likeness : 1
    return IterationPeriod(
      length: length, offset: 0, confidence: Confidence(likeness: likeness))
  }

  /// Bursts of each iteration that reductions end, but for the first and the last.
  private static func lengths(of bursts: [Burst], in cuts: IterationCuts) -> [Int] {
    var lengths: [Int: Int] = [:]
    for burst in bursts { lengths[cuts.iteration(ofStart: burst.start), default: 0] += 1 }
    return lengths.sorted { $0.key < $1.key }.dropFirst().dropLast().map(\.value)
  }

  /// What speaks against a declared period, in words.
  private static func contradiction(
    of declared: IterationPeriod, to found: IterationPeriod?, reductions lengths: [Int]?
  ) -> String? {
    let obeyed = "--bursts-per-iteration \(declared.length) is obeyed, but "
    if let lengths, !lengths.isEmpty {
      let middle = lengths.sorted()[lengths.count / 2]
      return middle == declared.length
        ? nil : obeyed + "gradient reductions end an iteration after every \(middle) bursts"
    }
    guard let found, declared.length % found.length != 0 else { return nil }
    func percent(_ share: Double) -> Int { Int((share * 100).rounded()) }
    return obeyed
      + "bursts repeat every \(found.length): bursts so far apart are alike to "
      + "\(percent(found.confidence.likeness)) %, those \(declared.length) apart to "
      + "\(percent(declared.confidence.likeness)) %"
  }

  // MARK: Several periods

  /// Longer pauses that come again and again make it likely that they divide iterations; a single one
  /// leaves it open.
  private static func confidence(
    in period: IterationPeriod, _ pauses: LongerPauses
  ) -> Confidence {
    guard pauses.every != nil else {
      return pauses.count > 1
        ? period.confidence
        : period.confidence.besides("a longer iteration, which a longer pause ends,", lead: 0)
    }
    return period.confidence.besides(
      "every \(period.length)", lead: Double(pauses.count) - PeriodTemplate.gapCost)
  }

  private var periodsPerIteration: Int { longerPauses?.every ?? 1 }

  /// The iterations, given where a period begins.
  private func iterations(beginningAt offset: Int) -> IterationPeriod {
    var iterations = period
    iterations.offset = offset
    guard let longerPauses, let every = longerPauses.every else { return iterations }
    iterations.length *= every
    // The beginning of a period that is nearest to the longer pause.
    let behind = longerPauses.position + period.length / 2 - offset + iterations.length
    iterations.offset = (behind / period.length * period.length + offset) % iterations.length
    return iterations
  }

  /// Iterations, layers and phases, given the plan's sums.
  func labels(with sums: MatrixSums) -> BurstLabels {
    let burstCount = plan.sumOfBurst.count
    var labels = BurstLabels(burstCount: burstCount)
    let placed = isCompared ? placedPhases(sums) : nil
    var period = period
    period.offset = placed?.offset ?? period.offset
    let iterations = iterations(beginningAt: period.offset)
    labels.notes = notes
    let whole = Double(burstCount) / Double(burstCount + positions.missingCount)
    labels.iterations = (
      period.confidence.value * whole, method + period.confidence.words
    )
    labels.phases = placed.map {
      ($0.confidence.value, $0.method + $0.confidence.words)
    }
    labels.layerCount = (placed?.layers.compactMap { $0 }.max()).map { Int($0) + 1 } ?? 0
    labels.uncomparedCount = isCompared ? 0 : burstCount
    let microBatches = (placed?.microBatches.compactMap { $0 }.max() ?? 0) + 1
    for index in 0..<burstCount {
      let position = positions.ofBurst[index]
      labels.ofBurst[index].iteration = Int32(clamping: iterations.iteration(ofPosition: position))
      guard let placed else { continue }
      let place = period.place(ofPosition: position)
      labels.ofBurst[index].layer = placed.layers[place] ?? Operation.unknown
      labels.ofBurst[index].phase = placed.phases[place] ?? .unspecified
      labels.ofBurst[index].microBatch = placed.microBatches[place] ?? Operation.unknown
      guard periodsPerIteration > 1, placed.phases[place] != nil else { continue }
      let repetition = iterations.place(ofPosition: position) / period.length
      labels.ofBurst[index].microBatch =
        Int32(clamping: repetition) * microBatches + (placed.microBatches[place] ?? 0)
    }
    return labels
  }

  private var method: String {
    let missing = positions.missingCount
    var words =
      periodsPerIteration > 1
      ? "\(periodsPerIteration) times \(period.length) bursts repeat, after a longer pause"
      : "every \(period.length) bursts repeat"
    if missing > 0 { words += ", \(missing) \(missing == 1 ? "is" : "are") missing or too many" }
    return words
  }

  /// What is known by place in the iteration; nil where a burst is not an all-to-all.
  private struct PlacedPhases {
    /// Where the first whole iteration begins.
    var offset: Int
    var layers: [Int32?]
    var phases: [Phase?]
    var microBatches: [Int32?]
    var confidence: Confidence
    var method: String

    init(offset: Int, length: Int, confidence: Confidence, method: String) {
      self.offset = offset
      self.confidence = confidence
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
    let (schedule, single, isBetter) = severalMicroBatches(
      at: places, of: sums, besides: assignment)
    if let schedule, isBetter {
      var placed = PlacedPhases(
        offset: offset(from: places[0], after: places[places.count - 1]), length: length,
        confidence: schedule.confidence.besides(
          "one pass up and down", lead: (schedule.gain - single) * Double(places.count)),
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
    var confidence = assignment.confidence
    if let schedule, 4 * schedule.layerCount < places.count {
      confidence = confidence.besides(
        "\(places.count / 4 / schedule.layerCount) micro-batches",
        lead: (single + PassSchedule.tolerance - schedule.gain) * Double(places.count))
    }
    var placed = PlacedPhases(
      offset: offset(from: start, after: before), length: length, confidence: confidence,
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

  /// Several passes of fewer layers, and whether they explain the matrices better than one pass does
  /// that goes up all layers and down again.
  ///
  /// Which micro-batch is the first only the longest pause tells.
  /// - Returns: the schedule of several passes that fits best, if one does, and how much more alike
  ///   matrices of one layer are than those of different ones in a single pass.
  private func severalMicroBatches(
    at places: [Int], of sums: MatrixSums, besides one: PhaseAssignment
  ) -> (schedule: PassSchedule?, single: Double, isBetter: Bool) {
    guard one.start % 2 == 0 else { return (nil, 0, false) }
    let schedule = PassSchedule.infer(
      from: places, of: sums, pauses: places.map { pauses[$0] }, microBatches: 2...places.count)
    let turned = places[one.start...] + places[..<one.start]
    let single =
      PassSchedule.infer(
        from: Array(turned), of: sums, pauses: turned.map { pauses[$0] }, microBatches: 1...1
      )?.gain ?? 0
    guard let schedule, schedule.recurrence >= PhaseAssignment.minimumLikeness else {
      return (nil, single, false)
    }
    return (schedule, single, schedule.gain > single + PassSchedule.tolerance)
  }
}
