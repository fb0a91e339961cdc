public import TraceModel

/// Servers joined by direct links, all NICs being ports of their server, which forwards for others.
///
/// Bytes take shortest paths: sprayed over all of them, or over as many as `maximumPaths` spread
/// evenly over all, or one path per queue pair chosen by a hash. Forwarding costs nothing but the
/// links that it loads.
public struct DirectTopology: ElectricalNetwork {
  public var shape: any DirectShape
  /// `sprayed` or `hashed`.
  public var routing: PathRouting
  /// Shortest paths that a pair uses at once when its bytes are sprayed.
  public var maximumPaths: Int
  /// True when fibres meet in a patch panel, which sets the shape up.
  public var isPatched: Bool

  public init(
    _ shape: any DirectShape, routing: PathRouting = .sprayed, maximumPaths: Int = 16,
    isPatched: Bool = false
  ) {
    self.shape = shape
    self.routing = routing
    self.maximumPaths = maximumPaths
    self.isPatched = isPatched
  }

  public var name: String { shape.name }
  public var joinsWholeServers: Bool { true }
  public func isNonBlocking(serverCount: Int) -> Bool { serverCount <= 1 }

  public var effectiveParameters: [EffectiveParameter] {
    var parameters = shape.effectiveParameters + routing.effectiveParameters
    if routing == .sprayed {
      parameters.append(EffectiveParameter("shortest paths per pair, at most", maximumPaths))
    }
    parameters.append(
      EffectiveParameter("direct links", isPatched ? "through a patch panel" : "cables"))
    return parameters
  }

  public func defect(for layout: Layout, on fabric: FabricSpecification) -> String? {
    defect(for: layout, nicsPerServer: fabric.nicsPerServer, on: fabric)
  }

  /// The defect when only some of a server's NICs are ports of this topology.
  /// - Parameter reachesAll: whether a server that no links lead to is a defect as well.
  func defect(
    for layout: Layout, nicsPerServer: Int, on fabric: FabricSpecification,
    reachesAll: Bool = false
  ) -> String? {
    if layout.serverCount > DirectGraph.serverLimit {
      return "\(layout.serverCount) servers joined directly; at most \(DirectGraph.serverLimit) are"
        + " supported"
    }
    if routing == .destinationModulo { return "direct links have no d-mod-k paths" }
    if let defect = routing.defect { return defect }
    if !(1...4096).contains(maximumPaths) {
      return "\(maximumPaths) paths per pair; it must be from 1 to 4096"
    }
    if let defect = shape.defect(serverCount: layout.serverCount) { return defect }
    let graph = shape.graph(serverCount: layout.serverCount)
    if reachesAll && !graph.isConnected {
      return "\(nicsPerServer) NICs per server leave servers without a path"
    }
    return graph.defect(
      serverRate: Double(nicsPerServer) * fabric.nicRate, nicRate: fabric.nicRate,
      rateOfBits: { $0 / 8e9 * fabric.payloadEfficiency })
  }

  public func wire(
    _ site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) -> any ElectricalWiring {
    DirectWiring(self, site: site, into: &links)
  }

  public func billOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList, wholeBoxes: Bool
  ) -> BillOfMaterials {
    .direct(
      nicCount: layout.serverCount * fabric.nicsPerServer,
      litNICCount: litNICCount(layout: layout, nicsPerServer: fabric.nicsPerServer, on: fabric),
      isPatched: isPatched, prices: prices)
  }

  /// As built: the paper's formula for a patch panel counts what is lit, as this does.
  public func paperBillOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList
  ) -> BillOfMaterials {
    billOfMaterials(for: layout, on: fabric, prices: prices, wholeBoxes: false)
  }

  /// NICs that hold a direct link, of those that this topology may use.
  func litNICCount(layout: Layout, nicsPerServer: Int, on fabric: FabricSpecification) -> Int {
    let graph = shape.graph(serverCount: layout.serverCount)
    let capacities = graph.capacities(
      serverRate: Double(nicsPerServer) * fabric.nicRate, nicRate: fabric.nicRate,
      rateOfBits: { $0 / 8e9 * fabric.payloadEfficiency })
    var rate = [Double](repeating: 0, count: 2 * layout.serverCount)
    for (edge, capacity) in zip(graph.edges, capacities) {
      rate[edge.source] += capacity
      rate[layout.serverCount + edge.destination] += capacity
    }
    return (0..<layout.serverCount).reduce(0) {
      let nics = max(rate[$1], rate[layout.serverCount + $1]) / fabric.nicRate
      return $0 + min(nicsPerServer, Int((nics - 1e-9).rounded(.up)))
    }
  }
}

