internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// What circuits are worth on a workload, measured on one fabric that sets them up for the demand.
struct OpticsStudy {
  private let workload: Workload
  /// With everything in service: failures say nothing about what circuits are worth.
  private let fabric: FabricSpecification
  /// Nil where the senders are guessed, for it would only measure the guess, and with `absence`.
  private let worth: OpticalWorth?
  /// Why the fabric cannot tell, in words.
  private let absence: String?
  /// Topology value and reconfiguration value, apart.
  let value: OpticsValue

  init(
    of workload: Workload, on fabric: FabricSpecification, locality: LocalityReport? = nil
  ) {
    var fabric = fabric
    fabric.failures = []
    self.workload = workload
    self.fabric = fabric
    let guess = reasonAgainstSources(workload.provenance)
    var worth: OpticalWorth?
    var failure: FabricFailure?
    if guess == nil {
      do throws(ReplayError) {
        worth = try OpticalWorth(of: workload, on: fabric)
      } catch {
        failure = FabricFailure(label: fabric.name, error: error)
      }
    }
    self.worth = worth
    absence = failure?.reason
    let reason = guess ?? failure?.reason ?? ""
    var value = OpticsValue(
      topology: worth.map { Self.finding($0.topology) } ?? .notIdentifiable(reason),
      reconfiguration: worth.map { Self.finding($0.reconfiguration) } ?? .notIdentifiable(reason))
    if let profile = locality?.networkProfile {
      value.pairInformation = profile.excessInformation
      value.receiveMaxOverMean = profile.receiveMaxOverMean
    }
    self.value = value
  }

  /// True where circuits that change for every pass win enough, before any delay.
  var isReconfiguringWorthwhile: Bool { worth?.reconfiguration.isWorthwhile ?? false }

  /// False where only a guess could be measured.
  var isMeasured: Bool { worth != nil }

  /// The values in words, and below which delay changing circuits pays.
  var sentences: [String] {
    if let absence {
      return ["On \(fabric.name) nobody can tell what circuits are worth: \(absence)."]
    }
    if let worth, case .notMeasurable(let reason) = worth.topology {
      return ["On \(fabric.name): what circuits are worth is not measurable: \(reason)."]
    }
    return value.sentences.map { "On \(fabric.name): \($0)" } + (breakEven.map { [$0] } ?? [])
  }

  /// Nil where changing circuits never pays or nobody can tell.
  private var breakEven: String? {
    if worth != nil, fabric.changesCircuitsDuringPhases {
      return "On \(fabric.name) no delay is known to break even: "
        + "\(fabric.optical?.scheduler.name ?? "its scheduler") changes circuits while a phase is on, "
        + "and that value is of circuits that stand."
    }
    guard let worth, worth.reconfiguration.isWorthwhile,
      let delay = worth.breakEvenNanoseconds.value, let declared = fabric.optical?.delay
    else { return nil }
    return "On \(fabric.name): changing circuits for every pass pays while less than "
      + "\(HumanNumber.text(delay, .nanoseconds)) of a change is exposed; a change takes "
      + "\(words(of: declared)), of which what compute hides is not exposed."
  }

  /// "49.5 ms (41.1 ms and 350 µs for each of 24 pairs)" where each pair counts.
  private func words(of delay: ReconfigurationDelay) -> String {
    func time(_ nanoseconds: Double) -> String { HumanNumber.text(nanoseconds, .nanoseconds) }
    guard delay.perPairNanoseconds > 0, let optical = fabric.optical else {
      return time(delay.nanoseconds(forPairs: 0))
    }
    let largest =
      optical.regions.regions(serverCount: workload.layout.serverCount)
      .map(\.count).max() ?? 0
    let pairs = optical.nicsPerServer * largest / 2
    return
      "\(time(delay.nanoseconds(forPairs: pairs))) where all \(pairs) pairs of a region change "
      + "(\(time(delay.nanoseconds(forPairs: 0))) and \(time(delay.perPairNanoseconds)) per pair)"
  }

  /// What the best policy in hindsight would have made of a few sets of circuits, in words.
  func hindsight() throws -> String? {
    guard worth != nil, !fabric.changesCircuitsDuringPhases,
      let study = try Replay.hindsight(of: workload, on: fabric)
    else { return nil }
    func time(_ nanoseconds: Double) -> String { HumanNumber.text(nanoseconds, .nanoseconds) }
    return "Best policy in hindsight on \(fabric.name), expert phases alone, over "
      + "\(study.candidateCount) sets of circuits and \(study.stepCount) passes: "
      + "\(time(study.best.nanoseconds)), \(time(study.staticNanoseconds)) on the best fixed set, "
      + "\(time(study.instantNanoseconds)) if changes were free. Not a bound."
  }

  /// Passes that are scored at most for one sentence.
  private static let passLimit = 256

  /// How much slower circuits for the last iteration's demand are than those for the true one, as a
  /// share; nil where nothing can be predicted.
  ///
  /// The first iterations only, where there are many passes.
  func regretOfLastValue() throws -> Double? {
    guard worth != nil, fabric.followsDemand else { return nil }
    let known = workload.iterations.filter { $0 >= 0 }
    let layers = Set(workload.steps.filter { $0.role == .expert }.map(\.layer)).count
    let count = max(3, Self.passLimit / max(1, layers))
    guard let first = known.first, let last = known.prefix(count).last, known.count >= 3 else {
      return nil
    }
    return try predictorRegret(
      of: workload, on: fabric, predictor: LastValuePredictor(), iterations: first...last)?
      .regret.value
  }

  /// How much slower circuits from each predictor's guess are than those from the truth.
  func predictors() throws -> Table? {
    guard worth != nil else { return nil }
    var table = Table(
      "Predictors of the next dispatch on \(fabric.name)",
      columns: [
        .text("predictor", "Predictor"), .number("regret_share", "Regret", .share),
        .number("on_prediction_ns", "On prediction", .nanoseconds),
        .number("on_truth_ns", "On truth", .nanoseconds), .number("count", "Predicted", .count),
      ])
    for predictor in DemandPredictors.all {
      guard let score = try predictorRegret(of: workload, on: fabric, predictor: predictor) else {
        return nil
      }
      table.append([
        .text(score.predictor),
        Cell(score.regret.value, orMissing: Self.finding(score.regret).absence ?? ""),
        .number(score.onPrediction),
        .number(score.onTruth), Cell(score.scoredCount),
      ])
    }
    table.notes = ["Regret: time on circuits from the guess ÷ time on circuits from the truth − 1."]
    return table
  }

  private static func finding(_ measurement: Measurement) -> Finding {
    switch measurement {
    case .value(let share): .value(share, .share)
    case .notMeasurable(let reason): .notIdentifiable(reason)
    }
  }
}
