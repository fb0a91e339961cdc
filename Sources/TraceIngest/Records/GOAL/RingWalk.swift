/// Finds nodes that wait for themselves when no other can go on.
///
/// It walks from the lowest waiting node to what that waits for, and goes on where it stood when it is
/// asked again: what a node on the way waits for can only have gone before it.
///
/// - Complexity: O(nodes + dependencies) for all rings of a graph together.
struct RingWalk {
  /// Each waits for the next.
  private var path: [Int32] = []
  private var isOnPath: [Bool]
  /// By node: dependencies that are known to wait no longer.
  private var passed: [Int32]
  private var lowest = 0

  init(nodeCount: Int) {
    isOnPath = [Bool](repeating: false, count: nodeCount)
    passed = [Int32](repeating: 0, count: nodeCount)
  }

  /// A node that waits for itself, which must not wait any more when this is called again; nil when
  /// no node waits.
  ///
  /// - Parameter states: by node.
  mutating func nodeInRing<State>(
    of graph: GOALGraph, _ states: [State], isWaiting: (State) -> Bool
  ) -> Int? {
    while let last = path.last, !isWaiting(states[Int(last)]) {
      isOnPath[Int(last)] = false
      path.removeLast()
    }
    if path.isEmpty {
      while lowest < isOnPath.count, !isWaiting(states[lowest]) { lowest += 1 }
      guard lowest < isOnPath.count else { return nil }
      push(lowest)
    }
    while let last = path.last {
      let node = Int(last)
      let edges = graph.predecessors(of: node)
      var next = edges.startIndex + Int(passed[node])
      while next < edges.endIndex, !isWaiting(states[Int(edges[next].node)]) { next += 1 }
      passed[node] = Int32(next - edges.startIndex)
      guard next < edges.endIndex, !isOnPath[Int(edges[next].node)] else { return node }
      push(Int(edges[next].node))
    }
    return nil
  }

  private mutating func push(_ node: Int) {
    path.append(Int32(node))
    isOnPath[node] = true
  }
}
