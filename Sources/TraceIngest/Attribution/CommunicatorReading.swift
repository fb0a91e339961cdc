internal import TraceModel

/// What the bursts of one communicator were: first which of them are compared, then, with the sums of
/// their matrices, what each is.
struct CommunicatorReading {
  let bursts: [Burst]
  let nics: Set<Int>
  let serverPairs: [EndPair]
  /// What all its operations are for, when its job tells more than their shapes.
  var role: Role?
  private(set) var labels: BurstLabels
  private var order = Order.unknown

  /// How the bursts follow each other.
  private enum Order {
    case unknown
    case periodic(PeriodReading)
    case runs(RunReading)
  }

  /// Bursts whose place in their job is still to be told.
  init(_ communicator: CommunicatorBursts) {
    bursts = communicator.bursts
    nics = communicator.nics
    serverPairs = communicator.serverPairs
    labels = BurstLabels(burstCount: bursts.count)
  }

  var bytes: Int64 { bursts.reduce(0) { $0 &+ $1.bytes } }

  /// Groups of servers that talk together in any burst.
  var groupCount: Int {
    bursts.reduce(0) { max($0, Int($1.groups.numbers.max() ?? -1) + 1) }
  }

  /// What an operation of a shape is for.
  func role(of shape: BurstShape) -> Role { role ?? shape.role }

  /// An exchange whose own repetition tells its iterations.
  ///
  /// - Parameter cuts: where gradient reductions end iterations; what is declared overrules them.
  mutating func readRepetition(burstsPerIteration: Int?, besides cuts: IterationCuts?) {
    let reading = PeriodReading(
      bursts, burstsPerIteration: burstsPerIteration, besides: cuts,
      pairCount: serverPairs.count)
    if let reading { order = .periodic(reading) }
  }

  /// An exchange whose iterations are known from its job's gradient reductions.
  mutating func readIterations(_ cuts: IterationCuts) {
    order = .runs(RunReading(bursts, cuts: cuts, pairCount: serverPairs.count))
  }

  /// Which matrices `readMatrices` needs the sums of.
  var plan: MatrixPlan {
    switch order {
    case .unknown: MatrixPlan(burstCount: bursts.count)
    case .periodic(let reading): reading.plan
    case .runs(let reading): reading.plan
    }
  }

  /// Tells iterations, layers and phases.
  mutating func readMatrices(_ sums: MatrixSums) {
    switch order {
    case .unknown: break
    case .periodic(let reading): labels = reading.labels(with: sums)
    case .runs(let reading): labels = reading.labels(with: sums)
    }
  }

  /// Bursts of another kind in the iterations of an exchange.
  mutating func follow(
    _ iterations: IterationCuts, how: (confidence: Double, method: String)?
  ) {
    labels.iterations = how
    for (index, burst) in bursts.enumerated() {
      labels.ofBurst[index].iteration = Int32(
        clamping: iterations.iteration(ofStart: burst.start))
    }
  }

  /// Makes the exchange a stage of a pipeline, its first layer being the job's `firstLayer`.
  mutating func setStage(_ stage: Int, firstLayer: Int) {
    for index in labels.ofBurst.indices {
      labels.ofBurst[index].stage = Int32(stage)
      guard labels.ofBurst[index].layer != Operation.unknown else { continue }
      labels.ofBurst[index].layer += Int32(firstLayer)
    }
  }

  /// The times after which another iteration begins.
  var iterationEnds: [Int64] {
    zip(bursts.indices, bursts.indices.dropFirst()).compactMap { before, after in
      labels.ofBurst[before].iteration == labels.ofBurst[after].iteration
        ? nil : bursts[after].start &- 1
    }
  }
}
