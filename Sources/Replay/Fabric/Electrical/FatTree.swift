public import TraceModel

/// Leaves, pods and a core.
///
/// Without several leaves, or pods, nothing is above them. Sprayed, the uplinks of one leaf or pod are
/// one pool. Otherwise they are cables of one NIC's
/// rate: as many as the fullest leaf needs (one to each spine switch of its pod), and for each spine
/// as many cores as its pod needs. Where oversubscription leaves a fraction of a cable, all are slower.
public struct FatTree: ElectricalNetwork {
  public var serversPerLeaf: Int
  public var leavesPerPod: Int
  /// k of k:1 between what hangs below a leaf and the leaf's uplinks.
  public var leafOversubscription: Double
  /// k of k:1 between what hangs below a pod and the pod's uplinks.
  public var podOversubscription: Double
  public var routing: PathRouting

  public init(
    serversPerLeaf: Int = 4, leavesPerPod: Int = 4, leafOversubscription: Double = 1,
    podOversubscription: Double? = nil, routing: PathRouting = .sprayed
  ) {
    self.serversPerLeaf = serversPerLeaf
    self.leavesPerPod = leavesPerPod
    self.leafOversubscription = leafOversubscription
    self.podOversubscription = podOversubscription ?? leafOversubscription
    self.routing = routing
  }

  /// The tree that switches of one radix make for a cluster: one switch where all NICs fit, else
  /// leaves with k ports down for each port up and pods of half a radix of leaves, or one pod of a
  /// whole radix.
  public init(
    switchRadix radix: Int, serverCount: Int, nicsPerServer: Int, oversubscription: Double = 1,
    routing: PathRouting = .sprayed
  ) {
    let nics = max(1, nicsPerServer)
    let down = SwitchedTree.portsDown(radix: radix, oversubscription: oversubscription)
    let perLeaf = serverCount * nics <= radix ? max(1, serverCount) : max(1, down / nics)
    self.init(
      serversPerLeaf: perLeaf,
      leavesPerPod: Self.leavesPerPod(
        switchRadix: radix, leafCount: (serverCount + perLeaf - 1) / perLeaf),
      leafOversubscription: oversubscription, podOversubscription: oversubscription,
      routing: routing)
  }

  /// Half a radix, whose spines have as many ports up as down; a whole one where all leaves then are
  /// one pod, whose spines need no ports up.
  static func leavesPerPod(switchRadix radix: Int, leafCount: Int) -> Int {
    leafCount > radix / 2 && leafCount <= radix ? radix : max(1, radix / 2)
  }

  public var name: String { "fat-tree" }
  /// The larger of both.
  public var oversubscription: Double { max(leafOversubscription, podOversubscription) }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("servers per leaf", serversPerLeaf),
      EffectiveParameter("leaves per pod", leavesPerPod),
      EffectiveParameter("leaf oversubscription", leafOversubscription, unit: ":1"),
      EffectiveParameter("pod oversubscription", podOversubscription, unit: ":1"),
    ] + routing.effectiveParameters
  }

  public func defect(for layout: Layout, on fabric: FabricSpecification) -> String? {
    if serversPerLeaf < 1 || leavesPerPod < 1 {
      return "servers per leaf and leaves per pod must be 1 or more"
    }
    if !(leafOversubscription > 0) || !(podOversubscription > 0) {
      return "oversubscription must be above 0 (1 is non-blocking)"
    }
    return routing.defect
      ?? built(forServers: layout.serverCount, on: fabric).defect(switchRadix: fabric.switchRadix)
  }

  public func isNonBlocking(serverCount: Int) -> Bool {
    serversPerLeaf >= serverCount || (routing == .sprayed && oversubscription <= 1)
  }

  public func wire(
    _ site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) -> any ElectricalWiring {
    guard routing == .sprayed else { return try RoutedTreeWiring(self, site: site, into: &links) }
    var wiring = TreeWiring()
    let leaf = site.attachments.map { $0.server / serversPerLeaf }
    let pod = leaf.map { $0 / leavesPerPod }
    // Nothing lies above a group that is the only one.
    if leaf.contains(where: { $0 > 0 }) {
      try wiring.addTier("leaf", group: leaf, ratio: leafOversubscription, site: site, into: &links)
    }
    if pod.contains(where: { $0 > 0 }) {
      try wiring.addTier("pod", group: pod, ratio: podOversubscription, site: site, into: &links)
    }
    return wiring
  }
}
