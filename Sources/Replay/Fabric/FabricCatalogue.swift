public import TraceModel

/// A fabric by name, sized for a cluster, or why this cluster cannot have it.
public struct FabricOffer: Sendable {
  public var name: String
  public var summary: String
  public var fabric: FabricSpecification?
  /// Nil when there is a fabric.
  public var reason: String?
  /// True for those that are compared unless a user names others.
  public var isComparedByDefault: Bool
}

/// The fabrics that can be named; adding one is a line here.
public enum FabricCatalogue {
  /// Every fabric, sized for a cluster; none has a defect there.
  ///
  /// Optical fabrics give three quarters of each server's NICs to circuits (6 of 8, MixNet's split),
  /// but always leave one for packets; a region is the servers of one expert-parallel group, or as
  /// many of them as fit one optical switch.
  public static func offers(
    layout: Layout, nicBitsPerSecond: Double = 400e9, switchRadix: Int = 64
  ) -> [FabricOffer] {
    let cluster = CataloguedCluster(
      layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix)
    return compared(cluster) + electrical(cluster) + direct(cluster) + optical(cluster)
  }

  private static func compared(_ cluster: CataloguedCluster) -> [FabricOffer] {
    [
      cluster.electrical("ideal", "one switch for all NICs, never blocking", Crossbar()),
      cluster.electrical("fat-tree", "non-blocking fat-tree, ideal spraying", cluster.tree()),
      cluster.electrical(
        "fat-tree-3to1", "fat-tree with 3:1 oversubscribed leaves", cluster.tree(3)),
      cluster.electrical(
        "rail-optimised", "one rail per NIC, forwarding inside the server (PXN)", cluster.rails,
        policy: .railForward),
      cluster.regional(
        "static-circulant", "fixed optical neighbours in each region, the rest packet switched",
        Circulant()),
      cluster.regional(
        "mixnet", "MixNet: regional OCS set up by its greedy, the rest packet switched",
        MixNetGreedy(.continue)),
      cluster.regional(
        "mixnet-literal", "MixNet with the greedy as printed, which stops early",
        MixNetGreedy(.literal)),
      cluster.regional(
        "mixnet-eps-aware", "regional OCS set up by a greedy that counts on the EPS",
        ElectricalAwareGreedy()),
    ].map { $0.compared() }
  }

  private static func electrical(_ cluster: CataloguedCluster) -> [FabricOffer] {
    [
      cluster.electrical(
        "fat-tree-ecmp", "non-blocking fat-tree, one path per queue pair by a hash (ECMP)",
        cluster.tree(routing: .hashed(seed: 1, queuePairsPerPair: 1))),
      cluster.electrical(
        "fat-tree-d-mod-k", "non-blocking fat-tree, fixed paths by destination",
        cluster.tree(routing: .destinationModulo)),
      cluster.scaleUpIslands(
        "nvl72", "islands of 64 GPUs with 7.2 Tb/s each, one 800 Gb/s NIC per GPU on a fat-tree"),
    ]
  }

  private static func direct(_ cluster: CataloguedCluster) -> [FabricOffer] {
    let servers = cluster.layout.serverCount
    let factors = "every torus of \(servers) servers has a dimension of one"
    return [
      cluster.direct("ring", "servers in a ring, all NICs", Ring()),
      cluster.direct(
        "torus-2d", "servers in a 2D torus", Torus(serverCount: servers, dimensionCount: 2),
        orElse: factors),
      cluster.direct(
        "torus-3d", "servers in a 3D torus", Torus(serverCount: servers, dimensionCount: 3),
        orElse: factors),
      cluster.direct("hypercube", "servers in a hypercube", Hypercube()),
      cluster.direct("full-mesh", "every server joined to every other", FullMesh()),
      cluster.direct(
        "dragonfly", "fully joined groups of servers, joined by one link each",
        Dragonfly(serverCount: servers), orElse: "\(servers) servers make no groups of equal size"),
    ]
  }

  private static func optical(_ cluster: CataloguedCluster) -> [FabricOffer] {
    [
      cluster.direct(
        "random-regular", "patched at random, all NICs (Jellyfish), servers forward",
        cluster.randomRegular(ports: cluster.nics), isPatched: true, orElse: cluster.tooManyToPatch),
      cluster.direct(
        "topoopt", "patched in rings that pass all servers (TopoOpt), all NICs, servers forward",
        TotientRings(ringCount: max(1, cluster.nics / 2)), isPatched: true),
      cluster.staticOptical(
        "static-circulant-forwarding",
        "fixed optical neighbours in each region, over which servers forward", cluster.circulant),
      cluster.staticOptical(
        "static-random-regular", "optical NICs patched at random, over which servers forward",
        cluster.randomRegular(ports: cluster.optical), orElse: cluster.tooManyToPatch),
      cluster.planes("ocs-planes", "MixNet's split with one optical switch for each optical NIC"),
      cluster.globalOCS("global-ocs", "one reconfigurable region of all servers"),
    ]
  }

  /// The fabrics that are compared by default, sized for a cluster.
  public static func presets(
    layout: Layout, nicBitsPerSecond: Double = 400e9, switchRadix: Int = 64
  ) -> [FabricSpecification] {
    let cluster = CataloguedCluster(
      layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix)
    return compared(cluster).compactMap(\.fabric)
  }

  /// The fabric of that name, or nil; `offers` has the reason.
  public static func preset(
    named name: String, layout: Layout, nicBitsPerSecond: Double = 400e9
  ) -> FabricSpecification? {
    let cluster = CataloguedCluster(
      layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: 64)
    // Random and direct links take long to lay out: only where they are asked for.
    for group in [compared, electrical, direct, optical] {
      if let offer = group(cluster).first(where: { $0.name == name }) { return offer.fabric }
    }
    return nil
  }

  /// Servers from the first to the last rank of an expert-parallel group, tensor lanes included.
  public static func expertGroupServers(of layout: Layout) -> Int {
    let ranks = layout.parallelism.expert * layout.parallelism.expertTensor
    return min(
      layout.serverCount, max(1, (ranks + layout.gpusPerServer - 1) / layout.gpusPerServer))
  }
}
