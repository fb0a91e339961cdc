public import TraceModel

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

  /// The circuits that a scheduler chooses for the servers of each region by themselves.
  ///
  /// - Parameters:
  ///   - demand: bytes between all servers, of operations that are not scored; nil for schedulers that
  ///     choose the same circuits for any.
  ///   - regions: nil for one region of all servers.
  public init(
    _ scheduler: any StandingCircuitScheduler, serverCount: Int, opticalPorts: Int,
    electricalPorts: Int = 0, demand: TrafficMatrix? = nil, regions: [[Int]]? = nil
  ) {
    let regions = regions ?? [Array(0..<serverCount)]
    self.init(
      name: scheduler.name, regions: regions,
      circuits: regions.map { servers in
        var matrix = TrafficMatrix(size: servers.count)
        if let demand {
          for (row, source) in servers.enumerated() {
            for (column, destination) in servers.enumerated() where row != column {
              matrix[row, column] = demand[source, destination]
            }
          }
        }
        return scheduler.circuits(
          for: CircuitRequest(
            demand: matrix, opticalPorts: opticalPorts, electricalPorts: electricalPorts))
      })
  }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("circuits", name), EffectiveParameter("regions", regions.count),
      EffectiveParameter("digest of the circuits", digest),
    ]
  }

  /// Tells apart what was chosen for different demands or with different numbers of ports.
  private var digest: String {
    var digest = LinkDigest()
    for (servers, matrix) in zip(regions, circuits) {
      for server in servers { digest.add(UInt64(server)) }
      for (cell, count) in matrix.cells.enumerated() where count > 0 {
        digest.add(UInt64(cell))
        digest.add(UInt64(count))
      }
    }
    for edge in base?.edges ?? [] {
      digest.add(UInt64(edge.source))
      digest.add(UInt64(edge.destination))
    }
    return digest.description
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
