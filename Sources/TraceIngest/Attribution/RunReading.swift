internal import TraceModel

/// Bursts of an exchange whose iterations are known from its job's gradient reductions.
struct RunReading {
  /// Which bursts are summed: those of one place in the iterations of the commonest length; every
  /// other iteration has sums of its own.
  private(set) var plan: MatrixPlan
  private let iterationCount: Int
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
    iterationCount = cuts.ends.count
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
    add(runs.filter { $0.count == length }, of: bursts, pairCount: pairCount)
    // An iteration of which the capture holds a part, or one with a burst too many, by itself.
    for run in runs where run.count != length { add([run], of: bursts, pairCount: pairCount) }
  }

  private mutating func add(_ runs: [Range<Int>], of bursts: [Burst], pairCount: Int) {
    guard let length = runs.first?.count, PassSchedule.canRead(matrixCount: length) else { return }
    guard let first = plan.addSums(length, pairCount: pairCount) else {
      uncomparedCount += runs.count * length
      return
    }
    var pauses = [Double](repeating: 0, count: length)
    for run in runs {
      for (place, index) in run.enumerated() {
        plan.put(burst: index, into: first + place)
        guard index > 0 else { continue }
        pauses[place] += Double(pause(from: bursts[index - 1].end, to: bursts[index].start))
      }
    }
    sets.append(RunSet(runs: runs, sums: first..<first + length, pauses: pauses))
  }

  /// Iterations, layers, phases and micro-batches, given the plan's sums.
  func labels(with sums: MatrixSums) -> BurstLabels {
    var labels = BurstLabels(burstCount: iterationOfBurst.count)
    labels.iterations = (1, "gradient reductions end \(iterationCount) iterations")
    labels.uncomparedCount = uncomparedCount
    for (index, iteration) in iterationOfBurst.enumerated() {
      labels.ofBurst[index].iteration = iteration
    }
    for set in sets { Self.label(set, sums, in: &labels) }
    return labels
  }

  private static func label(_ set: RunSet, _ sums: MatrixSums, in labels: inout BurstLabels) {
    guard
      let schedule = PassSchedule.infer(from: Array(set.sums), of: sums, pauses: set.pauses)
    else { return }
    if labels.phases == nil {
      labels.phases = (
        schedule.likeness, "alternating transposes, up and down the layers in each pass"
      )
      labels.layerCount = schedule.layerCount
    }
    for run in set.runs {
      for (place, index) in run.enumerated() {
        labels.ofBurst[index].layer = schedule.places[place].layer
        labels.ofBurst[index].phase = schedule.places[place].phase
        labels.ofBurst[index].microBatch = schedule.places[place].microBatch
      }
    }
  }

  /// The commonest number, of several the largest.
  private static func commonest(_ numbers: [Int]) -> Int {
    var count: [Int: Int] = [:]
    for number in numbers { count[number, default: 0] += 1 }
    return count.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
  }
}
