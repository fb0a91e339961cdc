/// Leaves, pods and a core with ideal spraying: each tier's uplinks of one leaf or pod are one pool.
public struct FatTree: ElectricalNetwork {
  public var serversPerLeaf: Int
  public var leavesPerPod: Int
  /// k of k:1 between what hangs below a leaf and the leaf's uplinks.
  public var leafOversubscription: Double
  /// k of k:1 between what hangs below a pod and the pod's uplinks.
  public var podOversubscription: Double

  public init(
    serversPerLeaf: Int = 4, leavesPerPod: Int = 4, leafOversubscription: Double = 1,
    podOversubscription: Double? = nil
  ) {
    self.serversPerLeaf = serversPerLeaf
    self.leavesPerPod = leavesPerPod
    self.leafOversubscription = leafOversubscription
    self.podOversubscription = podOversubscription ?? leafOversubscription
  }

  /// The tree that switches of one radix make for a cluster: one switch where all NICs fit, else
  /// leaves with k ports down for each port up and pods of half a radix of leaves.
  public init(
    switchRadix radix: Int, serverCount: Int, nicsPerServer: Int, oversubscription: Double = 1
  ) {
    let nics = max(1, nicsPerServer)
    let down = Double(radix) * oversubscription / (oversubscription + 1)
    self.init(
      serversPerLeaf: serverCount * nics <= radix
        ? max(1, serverCount) : max(1, Int(down.rounded(.down)) / nics),
      leavesPerPod: max(1, radix / 2), leafOversubscription: oversubscription,
      podOversubscription: oversubscription)
  }

  public var name: String { "fat-tree" }
  public var oversubscription: Double { max(leafOversubscription, podOversubscription) }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("servers per leaf", serversPerLeaf),
      EffectiveParameter("leaves per pod", leavesPerPod),
      EffectiveParameter("leaf oversubscription", leafOversubscription, unit: ":1"),
      EffectiveParameter("pod oversubscription", podOversubscription, unit: ":1"),
      EffectiveParameter("paths", "sprayed"),
    ]
  }

  public var defect: String? {
    if serversPerLeaf < 1 || leavesPerPod < 1 {
      return "servers per leaf and leaves per pod must be 1 or more"
    }
    if !(leafOversubscription > 0) || !(podOversubscription > 0) {
      return "oversubscription must be above 0 (1 is non-blocking)"
    }
    return nil
  }

  public func wire(_ attachments: [Attachment], into links: inout LinkTable)
    -> any ElectricalWiring
  {
    var wiring = TreeWiring()
    let leaf = attachments.map { $0.server / serversPerLeaf }
    wiring.addTier(
      "leaf", group: leaf, ratio: leafOversubscription, attachments: attachments, into: &links)
    wiring.addTier(
      "pod", group: leaf.map { $0 / leavesPerPod }, ratio: podOversubscription,
      attachments: attachments, into: &links)
    return wiring
  }
}
