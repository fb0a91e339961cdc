internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// What circuits are worth on a workload, measured on the regional optical fabric.
enum OpticsStudy {
  /// Topology value and reconfiguration value, apart, with the statistics that explain them.
  ///
  /// Where the senders are guessed there is no number: it would only measure the guess.
  static func value(
    of workload: Workload, locality: LocalityReport?, parameters: FabricParameters
  ) throws -> OpticsValue {
    guard let fabric = try wholeFabric(for: workload, parameters: parameters) else {
      return OpticsValue()
    }
    var value: OpticsValue
    if let reason = reasonAgainstSources(workload.provenance) {
      value = OpticsValue(
        topology: .notIdentifiable(reason), reconfiguration: .notIdentifiable(reason))
    } else {
      value = OpticsValue(
        topology: finding(try topologyValue(of: workload, on: fabric)),
        reconfiguration: finding(try reconfigurationValue(of: workload, on: fabric)))
    }
    if let profile = locality?.networkProfile {
      value.pairInformation = profile.excessInformation
      value.receiveMaxOverMean = profile.receiveMaxOverMean
    }
    return value
  }

  /// Below which delay changing circuits pays, in words; nil where it never does or nobody can tell.
  static func breakEven(of workload: Workload, parameters: FabricParameters) throws -> String? {
    guard reasonAgainstSources(workload.provenance) == nil,
      let fabric = try wholeFabric(for: workload, parameters: parameters),
      try reconfigurationValue(of: workload, on: fabric).isWorthwhile,
      let delay = try breakEvenDelay(of: workload, on: fabric).value
    else { return nil }
    return "On \(fabric.name) changing circuits for every pass pays below an exposed delay of "
      + "\(HumanNumber.text(delay, .nanoseconds)); the declared one is "
      + "\(HumanNumber.text(parameters.delay.nanoseconds(forPairs: 0), .nanoseconds))."
  }

  /// What the best policy in hindsight would have made of a few sets of circuits, in words.
  static func hindsight(of workload: Workload, parameters: FabricParameters) throws -> String? {
    guard reasonAgainstSources(workload.provenance) == nil,
      let fabric = try wholeFabric(for: workload, parameters: parameters),
      let study = try Replay.hindsight(of: workload, on: fabric)
    else { return nil }
    func time(_ nanoseconds: Double) -> String { HumanNumber.text(nanoseconds, .nanoseconds) }
    return "Best policy in hindsight on \(fabric.name), expert phases alone, over "
      + "\(study.candidateCount) sets of circuits and \(study.stepCount) passes: "
      + "\(time(study.best.nanoseconds)), \(time(study.staticNanoseconds)) on the best fixed set, "
      + "\(time(study.instantNanoseconds)) if changes were free. Not a bound."
  }

  /// How much slower circuits from each predictor's guess are than those from the truth.
  static func predictors(of workload: Workload, parameters: FabricParameters) throws -> Table? {
    guard reasonAgainstSources(workload.provenance) == nil,
      let fabric = try wholeFabric(for: workload, parameters: parameters)
    else { return nil }
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
        Cell(score.regret.value, orMissing: finding(score.regret).absence ?? ""),
        .number(score.onPrediction),
        .number(score.onTruth), Cell(score.scoredCount),
      ])
    }
    table.notes = ["Regret: time on circuits from the guess ÷ time on circuits from the truth − 1."]
    return table
  }

  /// The regional fabric with everything in service: failures say nothing about what circuits are worth.
  private static func wholeFabric(
    for workload: Workload, parameters: FabricParameters
  ) throws -> FabricSpecification? {
    var fabric = try parameters.fabrics(for: workload.layout).first(where: isRegional)
    fabric?.failures = []
    return fabric
  }

  /// The fabric that regions are judged on: circuits set up for the demand.
  static func isRegional(_ fabric: FabricSpecification) -> Bool {
    fabric.optical?.scheduler.dependsOnDemand ?? false
  }

  private static func finding(_ measurement: Measurement) -> Finding {
    switch measurement {
    case .value(let share): .value(share, .share)
    case .notMeasurable(let reason): .notIdentifiable(reason)
    }
  }
}
