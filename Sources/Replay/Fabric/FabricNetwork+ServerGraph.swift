package import TraceModel

extension FabricNetwork {
  /// The direct links of servers that are joined without switches, as bounds see them; nil on other
  /// fabrics. Electrical NICs beside them meet in one node that never blocks.
  package var serverGraph: LinkGraph? {
    guard fabric.electrical.joinsWholeServers else { return nil }
    let servers = layout.serverCount
    var graph = LinkGraph(nodeCount: servers + 1)
    for (link, name) in links.name.enumerated() where links.capacity[link] > 0 {
      let capacity = links.capacity[link]
      switch name {
      case .direct(let source, let destination):
        graph.addLink(from: source, to: destination, capacity: capacity)
      case .packetUp(let server): graph.addLink(from: server, to: servers, capacity: capacity)
      case .packetDown(let server): graph.addLink(from: servers, to: server, capacity: capacity)
      default: continue
      }
    }
    return graph
  }

  /// Bytes of a demand between servers that no scale-up link joins.
  package func serverMatrix(of demand: PhaseDemand) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: layout.serverCount)
    for pair in demand.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      let route = route(from: source, to: destination, isExpert: pair.isExpert)
      guard route == .electrical || route == .regional else { continue }
      let cell = (server(of: source), server(of: destination))
      let sum = Double(matrix[cell.0, cell.1]) + pair.bytes
      matrix[cell.0, cell.1] = Int64(min(sum, 4e18))
    }
    return matrix
  }
}
