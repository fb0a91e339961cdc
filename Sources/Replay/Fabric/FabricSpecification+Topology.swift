internal import TraceModel

extension FabricSpecification {
  /// Puts a declared topology in the place of the electrical network.
  /// - Parameter nics: NICs of each server that it joins.
  mutating func setTopology(
    _ topology: FabricDeclaration.Topology, joining nics: Int, as declaration: FabricDeclaration,
    layout: Layout
  ) throws(ReplayError) {
    let used = topology.keys + (declaration.optical.map { $0.staticKeys } ?? [])
    try declaration.refuse(
      declaration.topologyKeys.filter { !used.contains($0.key) }, "\(topology.rawValue) has none")
    switch topology {
    case .ideal: electrical = Crossbar()
    case .fatTree: electrical = try fatTree(declaration, joining: nics, layout: layout)
    case .railOptimised:
      let ratio = declaration.oversubscription ?? 1
      electrical =
        declaration.serversPerLeaf.map {
          RailOptimised(serversPerLeaf: $0, oversubscription: ratio)
        }
        ?? RailOptimised(
          switchRadix: switchRadix, layout: layout, nicsPerServer: nics, oversubscription: ratio)
      if declaration.nicPolicy == nil { nicPolicy = .railForward }
    default:
      let shape = try declaration.shape(
        topology, serverCount: layout.serverCount, nicsPerServer: nics)
      electrical = DirectTopology(
        shape, routing: try declaration.pathRouting(of: topology),
        maximumPaths: declaration.maximumPaths ?? 16,
        isPatched: topology == .randomRegular || topology == .totientRings)
    }
  }

  private func fatTree(
    _ declaration: FabricDeclaration, joining nics: Int, layout: Layout
  ) throws(ReplayError) -> FatTree {
    var tree = FatTree(
      switchRadix: switchRadix, serverCount: layout.serverCount, nicsPerServer: nics,
      oversubscription: declaration.oversubscription ?? 1,
      routing: try declaration.pathRouting(of: .fatTree))
    if let servers = declaration.serversPerLeaf {
      tree.serversPerLeaf = servers
      tree.leavesPerPod = FatTree.leavesPerPod(
        switchRadix: switchRadix, leafCount: (layout.serverCount + servers - 1) / servers)
    }
    if let leaves = declaration.leavesPerPod { tree.leavesPerPod = leaves }
    if let ratio = declaration.podOversubscription { tree.podOversubscription = ratio }
    return tree
  }
}

extension FabricDeclaration.Topology {
  /// The keys that say more about it.
  fileprivate var keys: [String] {
    let paths = ["routing", "seed", "queue_pairs", "paths"]
    return switch self {
    case .ideal: []
    case .fatTree:
      [
        "servers_per_leaf", "leaves_per_pod", "oversubscription", "pod_oversubscription",
        "routing", "seed", "queue_pairs",
      ]
    case .railOptimised: ["servers_per_leaf", "oversubscription"]
    case .ring: ["one_way"] + paths
    case .torus: ["dimensions"] + paths
    case .hypercube, .fullMesh: paths
    case .dragonfly: ["servers_per_group"] + paths
    case .randomRegular: ["degree"] + paths
    case .totientRings: ["rings"] + paths
    case .edgeList: ["edges"] + paths
    }
  }
}

extension FabricDeclaration.Optical {
  /// The keys of the fabric that say more about static circuits.
  var staticKeys: [String] {
    switch staticCircuits {
    case .randomRegular: ["degree", "seed"]
    case .totientRings: ["rings"]
    case .circulant, nil: []
    }
  }
}

extension FabricDeclaration {
  /// Every key about a topology, and whether it is there.
  var topologyKeys: [(key: String, isDeclared: Bool)] {
    [
      ("dimensions", dimensions != nil), ("servers_per_group", serversPerGroup != nil),
      ("degree", degree != nil), ("rings", rings != nil), ("one_way", isOneWay != nil),
      ("edges", edges != nil), ("servers_per_leaf", serversPerLeaf != nil),
      ("leaves_per_pod", leavesPerPod != nil), ("oversubscription", oversubscription != nil),
      ("pod_oversubscription", podOversubscription != nil), ("routing", routing != nil),
      ("seed", seed != nil), ("queue_pairs", queuePairs != nil), ("paths", maximumPaths != nil),
    ]
  }

  fileprivate func pathRouting(of topology: Topology) throws(ReplayError) -> PathRouting {
    switch routing {
    case .hashed:
      try refuse([("paths", maximumPaths != nil)], "hashed routing takes one for each queue pair")
      return .hashed(seed: seed ?? 1, queuePairsPerPair: queuePairs ?? 1)
    case .sprayed, .destinationModulo, nil:
      try refuse([("queue_pairs", queuePairs != nil)], "only hashed routing has queue pairs")
      let hasRandomLinks =
        topology == .randomRegular || optical?.staticCircuits == .randomRegular
      try refuse(
        [("seed", seed != nil && !hasRandomLinks)], "only hashed routing and random links have one")
      return routing == .destinationModulo ? .destinationModulo : .sprayed
    }
  }

  fileprivate func shape(
    _ topology: Topology, serverCount: Int, nicsPerServer: Int
  ) throws(ReplayError) -> any DirectShape {
    switch topology {
    case .torus:
      guard let dimensions else {
        throw ReplayError("a torus needs \"dimensions\"", at: place)
      }
      return Torus(dimensions)
    case .dragonfly:
      if let serversPerGroup { return Dragonfly(serversPerGroup: serversPerGroup) }
      guard let balanced = Dragonfly(serverCount: serverCount) else {
        throw ReplayError(
          "\(serverCount) servers make no groups of equal size", at: place,
          advice: "declare \"servers_per_group\"")
      }
      return balanced
    case .randomRegular:
      return CircuitShape(
        RandomRegular(seed: seed ?? 1), serverCount: serverCount,
        opticalPorts: degree ?? nicsPerServer)
    case .totientRings: return TotientRings(ringCount: rings ?? max(1, nicsPerServer / 2))
    case .edgeList:
      guard let edges else { throw ReplayError("an edge-list needs \"edges\"", at: place) }
      return try EdgeList(text: edges.text, file: edges.name)
    case .hypercube: return Hypercube()
    case .fullMesh: return FullMesh()
    case .ring, .ideal, .fatTree, .railOptimised: return Ring(isOneWay: isOneWay ?? false)
    }
  }
}
