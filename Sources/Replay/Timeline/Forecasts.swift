public import TraceModel

/// Guesses a region's next demand from those that it has seen: one instance for each region.
public protocol RegionPredictor: Sendable {
  /// A layer's forward demand between the region's servers, in bytes, once its gate has run.
  mutating func observe(_ demand: TrafficMatrix, layer: Int32)
  /// The layer's next forward demand, or nil when there is nothing to guess from.
  mutating func predict(layer: Int32) -> TrafficMatrix?
}

/// Which predictor chooses circuits before a gate has run.
public struct PredictorChoice: Sendable, Hashable {
  /// The word used in tables, flags and files; equal names are equal choices.
  public var name: String
  /// A fresh predictor, which has seen nothing.
  public var make: @Sendable () -> any RegionPredictor

  public init(name: String, make: @escaping @Sendable () -> any RegionPredictor) {
    self.name = name
    self.make = make
  }

  public static func == (left: PredictorChoice, right: PredictorChoice) -> Bool {
    left.name == right.name
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// The predictors of all regions, and what they are shown.
struct Forecasts: Sendable {
  private var predictors: [any RegionPredictor]
  private let network: FabricNetwork
  /// Region matrices of the demands seen so far.
  private var matrices: [[TrafficMatrix]?]

  init(_ choice: PredictorChoice?, demandCount: Int, on network: FabricNetwork) {
    self.network = network
    predictors = choice.map { choice in network.regions.map { _ in choice.make() } } ?? []
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
