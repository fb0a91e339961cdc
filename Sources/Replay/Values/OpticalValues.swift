public import TraceModel

/// What the best static circuits gain over a circulant: T(circulant) / T(best) − 1.
///
/// Candidates are the `mixnet-continue` and `eps-aware` greedy on the mean demand and the circulant
/// itself, so the value is never below 0. All are used as well as they can be (`split-optimal`, or
/// `split-fair` on fabrics whose optimum is not known), expert phases only, without reconfiguration,
/// compute or latency.
/// - Parameter iterations: iterations to look at; nil for all.
/// - Throws: a `ReplayError` as `replay` does.
public func topologyValue(
  of workload: Workload, on fabric: FabricSpecification, iterations: ClosedRange<Int32>? = nil
) throws(ReplayError) -> Measurement {
  guard let study = try ValueStudy(workload, on: fabric, iterations: iterations) else {
    return .notMeasurable(ValueStudy.noCandidate)
  }
  return try study.topologyValue()
}

/// The topology value of one demand between servers: see `topologyValue(of:on:iterations:)`.
public func topologyValue(
  of demand: TrafficMatrix, opticalPorts: Int, electricalPorts: Int
) throws(ReplayError) -> Measurement {
  func time(_ scheduler: any CircuitScheduler) throws(ReplayError) -> Double {
    try scheduler.circuits(
      for: demand, opticalPorts: opticalPorts, electricalPorts: electricalPorts
    ).completion(of: demand, electricalPorts: electricalPorts, sharing: .splitOptimal)
  }
  guard demand.withoutDiagonal.total > 0 else {
    return .notMeasurable("no bytes leave their server")
  }
  guard opticalPorts > 0 else { return .notMeasurable(ValueStudy.noCandidate) }
  let circulant = try time(Circulant())
  var best = circulant
  for scheduler in ValueStudy.demandAware { best = min(best, try time(scheduler)) }
  return .value(circulant / best - 1)
}

/// What circuits chosen for every operation gain over the best static ones: T(static) / T − 1.
///
/// Static circuits are fitted on the even iterations and scored on the odd ones, and the other way
/// round; delays are left out, so this is what reconfiguring could gain at most.
/// - Returns: `.notMeasurable` with a single distinct demand (a transpose counts as the same) or
///   fewer than two iterations.
/// - Throws: a `ReplayError` as `replay` does.
public func reconfigurationValue(
  of workload: Workload, on fabric: FabricSpecification, iterations: ClosedRange<Int32>? = nil
) throws(ReplayError) -> Measurement {
  guard let study = try ValueStudy(workload, on: fabric, iterations: iterations) else {
    return .notMeasurable(ValueStudy.noCandidate)
  }
  return try study.reconfigurationValue().map { .value($0.gain) }
}

/// The exposed delay in nanoseconds below which reconfiguring always beats the best static circuits:
/// what it saves at no delay, divided by the number of times that circuits are set up.
///
/// Every layer's forward and backward pass sets them up, where unchanged circuits cost nothing only
/// those that change them. Fitted and scored as `reconfigurationValue`. A policy that changes less often
/// may pay longer: see `HindsightStudy.breakEvenNanoseconds`.
/// - Returns: 0 when reconfiguring gains nothing even without delay.
public func breakEvenDelay(
  of workload: Workload, on fabric: FabricSpecification, iterations: ClosedRange<Int32>? = nil
) throws(ReplayError) -> Measurement {
  guard let study = try ValueStudy(workload, on: fabric, iterations: iterations) else {
    return .notMeasurable(ValueStudy.noCandidate)
  }
  return try study.reconfigurationValue().map { .value($0.breakEvenNanoseconds) }
}
