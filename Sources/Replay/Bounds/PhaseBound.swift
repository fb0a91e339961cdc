internal import TraceModel

/// A time below which no phase can end, and why.
public struct LowerBound: Sendable, Hashable {
  public var nanoseconds: Double
  /// "NIC", "electrical NIC", "scale-up" or the network tier.
  public var name: String

  public init(nanoseconds: Double, name: String) {
    self.nanoseconds = nanoseconds
    self.name = name
  }
}

/// The tightest bound on one demand with circuits free to choose, as `SureLoads` assumes.
package func lowerBound(of demand: PhaseDemand, on network: FabricNetwork) -> LowerBound {
  var loads = SureLoads(network)
  loads.add(demand)
  return loads.bound
}

extension FabricNetwork {
  func boundName(ofLink link: Int) -> String {
    switch links.name[link] {
    case .nicUp, .nicDown: regions.isEmpty ? "NIC" : "electrical NIC"
    default: links.name[link].boundName
    }
  }
}
