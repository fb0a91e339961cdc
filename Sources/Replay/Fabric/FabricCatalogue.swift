public import TraceModel

/// A fabric by name, sized for a cluster, or why this cluster cannot have it.
public struct FabricOffer: Sendable {
  /// The word used in flags, files and tables.
  public var name: String
  /// What it is, in one line.
  public var summary: String
  /// The fabric; nil where there is a reason.
  public var fabric: FabricSpecification?
  /// Nil when there is a fabric.
  public var reason: String?
  /// True for those that are compared unless a user names others.
  public var isComparedByDefault: Bool
}

/// The fabrics that can be named; adding one is a line here.
public enum FabricCatalogue {
  /// Every fabric, sized for a cluster; what does not fit it has a reason instead.
  ///
  /// Only switches with too few ports for what is asked for are offered all the same, with that
  /// defect, so that it is noticed.
  /// Optical fabrics give three quarters of each server's NICs to circuits (6 of 8, MixNet's split),
  /// but always leave one for packets; a region is the servers of one expert-parallel group, or as
  /// many of them as fit one optical switch. Random and direct links take long to lay out for many
  /// servers: ask for one fabric by its name where one is enough.
  /// - Parameters:
  ///   - opticalNICsPerServer: optical NICs per server instead.
  ///   - serversPerRegion: servers of a region instead; a fabric of one region keeps it.
  ///   - demand: bytes between servers for which `fittedNames` choose their circuits; without one
  ///     they have a reason instead. Fit them on operations that are not scored.
  public static func offers(
    layout: Layout, nicBitsPerSecond: Double = 400e9, switchRadix: Int = 64,
    opticalNICsPerServer: Int? = nil, serversPerRegion: Int? = nil,
    fittedTo demand: TrafficMatrix? = nil
  ) -> [FabricOffer] {
    let cluster = CataloguedCluster(
      layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix,
      declaredOptical: opticalNICsPerServer, declaredRegion: serversPerRegion, demand: demand)
    return entries.map { $0.offer(for: cluster) }
  }

  /// The fabrics that are compared by default, sized for a cluster.
  public static func presets(
    layout: Layout, nicBitsPerSecond: Double = 400e9, switchRadix: Int = 64,
    opticalNICsPerServer: Int? = nil, serversPerRegion: Int? = nil
  ) -> [FabricSpecification] {
    let cluster = CataloguedCluster(
      layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix,
      declaredOptical: opticalNICsPerServer, declaredRegion: serversPerRegion)
    return compared.compactMap { $0.offer(for: cluster).fabric }
  }

  /// The fabric of that name, or why the cluster cannot have it; nil for a name not in `names`.
  ///
  /// Nothing else is laid out.
  public static func offer(
    named name: String, layout: Layout, nicBitsPerSecond: Double = 400e9, switchRadix: Int = 64,
    opticalNICsPerServer: Int? = nil, serversPerRegion: Int? = nil,
    fittedTo demand: TrafficMatrix? = nil
  ) -> FabricOffer? {
    offer(
      named: name,
      for: CataloguedCluster(
        layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix,
        declaredOptical: opticalNICsPerServer, declaredRegion: serversPerRegion, demand: demand))
  }

  static func offer(named name: String, for cluster: CataloguedCluster) -> FabricOffer? {
    entries.first { $0.name == name }?.offer(for: cluster)
  }

  /// The fabric of that name, or nil; `offer(named:)` has the reason.
  public static func preset(
    named name: String, layout: Layout, nicBitsPerSecond: Double = 400e9, switchRadix: Int = 64
  ) -> FabricSpecification? {
    offer(
      named: name, layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix)?
      .fabric
  }

  /// All names, in the order of `offers`.
  public static var names: [String] { entries.map(\.name) }

  /// Names of fabrics whose circuits are chosen for a demand and never change.
  public static var fittedNames: [String] { fitted.map(\.name) }

  /// Servers from the first to the last rank of an expert-parallel group, tensor lanes included.
  public static func expertGroupServers(of layout: Layout) -> Int {
    let ranks = layout.parallelism.expert * layout.parallelism.expertTensor
    return min(
      layout.serverCount, max(1, (ranks + layout.gpusPerServer - 1) / layout.gpusPerServer))
  }
}

extension FabricCatalogue {
  /// A line of the catalogue; its fabric is laid out only when it is asked for.
  private struct Entry: Sendable {
    var name: String
    var summary: String
    var isCompared = false
    var build: @Sendable (CataloguedCluster, _ name: String, _ summary: String) -> FabricOffer

    init(
      _ name: String, _ summary: String,
      _ build: @escaping @Sendable (CataloguedCluster, String, String) -> FabricOffer
    ) {
      self.name = name
      self.summary = summary
      self.build = build
    }

    func offer(for cluster: CataloguedCluster) -> FabricOffer {
      var offer = build(cluster, name, summary)
      offer.isComparedByDefault = isCompared && offer.fabric != nil
      return offer
    }

