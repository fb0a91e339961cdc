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
