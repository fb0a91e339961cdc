internal import TraceModel

/// What the bursts of one communicator were.
struct CommunicatorReading {
  let bursts: [Burst]
  let groups: [BurstReading.Groups]
  /// One for each burst.
  var labels: [BurstLabel]
  /// How sure the layers and phases are, 0 … 1, and how they were told; nil without any.
  var phases: (likeness: Double, method: String)?
  /// How iterations were told; nil when they were not.
  var iterations: (likeness: Double, method: String)?
  var layerCount = 0

  var bytes: Int64 { bursts.reduce(0) { $0 + $1.bytes } }

  /// Operations that one burst can have.
  var groupCount: Int { groups.reduce(0) { max($0, $1.shapes.count) } }

  /// Bursts whose place in their job is still to be told.
  init(_ bursts: [Burst], groups: [BurstReading.Groups]) {
    self.bursts = bursts
    self.groups = groups
    labels = [BurstLabel](repeating: BurstLabel(), count: bursts.count)
  }

  /// An exchange whose own repetition tells its iterations.
  init(_ bursts: [Burst], layout: Layout, burstsPerIteration: Int?) {
    let reading = BurstReading(bursts, layout: layout, burstsPerIteration: burstsPerIteration)
    self.init(bursts, groups: reading.groups)
    guard let period = reading.period else { return }
    iterations = (period.likeness, "every \(period.length) bursts repeat")
    phases = reading.assignment.map { ($0.likeness, $0.method) }
    layerCount = (reading.assignment?.layers.compactMap { $0 }.max()).map { Int($0) + 1 } ?? 0
    for index in bursts.indices {
      labels[index].iteration = Int32(clamping: period.iteration(ofBurst: index))
      guard let assignment = reading.assignment else { continue }
      let place = period.place(ofBurst: index)
      labels[index].layer = assignment.layers[place] ?? Operation.unknown
      labels[index].phase = assignment.phases[place] ?? .unspecified
    }
  }

  /// An exchange whose iterations are known from its job's gradient reductions.
  init(_ bursts: [Burst], layout: Layout, cuts: IterationCuts) {
    self.init(bursts, groups: bursts.map { BurstReading.groups(of: $0, layout: layout) })
    iterations = (1, "gradient reductions end \(cuts.ends.count) iterations")
    var runs: [Range<Int>] = []
    for index in bursts.indices {
      let iteration = cuts.iteration(ofStart: bursts[index].start)
      labels[index].iteration = Int32(clamping: iteration)
      if index > 0, labels[index - 1].iteration == labels[index].iteration {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    let length = Self.commonest(runs.map(\.count))
    label(runs.filter { $0.count == length }, layout: layout)
    // An iteration of which the capture holds a part, or one with a burst too many, by itself.
    for run in runs where run.count != length { label([run], layout: layout) }
  }

  /// Labels iterations of the same length by the sums of their matrices.
  private mutating func label(_ runs: [Range<Int>], layout: Layout) {
    guard let length = runs.first?.count else { return }
    var sums = [PairBytes](repeating: PairBytes(), count: length)
    var pauses = [Double](repeating: 0, count: length)
    for run in runs {
      for (place, index) in run.enumerated() {
        for (pair, transfer) in zip(
          BurstReading.serverPairs(of: bursts[index], layout: layout), bursts[index].transfers)
        {
          sums[place].add(transfer.bytes, to: pair)
        }
        guard index > 0 else { continue }
        pauses[place] += Double(pause(from: bursts[index - 1].end, to: bursts[index].start))
      }
    }
    guard let schedule = PassSchedule.infer(from: sums, pauses: pauses) else { return }
    if phases == nil {
      phases = (schedule.likeness, "alternating transposes, up and down the layers in each pass")
      layerCount = schedule.layerCount
    }
    for run in runs {
      for (place, index) in run.enumerated() {
        labels[index].layer = schedule.places[place].layer
        labels[index].phase = schedule.places[place].phase
        labels[index].microBatch = schedule.places[place].microBatch
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

/// Which operation of a job a burst is.
struct BurstLabel: Equatable {
  var iteration = Operation.unknown
  var layer = Operation.unknown
  var phase = Phase.unspecified
  var microBatch = Operation.unknown
  var stage = Operation.unknown
}
