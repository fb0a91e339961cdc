internal import HeapModule

/// Shortest paths from one node to the peers that it sends to; kept between calls to save memory.
struct ShortestPathTree {
  /// By node; infinite for nodes not reached.
  private(set) var distance: [Double]
  /// The last link of the path to each node, −1 at the root and at nodes not reached.
  private(set) var lastLink: [Int32]
  /// Nodes by distance, as far as was needed.
  private(set) var settled: [Int32] = []
  private var isPeer: [Bool]

  private struct Reached: Comparable {
    var distance: Double
    var node: Int32

    static func < (left: Reached, right: Reached) -> Bool {
      (left.distance, left.node) < (right.distance, right.node)
    }
  }

  init(nodeCount: Int) {
    distance = [Double](repeating: .infinity, count: nodeCount)
    lastLink = [Int32](repeating: -1, count: nodeCount)
    isPeer = [Bool](repeating: false, count: nodeCount)
  }

  /// Finds the paths of the `index`-th source (Dijkstra); equal paths are chosen by lowest link.
  mutating func find(_ index: Int, in routed: RoutedGraph, length: [Double]) {
    let length = length.span
    for node in distance.indices {
      distance[node] = .infinity
      lastLink[node] = -1
      isPeer[node] = false
    }
    settled.removeAll(keepingCapacity: true)
    var missing = 0
    for peer in routed.firstPeer[index]..<routed.firstPeer[index + 1] {
      isPeer[Int(routed.peers[peer])] = true
      missing += 1
    }
    var isSettled = [Bool](repeating: false, count: distance.count)
    distance[Int(routed.sources[index])] = 0
    var queue = Heap([Reached(distance: 0, node: routed.sources[index])])
    while missing > 0, let nearest = queue.popMin() {
      let node = Int(nearest.node)
      if isSettled[node] { continue }
      isSettled[node] = true
      settled.append(nearest.node)
      if isPeer[node] { missing -= 1 }
      for place in routed.firstLink[node]..<routed.firstLink[node + 1] {
        let link = Int(routed.links[Int(place)])
        let next = Int(routed.graph.destination[link])
        let longer = nearest.distance + length[link]
        if longer < distance[next] {
          distance[next] = longer
          lastLink[next] = Int32(link)
          queue.insert(Reached(distance: longer, node: Int32(next)))
        }
      }
    }
  }

  /// Σ bytes · distance of the source that was looked for last; infinite when a peer is out of reach.
  func cost(_ index: Int, in routed: RoutedGraph) -> Double {
    var cost = 0.0
    for peer in routed.firstPeer[index]..<routed.firstPeer[index + 1] {
      cost += routed.bytes[peer] * distance[Int(routed.peers[peer])]
    }
    return cost
  }

  /// Appends the links of the path to a node that was reached, last link first.
  func appendPath(to node: Int32, in graph: LinkGraph, onto links: inout [Int32]) {
    var link = lastLink[Int(node)]
    while link >= 0 {
      links.append(link)
      link = lastLink[Int(graph.source[Int(link)])]
    }
  }
}
