public import TraceModel

/// NIC g of every server on a leaf of rail g; leaves of all rails meet at a spine.
///
/// Traffic that changes rail crosses the spine unless the NIC policy forwards it inside the server.
/// Pooled NICs stay on their rails, so that the rails of one unit count as one pool.
public struct RailOptimised: ElectricalNetwork {
  /// Servers whose NICs of one rail share a leaf.
  public var serversPerLeaf: Int
  /// k of k:1 between a rail leaf and the spine.
  public var oversubscription: Double

  public init(serversPerLeaf: Int = 32, oversubscription: Double = 1) {
    self.serversPerLeaf = serversPerLeaf
    self.oversubscription = oversubscription
  }

  /// The rails that switches of one radix make: leaves with k ports down for each port up.
  ///
  /// - Parameter nicsPerRail: NICs of one server on the same rail: 1 unless there are more NICs than
  ///   GPUs.
  public init(switchRadix radix: Int, nicsPerRail: Int = 1, oversubscription: Double = 1) {
    let down = Double(radix) * oversubscription / (oversubscription + 1)
    self.init(
      serversPerLeaf: max(1, Int(down.rounded(.down)) / max(1, nicsPerRail)),
      oversubscription: oversubscription)
  }

  public var name: String { "rail-optimised" }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("servers per rail leaf", serversPerLeaf),
      EffectiveParameter("rail leaf oversubscription", oversubscription, unit: ":1"),
      EffectiveParameter("paths", "sprayed"),
    ]
  }

  public func defect(for layout: Layout, on fabric: FabricSpecification) -> String? {
    if serversPerLeaf < 1 { return "servers per rail leaf must be 1 or more" }
    return oversubscription > 0 ? nil : "oversubscription must be above 0 (1 is non-blocking)"
  }

  public func isNonBlocking(serverCount: Int) -> Bool { oversubscription <= 1 }

  public func wire(
    _ site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) -> any ElectricalWiring {
    var wiring = TreeWiring()
    let rails = (site.attachments.compactMap(\.nic).max() ?? 0) + 1
    try wiring.addTier(
      "rail leaf",
      group: site.attachments.map { $0.server / serversPerLeaf * rails + ($0.nic ?? 0) },
      ratio: oversubscription, site: site, into: &links)
    return wiring
  }
}
