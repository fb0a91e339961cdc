internal import TraceModel

/// Every server with one other, all its ports on that pair (Helios, SIGCOMM'10; c-Through,
/// SIGCOMM'10): the matching that covers the most bytes.
///
/// Exact: Edmonds' blossoms for paired circuits, where the bytes of both directions count, and
/// the assignment problem for directed ones. O(n³).
public struct MaximumWeightMatching: StandingCircuitScheduler {
  public var duplex: Duplex

  public init(_ duplex: Duplex = .paired) { self.duplex = duplex }

  public var name: String { duplex == .paired ? "matching" : "matching-directed" }
  public var summary: String {
    duplex == .paired
      ? "every server with one other, so that the most bytes are covered"
      : "every server sends to one other, so that the most bytes are covered"
  }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let size = request.serverCount
    var circuits = CircuitMatrix(size: size)
    guard request.opticalPorts > 0 else { return circuits }
    let demand = request.demand.withoutDiagonal
    if duplex == .paired {
      let partner = maximumWeightPairs(size: size, weights: demand.foldedBySum())
      for server in 0..<size where Int(partner[server]) > server {
        circuits.addPair(server, Int(partner[server]), count: request.opticalPorts)
      }
    } else if let receiver = maximumWeightAssignment(size: size, weights: demand.cells) {
      for server in 0..<size where demand[server, Int(receiver[server])] > 0 {
        circuits.addDirected(
          from: server, to: Int(receiver[server]), count: request.opticalPorts)
      }
    }
    return circuits
  }
}

/// The pairs that cover the most bytes with every port on a pair of its own; ports that are left go
/// to the pairs that would finish last.
///
/// Directed circuits: exact (transport problem). Paired circuits: exact while the construction is
/// small (`PairSubgraph`), rounds of exact matching with a stated guarantee beyond.
public struct DegreeBoundedMatching: StandingCircuitScheduler {
  public var duplex: Duplex

  public init(_ duplex: Duplex = .paired) { self.duplex = duplex }

  public var name: String { duplex == .paired ? "b-matching" : "b-matching-directed" }
  public var summary: String { "the pairs that cover the most bytes, one circuit each" }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let size = request.serverCount
    let demand = request.demand.withoutDiagonal
    let weights = duplex == .paired ? demand.foldedBySum() : demand.cells
    let isChosen =
      duplex == .paired
      ? PairSubgraph(size: size, ports: request.opticalPorts, weights: weights).isChosen
      : maximumWeightCells(size: size, ports: request.opticalPorts, weights: weights)
    var chosen = CircuitMatrix(size: size)
    for source in 0..<size {
      for destination in 0..<size where isChosen[source * size + destination] {
        chosen.addDirected(from: source, to: destination)
      }
    }
    return greedyCircuits(
      size: size, portsPerServer: request.opticalPorts, duplex: duplex,
      demand: { weights[$0 * size + $1] }, urgency: finishTime, startingFrom: chosen)
  }
}
