internal import TraceModel

/// Bursts of an exchange whose iterations are known from its job's gradient reductions.
struct RunReading {
  /// Which bursts are summed: those of one place in the iterations of the commonest length; every
  /// other iteration has sums of its own.
  private(set) var plan: MatrixPlan
  private let cuts: IterationCuts
  private var iterationOfBurst: [Int32] = []
  private var sets: [RunSet] = []
  private var uncomparedCount = 0

  /// Iterations of the same length that are read together.
  private struct RunSet {
    /// Bursts of each iteration.
    var runs: [Range<Int>]
    var sums: Range<Int>
    /// Mean pause before the bursts of each place.
    var pauses: [Double]
  }

  /// - Parameter pairCount: pairs of servers that the bursts' matrices have.
  init(_ bursts: [Burst], cuts: IterationCuts, pairCount: Int) {
    self.cuts = cuts
    plan = MatrixPlan(burstCount: bursts.count)
    var runs: [Range<Int>] = []
    for index in bursts.indices {
      let iteration = Int32(clamping: cuts.iteration(ofStart: bursts[index].start))
      if iterationOfBurst.last == iteration {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
      iterationOfBurst.append(iteration)
    }
    let length = Self.commonest(runs.map(\.count))
    guard add(runs.filter { $0.count == length }, of: bursts, pairCount: pairCount) else {
      uncomparedCount = bursts.count
      return
    }
    // Iterations of which the capture holds a part, and those with a burst too many or too few.
    for run in runs where run.count != length {
      if !add([run], of: bursts, pairCount: pairCount) { uncomparedCount += run.count }
    }
  }

  /// Sets sums aside for runs of one length; false when those are too many.
  private mutating func add(_ runs: [Range<Int>], of bursts: [Burst], pairCount: Int) -> Bool {
    guard let length = runs.first?.count,
      let first = plan.addSums(length, pairCount: pairCount)
    else { return false }
    var pauses = [Double](repeating: 0, count: length)
    for run in runs {
      for (place, index) in run.enumerated() {
        plan.put(burst: index, into: first + place)
        guard index > 0 else { continue }
        pauses[place] += Double(pause(from: bursts[index - 1].end, to: bursts[index].start))
      }
    }
    sets.append(RunSet(runs: runs, sums: first..<first + length, pauses: pauses))
    return true
  }

  /// Iterations, layers, phases and micro-batches, given the plan's sums.
  func labels(with sums: MatrixSums) -> BurstLabels {
    var labels = BurstLabels(burstCount: iterationOfBurst.count)
    labels.iterations = (confidence.value, "gradient reductions end \(cuts.ends.count) iterations")
    if cuts.agreement < 1 {
      labels.iterations?.method +=
        ", but rings with "
        + "\(Int(((1 - cuts.agreement) * 100).rounded(.up))) % of their bytes say otherwise"
    }
    labels.uncomparedCount = uncomparedCount
    for (index, iteration) in iterationOfBurst.enumerated() {
      labels.ofBurst[index].iteration = iteration
    }
    guard let whole = sets.first,
      let schedule = PassSchedule.infer(from: Array(whole.sums), of: sums, pauses: whole.pauses)
    else { return labels }
    labels.phases = (
      schedule.confidence.value,
      "alternating transposes, up and down the layers in each pass" + schedule.confidence.words
    )
    labels.layerCount = schedule.layerCount
    for run in whole.runs { label(run, schedule.places[...], in: &labels) }
    for part in sets.dropFirst() {
      let run = part.runs[0]
      if let places = places(of: part, among: schedule, sums) {
        label(run, places, in: &labels)
      } else {
        labels.unplacedCount += run.count
      }
    }
    return labels
  }

  /// Iterations that are whole have equally many bursts.
  private var confidence: Confidence {
    let inner = sets.flatMap(\.runs).filter {
      $0.lowerBound > 0 && $0.upperBound < iterationOfBurst.count
    }
    let length = sets.first?.runs.first?.count ?? 0
    let alike =
      inner.isEmpty
      ? 1 : Double(inner.count { $0.count == length }) / Double(inner.count)
    return Confidence(likeness: cuts.agreement * alike)
  }

  /// What the capture holds of its first iteration is the end of one, and of its last the beginning:
  /// if the matrices say so too.
  private func places(
    of part: RunSet, among schedule: PassSchedule, _ sums: MatrixSums
  ) -> ArraySlice<PassSchedule.Place>? {
    let run = part.runs[0]
    let whole = sets[0].sums
    guard run.count < whole.count else { return nil }
    let isFirst = run.lowerBound == 0
    guard isFirst || run.upperBound == iterationOfBurst.count else { return nil }
    let offset = isFirst ? whole.count - run.count : 0
    let likeness = part.sums.indices.reduce(0) {
      $0 + sums.cosine(part.sums[$1], whole.lowerBound + offset + $1 - part.sums.lowerBound)
    }
    guard likeness >= PhaseAssignment.minimumLikeness * Double(run.count) else { return nil }
    return schedule.places[offset..<offset + run.count]
  }

  private func label(
    _ run: Range<Int>, _ places: ArraySlice<PassSchedule.Place>, in labels: inout BurstLabels
  ) {
    for (index, place) in zip(run, places) {
      labels.ofBurst[index].layer = place.layer
      labels.ofBurst[index].phase = place.phase
      labels.ofBurst[index].microBatch = place.microBatch
    }
  }

  /// The commonest number, of several the largest.
  private static func commonest(_ numbers: [Int]) -> Int {
    var count: [Int: Int] = [:]
    for number in numbers { count[number, default: 0] += 1 }
    return count.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
  }
}
