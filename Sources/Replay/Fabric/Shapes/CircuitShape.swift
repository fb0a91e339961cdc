/// Standing optical circuits as direct links, one NIC at each end of each.
public struct CircuitShape: DirectShape {
  public var name: String
  public var regions: [[Int]]
  /// Circuits of each region, ends by their place in it.
  public var circuits: [CircuitMatrix]
  /// Further links over all servers, such as rings.
  public var base: DirectGraph?

  public init(
    name: String, regions: [[Int]], circuits: [CircuitMatrix], base: DirectGraph? = nil
  ) {
    self.name = name
    self.regions = regions
    self.circuits = circuits
    self.base = base
  }

  public var effectiveParameters: [EffectiveParameter] {
    [EffectiveParameter("circuits", name), EffectiveParameter("regions", regions.count)]
  }

  public func defect(serverCount: Int) -> String? {
    if let base, base.serverCount != serverCount {
      return "the links are for \(base.serverCount) servers, the layout has \(serverCount)"
    }
    if regions.count != circuits.count {
      return "\(regions.count) regions, circuits for \(circuits.count)"
    }
    for (servers, matrix) in zip(regions, circuits) {
      if servers.count != matrix.size {
        return "a region of \(servers.count) servers has circuits between \(matrix.size)"
      }
      if let stranger = servers.first(where: { !(0..<serverCount).contains($0) }) {
        return "server \(stranger) of a region is not one of \(serverCount)"
      }
    }
    return nil
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = base ?? DirectGraph(serverCount: serverCount)
    for (servers, matrix) in zip(regions, circuits) {
      for source in 0..<matrix.size {
        for destination in 0..<matrix.size where matrix[source, destination] > 0 {
          graph.addEdge(
            from: servers[source], to: servers[destination],
            rate: .nics(matrix[source, destination]))
        }
      }
    }
    return graph
  }
}
