internal import TraceModel

/// Bytes out of a set of nodes, divided by the capacity out of it: no routing gets around that.
///
/// Sets that are looked at: every node alone and with all others, the groups given, and every prefix of
/// the nodes in the order of the second eigenvector of the network's Laplacian (a sweep cut, near the
/// narrowest one), each in both directions. The narrowest cut of a demand with many pairs can be
/// O(log n) below the truth (Leighton and Rao, J. ACM 1999), so this only bounds from below.
struct CutBounds {
  private let demand: TrafficMatrix
  private let graph: LinkGraph

  init(_ demand: TrafficMatrix, on graph: LinkGraph) {
    self.demand = demand
    self.graph = graph
  }

  /// The largest ratio of all sets.
  ///
  /// - Complexity: O(links + pairs) for each group and for the sweep, and O(links) for each of 300 steps
  ///   towards the eigenvector.
  func tightest(groups: [[Int]]) -> Double {
    var best = largestRatio(of: (0..<graph.nodeCount).map { [$0] })
    for group in groups { best = max(best, largestRatio(of: [group])) }
    return max(best, largestRatio(of: [tightestPrefix(of: spectralOrder())]))
  }

  /// The largest ratio of sets that do not overlap.
  private func largestRatio(of sets: [[Int]]) -> Double {
    var owner = [Int](repeating: -1, count: graph.nodeCount)
    for (number, set) in sets.enumerated() {
      for node in set where (0..<graph.nodeCount).contains(node) { owner[node] = number }
    }
    var cut = [Cut](repeating: Cut(), count: sets.count)
    for link in 0..<graph.linkCount {
      let from = owner[Int(graph.source[link])]
      let to = owner[Int(graph.destination[link])]
      guard from != to else { continue }
      if from >= 0 { cut[from].capacityOut += graph.capacity[link] }
      if to >= 0 { cut[to].capacityIn += graph.capacity[link] }
    }
    forEachPair { source, destination, bytes in
      guard owner[source] != owner[destination] else { return }
      if owner[source] >= 0 { cut[owner[source]].bytesOut += bytes }
      if owner[destination] >= 0 { cut[owner[destination]].bytesIn += bytes }
    }
    return cut.reduce(0) { max($0, $1.time) }
  }

  /// The prefix of an order with the largest ratio, as running sums see it.
  private func tightestPrefix(of order: [Int]) -> [Int] {
    var place = [Int](repeating: 0, count: graph.nodeCount)
    for (index, node) in order.enumerated() { place[node] = index }
    // What enters and leaves the cut when the prefix grows past each place.
    var changes = [Cut](repeating: Cut(), count: graph.nodeCount + 1)
    func add(
      _ from: Int, _ to: Int, _ amount: Double, out: WritableKeyPath<Cut, Double>,
      into: WritableKeyPath<Cut, Double>
    ) {
      let (first, last) = (min(place[from], place[to]), max(place[from], place[to]))
      let path = place[from] < place[to] ? out : into
      changes[first + 1][keyPath: path] += amount
      if last + 1 < changes.count { changes[last + 1][keyPath: path] -= amount }
    }
    for link in 0..<graph.linkCount {
      add(
        Int(graph.source[link]), Int(graph.destination[link]), graph.capacity[link],
        out: \.capacityOut, into: \.capacityIn)
    }
    forEachPair { add($0, $1, $2, out: \.bytesOut, into: \.bytesIn) }
    var (cut, best, length) = (Cut(), 0.0, 0)
    for count in 1..<max(1, graph.nodeCount) {
      cut.add(changes[count])
      if cut.time > best { (best, length) = (cut.time, count) }
    }
    return Array(order.prefix(length))
  }

  private func forEachPair(_ body: (Int, Int, Double) -> Void) {
    for source in 0..<demand.size {
      for destination in 0..<demand.size
      where source != destination && demand[source, destination] > 0 {
        body(source, destination, Double(demand[source, destination]))
      }
    }
  }

  /// Nodes along the second eigenvector of the Laplacian of capacities, both directions added.
  private func spectralOrder() -> [Int] {
    let count = graph.nodeCount
    var degree = [Double](repeating: 0, count: count)
    for link in 0..<graph.linkCount {
      degree[Int(graph.source[link])] += graph.capacity[link]
      degree[Int(graph.destination[link])] += graph.capacity[link]
    }
    let shift = 2 * (degree.max() ?? 0)
    var random = RandomStream(seed: 1)
    var vector = (0..<count).map { _ in random.unit() - 0.5 }
    // Power steps of shift − Laplacian, away from the constant vector.
    for _ in 0..<300 {
      var image = zip(vector, degree).map { (shift - $1) * $0 }
      for link in 0..<graph.linkCount {
        let (from, to) = (Int(graph.source[link]), Int(graph.destination[link]))
        image[from] += graph.capacity[link] * vector[to]
        image[to] += graph.capacity[link] * vector[from]
      }
      let mean = image.reduce(0, +) / Double(max(1, count))
      let largest = image.reduce(0) { max($0, abs($1 - mean)) }
      guard largest > 0 else { break }
      vector = image.map { ($0 - mean) / largest }
    }
    return (0..<count).sorted { (vector[$0], $0) < (vector[$1], $1) }
  }
}

/// What crosses the edge of a set of nodes.
private struct Cut {
  var bytesOut = 0.0
  var bytesIn = 0.0
  var capacityOut = 0.0
  var capacityIn = 0.0

  mutating func add(_ other: Cut) {
    bytesOut += other.bytesOut
    bytesIn += other.bytesIn
    capacityOut += other.capacityOut
    capacityIn += other.capacityIn
  }

  var time: Double {
    max(
      bytesOut > 0 ? bytesOut / capacityOut : 0, bytesIn > 0 ? bytesIn / capacityIn : 0)
  }
}
