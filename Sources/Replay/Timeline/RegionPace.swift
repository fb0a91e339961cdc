internal import TraceModel

/// The fixed-circuit optimum of one region's part of a phase: how long it takes, and which share of
/// each pair's bytes goes over its circuits.
///
/// Every flow is then sent at the constant rate that ends it after that time. The servers' electrical
/// bytes that leave the region count, but are not paced themselves.
struct RegionPace: Sendable {
  private(set) var nanoseconds: Double
  /// By cell of the circuit matrix.
  private(set) var shareOnCircuits: [Double]

  init(
    _ demand: PhaseDemand, scale: Double, region: Int, circuits: CircuitMatrix,
    on network: FabricNetwork
  ) {
    let pairs = demand.pairs.filter {
      let servers = (network.server(of: Int($0.source)), network.server(of: Int($0.destination)))
      return Int(network.region[servers.0]) == region || Int(network.region[servers.1]) == region
    }
    var set = CircuitSet(network.regions.map { CircuitMatrix(size: $0.count) })
    set.regions[region] = circuits
    let outcome = PacedReplay(
      RoutedDemand(PhaseDemand(pairs: pairs), on: network, circuits: set)
    ).outcome
    nanoseconds = outcome.completion * scale
    shareOnCircuits = [Double](repeating: 1, count: circuits.size * circuits.size)
    for use in outcome.circuitUses where use.demand > 0 {
      let cell =
        Int(network.placeInRegion[use.source]) * circuits.size
        + Int(network.placeInRegion[use.destination])
      shareOnCircuits[cell] = use.bytes / use.demand
    }
  }
}
