internal import Replay
internal import TraceModel

/// One fabric with its answer and its price.
struct FabricRow {
  /// Ends of the labels of rows that stand beside the fabric that was asked for.
  static let setOnce = ", set once"
  static let commodityNIC = ", commodity NIC"
  static let fittedToItself = ", fitted to itself"

  /// The fabric's name, with what makes this row special.
  let label: String
  let fabric: FabricSpecification
  let result: ReplayResult
  let bill: BillOfMaterials
  /// What the network adds: completion without that on a network of unlimited rate; nil where that is
  /// not known.
  let networkNanoseconds: Double?
  /// Completion when everything works; nil where nothing has failed.
  let healthyNanoseconds: Double?
  /// Every lower bound on the completion.
  let bounds: BoundTable
  /// The iterations that were scored, where circuits are chosen for others.
  let scoredIterations: String?

  /// Replays a workload on a fabric.
  ///
  /// - Parameters:
  ///   - policy: nil for the parameters'.
  ///   - run: all bytes of the workload.
  ///   - computeNanoseconds: completion on a network of unlimited rate, if it is of interest.
  init(
    _ label: String, _ fabric: FabricSpecification, policy: ReconfigurationPolicy? = nil,
    workload: Workload, run: RunDemand, parameters: FabricParameters,
    computeNanoseconds: Double? = nil
  ) throws(ReplayError) {
    self.label = label
    self.fabric = fabric
    var result = try replay(
      workload, on: fabric, options: parameters.replayOptions(policy: policy))
    result.effectiveParameters += parameters.fittingParameters(of: fabric)
    self.result = result
    scoredIterations = parameters.fitting?.scoredOn
    bounds = try Self.bounds(
      run, on: fabric, result: result, computeNanoseconds: computeNanoseconds)
    bill = parameters.bill(for: fabric, layout: workload.layout)
    networkNanoseconds = computeNanoseconds.map { max(0, result.completionNanoseconds - $0) }
    var healthy = fabric
    healthy.failures = []
    healthyNanoseconds =
      fabric.failures.isEmpty
      ? nil
      : try replay(workload, on: healthy, options: parameters.replayOptions(policy: policy))
        .completionNanoseconds
  }

  private static func bounds(
    _ run: RunDemand, on fabric: FabricSpecification, result: ReplayResult,
    computeNanoseconds: Double?
  ) throws(ReplayError) -> BoundTable {
    var table = try lowerBounds(of: run, on: fabric)
    if let computeNanoseconds, computeNanoseconds > 0 {
      table.add(
        LowerBound(
          nanoseconds: computeNanoseconds, name: BoundName.compute,
          assumptions: [.programOrder, .unlimitedRate]))
    }
    table.add(
      LowerBound(
        nanoseconds: result.total.boundNanoseconds, name: BoundName.chain,
        assumptions: [.programOrder, .declaredWays, .anyCircuits]))
    return fabric.optical == nil ? table.withoutChoiceOfCircuits : table
  }

  var completionNanoseconds: Double { result.completionNanoseconds }

  /// The tightest lower bound.
  var bound: LowerBound { bounds.tightest }

  /// A bound as a part of the completion, 0 … 1; nothing to do is done perfectly.
  func share(of bound: LowerBound) -> Double {
    completionNanoseconds > 0 ? bound.nanoseconds / completionNanoseconds : 1
  }

  /// The tightest bound in as few words as a narrow column has room for.
  var boundWords: String {
    bound.name == BoundName.concurrentFlow ? "max flow" : bound.name
  }

  /// What is full longest over the run, whatever its order: the tightest of the other bounds.
  var fullest: String {
    var fullest = LowerBound.none
    for other in bounds.applicable
    where ![BoundName.chain, BoundName.compute].contains(other.name)
      && other.nanoseconds > fullest.nanoseconds * (1 + 1e-12)
    {
      fullest = other
    }
    return fullest.name
  }

  /// By which share what has failed makes it slower; nil where nothing has.
  var slowdownByFailure: Double? {
    healthyNanoseconds.map { $0 > 0 ? completionNanoseconds / $0 - 1 : 0 }
  }

  /// Phases before which circuits were set up; nil where these turn by the clock all the time.
  var reconfigurations: Int? {
    fabric.turnsByTheClock ? nil : result.total.reconfigurations
  }

  /// Why no policy is judged in hindsight and no delay breaks even, though circuits change; nil where
  /// they stand during a phase or never change.
  var reasonAgainstHindsight: String? {
    guard fabric.changesCircuitsDuringPhases else { return nil }
    return fabric.followsDemand
      ? "circuits follow each other while a phase is on, and a policy decides on circuits that stand"
      : "circuits turn by the clock, and no policy decides on them"
  }

  /// True where the circuits were chosen for the very traffic that is scored.
  var isFittedToItself: Bool { label.hasSuffix(Self.fittedToItself) }

  /// True for the row with circuits set once beside one that changes them.
  var isSetOnce: Bool { label.hasSuffix(Self.setOnce) }

  /// An indication, from published figures of parts.
  var power: PowerEstimate {
    bill.power(PowerList(bitsPerSecond: fabric.nicBitsPerSecond))
  }

  /// How well the circuits in place were used over the phases whose senders were ready together
  /// and found their circuits set, 0 … 1; nil without any, for elsewhere waiting hides it, and where no
  /// circuit carries a byte.
  var shareOfCircuitOptimum: Double? {
    guard result.bytes.circuits > 0 else { return nil }
    var optimum = 0.0
    var duration = 0.0
    for phase in result.phases {
      guard let least = phase.circuitOptimumNanoseconds,
        phase.startSpreadNanoseconds <= phase.durationNanoseconds / 100,
        phase.blockedNanoseconds == 0
      else { continue }
      optimum += least
      duration += phase.durationNanoseconds
    }
    return duration > 0 ? optimum / duration : nil
  }

  /// How near what the network adds comes to what it must add, 0 … 1; nil when it adds nothing.
  var shareOfNetworkBound: Double? {
    guard let network = networkNanoseconds, network > 0 else { return nil }
    let compute = completionNanoseconds - network
    return max(0, bound.nanoseconds - compute) / network
  }

  /// Iterations per second and million dollars; larger is better.
  var performancePerMillionUSD: Double {
    1e9 / (completionNanoseconds / Double(max(1, result.iterations.count)))
      / (bill.totalUSD / 1e6)
  }
}

extension BoundTable {
  /// The same bounds where nobody could choose other circuits, so that none rests on that choice.
  fileprivate var withoutChoiceOfCircuits: BoundTable {
    var table = BoundTable()
    for var bound in applicable {
      bound.assumptions.removeAll { $0 == .anyCircuits }
      table.add(bound)
    }
    for bound in excluded { table.exclude(bound.name, because: bound.reason) }
    return table
  }
}

extension [FabricRow] {
  var fastest: FabricRow? {
    self.min { $0.completionNanoseconds < $1.completionNanoseconds }
  }
  var mostPerDollar: FabricRow? {
    self.max { $0.performancePerMillionUSD < $1.performancePerMillionUSD }
  }
}
