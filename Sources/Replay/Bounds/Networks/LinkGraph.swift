internal import TraceModel

/// A network as bounds see it: nodes, and directed links between them that any bytes may use.
///
/// The ends of a demand are the first nodes; others (switches) only forward.
public struct LinkGraph: Sendable, Hashable {
  public let nodeCount: Int
  public private(set) var source: [Int32] = []
  public private(set) var destination: [Int32] = []
  /// Bytes per nanosecond.
  public private(set) var capacity: [Double] = []

  public init(nodeCount: Int) { self.nodeCount = nodeCount }

  public var linkCount: Int { capacity.count }

  /// Adds a link in one direction.
  public mutating func addLink(from source: Int, to destination: Int, capacity: Double) {
    self.source.append(Int32(source))
    self.destination.append(Int32(destination))
    self.capacity.append(capacity)
  }

  /// Adds a link in both directions.
  public mutating func join(_ left: Int, _ right: Int, capacity: Double) {
    addLink(from: left, to: right, capacity: capacity)
    addLink(from: right, to: left, capacity: capacity)
  }

  /// Throws when links or demand describe no network: an end that is no node, a link without capacity.
  func check(_ demand: TrafficMatrix) throws(ReplayError) {
    guard demand.size <= nodeCount else {
      throw ReplayError(
        "the demand has \(demand.size) ends, the network \(nodeCount) nodes", at: "demand matrix")
    }
    for link in 0..<linkCount {
      let ends = [source[link], destination[link]]
      guard ends.allSatisfy({ (0..<Int32(nodeCount)).contains($0) }) else {
        throw ReplayError(
          "it joins \(ends[0]) → \(ends[1]) of \(nodeCount) nodes", at: "link \(link)")
      }
      guard capacity[link] > 0, capacity[link].isFinite else {
        throw ReplayError(
          "its capacity is \(capacity[link]) bytes per nanosecond", at: "link \(link)",
          advice: "leave out links that carry nothing")
      }
    }
    if let negative = demand.cells.firstIndex(where: { $0 < 0 }) {
      throw ReplayError(
        "negative bytes", at: "\(negative / demand.size) → \(negative % demand.size)")
    }
  }
}

/// A network and the bytes between its ends, each node's links and each source's peers side by side.
struct RoutedGraph: Sendable {
  let graph: LinkGraph
  /// Links by source node: those of node v are `links[firstLink[v]..<firstLink[v + 1]]`.
  private(set) var firstLink: [Int32]
  private(set) var links: [Int32]
  /// Nodes with bytes to send, ascending; the peers of the i-th are
  /// `peers[firstPeer[i]..<firstPeer[i + 1]]`.
  private(set) var sources: [Int32] = []
  private(set) var firstPeer: [Int] = [0]
  private(set) var peers: [Int32] = []
  private(set) var bytes: [Double] = []

  /// - Throws: a `ReplayError` when the network or the demand makes no sense; see `LinkGraph.check`.
  init(_ graph: LinkGraph, _ demand: TrafficMatrix) throws(ReplayError) {
    try graph.check(demand)
    self.graph = graph
    links = (0..<Int32(graph.linkCount)).sorted {
      (graph.source[Int($0)], $0) < (graph.source[Int($1)], $1)
    }
    var count = [Int32](repeating: 0, count: graph.nodeCount + 1)
    for node in graph.source { count[Int(node) + 1] += 1 }
    for node in 0..<graph.nodeCount { count[node + 1] += count[node] }
    firstLink = count
    for source in 0..<demand.size {
      for destination in 0..<demand.size
      where source != destination && demand[source, destination] > 0 {
        peers.append(Int32(destination))
        bytes.append(Double(demand[source, destination]))
      }
      if peers.count > firstPeer[sources.count] {
        sources.append(Int32(source))
        firstPeer.append(peers.count)
      }
    }
  }
}
