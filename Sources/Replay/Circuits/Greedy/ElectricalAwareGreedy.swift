internal import TraceModel

/// Greedy that counts on the electrical NICs: the next circuit goes to the pair with the largest
/// max(D_ij, D_ji) / (C_ij + e / (n − 1)), where e / (n − 1) is its even part of them.
public struct ElectricalAwareGreedy: StandingCircuitScheduler {
  public init() {}

  public var name: String { "eps-aware" }
  public var summary: String { "greedy that counts each pair's even part of the electrical NICs" }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let demand = request.demand
    let evenPart = Double(request.electricalPorts) / Double(max(1, demand.size - 1))
    return greedyCircuits(
      size: demand.size, portsPerServer: request.opticalPorts,
      demand: { max(demand[$0, $1], demand[$1, $0]) },
      urgency: { $0 / (Double($1) + evenPart) })
  }
}
