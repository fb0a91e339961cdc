public import TraceModel

extension MaximumConcurrentFlow {
  /// How long a demand between servers takes on the direct links of a fabric when bytes may take any
  /// paths: what routing could gain, beside what the fabric's own routing reaches.
  ///
  /// - Returns: nil when servers are not joined directly.
  /// - Throws: a `ReplayError` when the fabric does not fit the layout, or a pair has no path.
  public func solve(
    _ demand: TrafficMatrix, on fabric: FabricSpecification, layout: Layout
  ) throws(ReplayError) -> Result? {
    let network = try FabricNetwork(fabric, layout: layout, grain: .server)
    guard let graph = network.serverGraph else { return nil }
    return try solve(demand, on: graph)
  }
}

extension FabricNetwork {
  /// The direct links between servers, whose NICs forward; nil when there are none.
  ///
  /// Electrical NICs beside them lead to one more node, a packet network that never blocks: what blocks
  /// inside it is left out, which no lower bound minds. With a spare server links no longer join the
  /// servers that they are named after, so then there is no graph either.
  package var serverGraph: LinkGraph? {
    guard fabric.electrical.joinsWholeServers else { return nil }
    for case .server in fabric.failures { return nil }
    let servers = layout.serverCount
    var graph = LinkGraph(nodeCount: servers + 1)
    for link in 0..<links.count where links.capacity[link] > 0 {
      let capacity = links.capacity[link]
      switch links.name[link] {
      case .direct(let source, let destination):
        graph.addLink(from: source, to: destination, capacity: capacity)
      case .packetUp(let server): graph.addLink(from: server, to: servers, capacity: capacity)
      case .packetDown(let server): graph.addLink(from: servers, to: server, capacity: capacity)
      default: continue
      }
    }
    return graph.linkCount > 0 ? graph : nil
  }

  /// Bytes between servers that leave them over NICs, all roles together.
  package func serverMatrix(of demand: PhaseDemand) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: layout.serverCount)
    for pair in demand.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      guard route(from: source, to: destination, isExpert: pair.isExpert) == .electrical else {
        continue
      }
      matrix[server(of: source), server(of: destination)] += Int64(min(pair.bytes, 4e15))
    }
    return matrix
  }
}
