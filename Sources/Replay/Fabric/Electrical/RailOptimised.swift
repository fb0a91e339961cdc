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
  /// True when the rails of a unit share one leaf: where a single switch holds all NICs.
  public var railsShareLeaves: Bool

  public init(
    serversPerLeaf: Int = 32, oversubscription: Double = 1, railsShareLeaves: Bool = false
  ) {
    self.serversPerLeaf = serversPerLeaf
    self.oversubscription = oversubscription
    self.railsShareLeaves = railsShareLeaves
  }

  /// The rails that switches of one radix make: leaves with k ports down for each port up.
  ///
  /// - Parameter nicsPerRail: NICs of one server on the same rail: 1 unless there are more NICs than
  ///   GPUs.
  public init(switchRadix radix: Int, nicsPerRail: Int = 1, oversubscription: Double = 1) {
    let down = SwitchedTree.portsDown(radix: radix, oversubscription: oversubscription)
    self.init(
      serversPerLeaf: max(1, down / max(1, nicsPerRail)), oversubscription: oversubscription)
  }

  /// The rails that switches of one radix make for a cluster: one switch where all NICs fit, else a
  /// leaf for each rail.
  public init(
    switchRadix radix: Int, layout: Layout, nicsPerServer nics: Int, oversubscription: Double = 1
  ) {
    if layout.serverCount * max(1, nics) <= radix {
      self.init(
        serversPerLeaf: max(1, layout.serverCount), oversubscription: oversubscription,
        railsShareLeaves: true)
    } else {
      let gpus = max(1, layout.gpusPerServer)
      self.init(
        switchRadix: radix, nicsPerRail: (nics + gpus - 1) / gpus,
        oversubscription: oversubscription)
    }
  }

  public var name: String { "rail-optimised" }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("servers per rail leaf", serversPerLeaf),
      EffectiveParameter("rails per leaf", railsShareLeaves ? "all" : "1"),
      EffectiveParameter("rail leaf oversubscription", oversubscription, unit: ":1"),
      EffectiveParameter("paths", "sprayed"),
    ]
  }

  public func defect(for layout: Layout, on fabric: FabricSpecification) -> String? {
    if serversPerLeaf < 1 { return "servers per rail leaf must be 1 or more" }
    guard oversubscription > 0 else {
      return "oversubscription must be above 0 (1 is non-blocking)"
    }
    let radix = fabric.switchRadix
    let leaves = leaves(forServers: layout.serverCount, of: layout, on: fabric)
    let advice = "declare a larger switch radix, or fewer servers per leaf"
    if let leaf = leaves.first(where: { $0.nics + $0.cables > radix }) {
      return "a rail leaf of \(leaf.nics) NICs and \(leaf.cables) cables up does not fit a switch "
        + "of \(radix) ports: \(advice)"
    }
    return SwitchedTree.tierCount(joining: leaves.count, radix: radix) == nil
      ? "switches of \(radix) ports cannot join \(leaves.count) rail leaves: \(advice)" : nil
  }

  public func isNonBlocking(serverCount: Int) -> Bool {
    oversubscription <= 1 || (railsShareLeaves && serversPerLeaf >= serverCount)
  }

  public func wire(
    _ site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) -> any ElectricalWiring {
    var wiring = TreeWiring()
    let rails = railsShareLeaves ? 1 : (site.attachments.compactMap(\.nic).max() ?? 0) + 1
    let leaf = site.attachments.map {
      $0.server / serversPerLeaf * rails + (railsShareLeaves ? 0 : $0.nic ?? 0)
    }
    // Nothing lies above one switch that holds all NICs.
    if railsShareLeaves && !leaf.contains(where: { $0 > 0 }) { return wiring }
    try wiring.addTier(
      "rail leaf", group: leaf, ratio: oversubscription, site: site, into: &links)
    return wiring
  }

  /// NICs below each rail leaf of so many servers and cables above it; none above the only leaf.
  private func leaves(
    forServers servers: Int, of layout: Layout, on fabric: FabricSpecification
  ) -> [(nics: Int, cables: Int)] {
    let nics = fabric.electricalNICsPerServer
    guard nics > 0 else { return [] }
    let rails = railsShareLeaves ? 1 : min(nics, layout.gpusPerServer)
    var leaves: [(nics: Int, cables: Int)] = []
    for first in stride(from: 0, to: servers, by: serversPerLeaf) {
      for rail in 0..<rails {
        let owned = (rail + 1) * nics / rails - rail * nics / rails
        leaves.append((min(serversPerLeaf, servers - first) * owned, 0))
      }
    }
    guard leaves.count > 1 else { return leaves }
    return leaves.map {
      ($0.nics, cableCount(capacity: Double($0.nics) / oversubscription, cableRate: 1))
    }
  }

  public func billOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList, wholeBoxes: Bool
  ) -> BillOfMaterials {
    let leaves = leaves(
      forServers: layout.serverCount + fabric.spareServerCount, of: layout, on: fabric)
    var tree = SwitchedTree(radix: fabric.switchRadix)
    for leaf in leaves { tree.addGroup(portsDown: leaf.nics, portsUp: leaf.cables) }
    tree.addTop(joining: leaves.count, cables: leaves.reduce(0) { $0 + $1.cables })
    return .switched(
      nicCount: fabric.electricalNICCount(for: layout), tree: tree, prices: prices,
      wholeBoxes: wholeBoxes)
  }
}
