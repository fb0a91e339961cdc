public import TraceModel

/// How much slower expert traffic is on circuits chosen from predictions than on those chosen from the
/// truth.
public struct PredictorScore: Sendable, Hashable {
  public var predictor: String
  /// Nanoseconds of the scored passes on circuits chosen from the prediction, and from the truth.
  public var onPrediction = 0.0
  public var onTruth = 0.0
  /// Forward passes with a prediction, and those before there was anything to predict from.
  public var scoredCount = 0
  public var unpredictedCount = 0

  /// Completion-time regret: onPrediction / onTruth − 1; below 0 where the scheduler was lucky.
  public var regret: Measurement {
    onTruth > 0 ? .value(onPrediction / onTruth - 1) : .notMeasurable("nothing was predicted")
  }
}

/// Scores a predictor by the only thing that matters: the time on the circuits that it leads to.
///
/// Forward passes are predicted, layer by layer and region by region, before they are shown to the
/// predictor; the fabric's own scheduler chooses the circuits. A pass's dispatch and combine both run on
/// them. Passes that nothing was predicted for are left out of both times. Expert phases only, one after
/// the other, without delays, each used as well as it can be.
/// - Parameter predictor: a fresh one; every region works on a copy.
/// - Returns: nil when no byte could use a circuit, or the circuits do not depend on
///   demand or do not stand while it is moved.
/// - Throws: a `ReplayError` as `replay` does.
public func predictorRegret(
  of workload: Workload, on fabric: FabricSpecification, predictor: any DemandPredictor,
  iterations: ClosedRange<Int32>? = nil
) throws(ReplayError) -> PredictorScore? {
  guard let study = try ValueStudy(workload, on: fabric, iterations: iterations),
    fabric.followsDemand, !fabric.changesCircuitsDuringPhases
  else { return nil }
  var predictors = study.network.regions.map { _ in predictor }
  var score = PredictorScore(predictor: predictor.name)
  for epoch in study.epochs where epoch.followsGate {
    let truth = study.matrices[epoch.opener]
    var predicted = truth
    var isKnown = true
    for region in truth.indices where truth[region].total > 0 {
      if let guess = predictors[region].predict(layer: epoch.layer) {
        predicted[region] = guess
      } else {
        isKnown = false
      }
      predictors[region].observe(truth[region], layer: epoch.layer)
    }
    guard truth.contains(where: { $0.total > 0 }) else { continue }
    guard isKnown else {
      score.unpredictedCount += 1
      continue
    }
    score.scoredCount += 1
    score.onPrediction += try study.time(of: epoch, onCircuitsFor: predicted)
    score.onTruth += try study.time(of: epoch, onCircuitsFor: truth)
  }
  return score
}

extension ValueStudy {
  /// One pass on the circuits that the fabric's scheduler chooses for some bytes of each region.
  fileprivate func time(
    of epoch: Epoch, onCircuitsFor matrices: [TrafficMatrix]
  ) throws(ReplayError) -> Double {
    let circuits = circuits(optical.scheduler, for: matrices)
    var total = 0.0
    for phase in epoch.phases {
      total += try time(ofDemand: phase.demand, on: circuits) * phase.scale
    }
    return total
  }
}
