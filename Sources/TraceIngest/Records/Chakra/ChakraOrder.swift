internal import HeapModule

/// The calls of one rank, each behind those that it waits for, directly or through other nodes.
///
/// Nodes go as soon as all that they wait for has gone, the lowest first; where a ring of them waits
/// for itself, one of the ring is let go.
struct ChakraOrder {
  private(set) var calls: [(call: Int32, predecessors: [Int32])] = []
  private(set) var ringDependencies = 0

  /// - Parameter callOfNode: by node: its call, or −1.
  init(nodeCount: Int, _ dependencies: [GOALSchedule.Dependency], callOfNode: [Int32]) {
    let graph = GOALGraph(nodeCount: nodeCount, dependencies)
    var waits = graph.predecessorCounts()
    var after = [Int32](repeating: GOALSets.empty, count: nodeCount)
    var isDone = [Bool](repeating: false, count: nodeCount)
    var sets = GOALSets()
    var ready = Heap<TimedNode>()
    for node in waits.indices where waits[node] == 0 {
      ready.insert(TimedNode(time: 0, node: Int32(node)))
    }
    var rings = RingWalk(nodeCount: nodeCount)
    while true {
      var next = ready.popMin().map { Int($0.node) }
      if next == nil {
        guard let node = rings.nodeInRing(of: graph, isDone, isWaiting: { !$0 }) else { break }
        next = node
        ringDependencies += Int(waits[node])
      }
      guard let node = next, !isDone[node] else { continue }
      isDone[node] = true
      let before = sets.union(graph.predecessors(of: node).map { after[Int($0.node)] })
      after[node] = before
      if callOfNode[node] >= 0 {
        let place = Int32(calls.count)
        calls.append((callOfNode[node], Array(sets[before])))
        after[node] = sets.insert([place])
      }
      for edge in graph.successors(of: node) {
        waits[Int(edge.node)] -= 1
        if waits[Int(edge.node)] == 0 { ready.insert(TimedNode(time: 0, node: edge.node)) }
      }
    }
  }
}