/// The direct links of a built fabric and the paths over them.
struct DirectWiring: ElectricalWiring {
  private let routing: PathRouting
  private let maximumPaths: Int
  private let nicCount: Int
  private let paths: ShortestPaths

  init(_ topology: DirectTopology, site: WiringSite, into links: inout LinkTable) {
    routing = topology.routing
    maximumPaths = topology.maximumPaths
    nicCount = max(1, site.attachments.first?.nicCount ?? 1)
    let graph = topology.shape.graph(serverCount: site.attachments.count)
    let efficiency = site.payloadEfficiency
    let capacities = graph.capacities(
      serverRate: site.attachments.first?.capacity ?? 0, nicRate: site.cableRate,
      rateOfBits: { $0 / 8e9 * efficiency })
    let cut = Set(
      site.failures.compactMap {
        if case .link(let left, let right) = $0 { [left, right].sorted() } else { nil }
      })
    // Links that join the same two servers are one.
    let order = graph.edges.indices.sorted {
      let (left, right) = (graph.edges[$0], graph.edges[$1])
      return (left.source, left.destination, $0) < (right.source, right.destination, $1)
    }
    var arcs: [(source: Int, destination: Int, link: Int32)] = []
    var next = 0
    while next < order.count {
      let (source, destination) = (
        graph.edges[order[next]].source, graph.edges[order[next]].destination
      )
      var capacity = 0.0
      while next < order.count, graph.edges[order[next]].source == source,
        graph.edges[order[next]].destination == destination
      {
        capacity += capacities[order[next]]
        next += 1
      }
      capacity *= min(
        site.attachments[source].healthyShare, site.attachments[destination].healthyShare)
      if cut.contains([source, destination].sorted()) { capacity = 0 }
      let link = links.append(
        .direct(source: source, destination: destination),
        tier: topology.isPatched ? .circuit : .network, capacity: capacity)
      if capacity > 0 { arcs.append((source, destination, link)) }
    }
    paths = ShortestPaths(serverCount: site.attachments.count, arcs: arcs)
  }

  /// Links on a shortest path, or nil when there is none.
  func distance(from source: Int, to destination: Int) -> Int? {
    paths.distance(from: source, to: destination)
  }

  func reaches(from source: Int, to destination: Int) -> Bool {
    distance(from: source, to: destination) != nil
  }

  var hasOnePathPerPair: Bool { false }

  func pathCount(from source: Int, to destination: Int) -> Int {
    switch routing {
    case .hashed(_, let queuePairs): queuePairs * nicCount
    case .sprayed, .destinationModulo:
      max(1, paths.pathCount(from: source, to: destination, limit: maximumPaths))
    }
  }

  func forEachLink(
    from source: Int, to destination: Int, path: Int, flow: UInt64, _ visit: (Int32) -> Void
  ) {
    var fraction: Double
    if case .hashed(let seed, _) = routing {
      var stream = RandomStream(seed: seed ^ flow, purpose: UInt64(path))
      fraction = stream.unit()
    } else {
      // The middles of equal parts: each path once when there are no more than allowed.
      fraction =
        (Double(path) + 0.5) / Double(pathCount(from: source, to: destination))
    }
    paths.forEachLink(from: source, to: destination, fraction: fraction, visit)
  }
}