    func compared() -> Entry {
      var entry = self
      entry.isCompared = true
      return entry
    }
  }

  private static let entries = compared + electrical + direct + optical + fitted

  private static let compared = [
    Entry("ideal", "one switch for all NICs, never blocking") {
      $0.electrical($1, $2, Crossbar())
    },
    Entry("fat-tree", "non-blocking fat-tree, ideal spraying") {
      $0.electrical($1, $2, $0.tree())
    },
    Entry("fat-tree-3to1", "fat-tree with 3:1 oversubscribed leaves") {
      $0.electrical($1, $2, $0.tree(3))
    },
    Entry("rail-optimised", "one rail per NIC, forwarding inside the server (PXN)") {
      $0.electrical($1, $2, $0.rails, policy: .railForward)
    },
    Entry("static-circulant", "fixed optical neighbours in each region, the rest packet switched") {
      $0.regional($1, $2, Circulant())
    },
    Entry("mixnet", "MixNet: regional OCS set up by its greedy, the rest packet switched") {
      $0.regional($1, $2, MixNetGreedy(.continue))
    },
    Entry("mixnet-literal", "MixNet with the greedy as printed, which stops early") {
      $0.regional($1, $2, MixNetGreedy(.literal))
    },
    Entry("mixnet-eps-aware", "regional OCS set up by a greedy that counts on the EPS") {
      $0.regional($1, $2, ElectricalAwareGreedy())
    },
  ].map { $0.compared() }

  private static let electrical = [
    Entry("fat-tree-ecmp", "non-blocking fat-tree, one path per queue pair by a hash (ECMP)") {
      $0.electrical($1, $2, $0.tree(routing: .hashed(seed: 1, queuePairsPerPair: 1)))
    },
    Entry("fat-tree-d-mod-k", "non-blocking fat-tree, fixed paths by destination") {
      $0.electrical($1, $2, $0.tree(routing: .destinationModulo))
    },
    Entry(
      "nvl72", "islands of 64 GPUs with 7.2 Tb/s each, one 800 Gb/s NIC per GPU on a fat-tree"
    ) { $0.scaleUpIslands($1, $2) },
  ]

  private static let direct = [
    Entry("ring", "servers in a ring, all NICs") { $0.direct($1, $2, Ring()) },
    Entry("torus-2d", "servers in a 2D torus") { $0.torus($1, $2, dimensionCount: 2) },
    Entry("torus-3d", "servers in a 3D torus") { $0.torus($1, $2, dimensionCount: 3) },
    Entry("hypercube", "servers in a hypercube") { $0.direct($1, $2, Hypercube()) },
    Entry("full-mesh", "every server joined to every other") { $0.direct($1, $2, FullMesh()) },
    Entry("dragonfly", "fully joined groups of servers, joined by one link each") {
      let servers = $0.layout.serverCount
      return $0.direct(
        $1, $2, Dragonfly(serverCount: servers),
        orElse: "\(servers) servers make no groups of equal size")
    },
  ]

  private static let optical = [
    Entry("random-regular", "patched at random, all NICs (Jellyfish), servers forward") {
      $0.direct(
        $1, $2, $0.randomRegular(ports: $0.nics), isPatched: true, orElse: $0.tooManyToPatch)
    },
    Entry(
      "topoopt", "patched in rings that pass all servers (TopoOpt), all NICs, servers forward"
    ) {
      $0.direct($1, $2, TotientRings(ringCount: max(1, $0.nics / 2)), isPatched: true)
    },
    Entry(
      "static-circulant-forwarding",
      "fixed optical neighbours in each region, over which servers forward"
    ) { $0.staticOptical($1, $2, $0.circulant) },
    Entry(
      "static-random-regular", "optical NICs patched at random, over which servers forward"
    ) {
      $0.staticOptical(
        $1, $2, $0.randomRegular(ports: $0.opticalPorts, regions: $0.declaredRegions),
        orElse: $0.tooManyToPatch)
    },
    Entry("ocs-planes", "MixNet's split with one optical switch for each optical NIC") {
      $0.planes($1, $2)
    },
    Entry("global-ocs", "one reconfigurable region of all servers") { $0.globalOCS($1, $2) },
    Entry("rotor", "matchings that turn by the clock in each region, the rest packet switched") {
      $0.rotor($1, $2, .direct)
    },
    Entry("rotor-valiant", "the same, bytes spread evenly over all servers of the region first") {
      $0.rotor($1, $2, .valiant)
    },
  ]

  private static let fitted = [
    Entry(
      "best-static", "best fixed circuits for earlier iterations, the rest packet switched"
    ) { $0.bestStatic($1, $2, forwards: false) },
    Entry(
      "best-static-forwarding", "best fixed circuits for earlier iterations, servers forward"
    ) { $0.bestStatic($1, $2, forwards: true) },
    Entry(
      "topoopt-fitted", "patched in rings, then for earlier iterations (TopoOpt), servers forward"
    ) { $0.fittedRings($1, $2) },
  ]
}
