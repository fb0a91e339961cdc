internal import TraceModel

/// Which predictor chooses circuits before a gate has run; equal names are equal choices.
public struct PredictorChoice: Sendable, Hashable {
  /// What each region starts with: it has seen nothing.
  public var fresh: any DemandPredictor

  public init(_ fresh: any DemandPredictor) { self.fresh = fresh }

  public var name: String { fresh.name }

  public static func == (left: PredictorChoice, right: PredictorChoice) -> Bool {
    left.name == right.name
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The predictors of all regions, and what they are shown.
struct Forecasts: Sendable {
  private var predictors: [any DemandPredictor]
  private let network: FabricNetwork
  /// Region matrices of the demands seen so far.
  private var matrices: [[TrafficMatrix]?]

  init(_ choice: PredictorChoice?, demandCount: Int, on network: FabricNetwork) {
    self.network = network
    predictors = choice.map { choice in network.regions.map { _ in choice.fresh } } ?? []
    matrices = [[TrafficMatrix]?](repeating: nil, count: predictors.isEmpty ? 0 : demandCount)
  }

  /// Shows a region's predictor what the gates of a forward dispatch decided.
  mutating func observe(phase: Int, region: Int, plan: PhasePlan, choices: CircuitChoices) {
    let planned = plan.phases[phase]
    guard !predictors.isEmpty, planned.opensEpoch, !planned.step.phase.isBackward else { return }
    let all =
      matrices[planned.demand] ?? choices.demands[planned.demand].regionMatrices(on: network)
    matrices[planned.demand] = all
    predictors[region].observe(all[region], layer: planned.step.layer)
  }

  mutating func predict(phase: Int, region: Int, plan: PhasePlan) -> TrafficMatrix? {
    guard !predictors.isEmpty else { return nil }
    return predictors[region].predict(layer: plan.phases[phase].step.layer)
  }
}
