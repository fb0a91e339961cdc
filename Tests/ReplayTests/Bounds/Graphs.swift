import Replay
import TraceModel

/// Networks whose maximum concurrent flow is known, and demands for them.
enum Graphs {
  static func ring(_ count: Int, isDuplex: Bool = true) -> LinkGraph {
    var graph = LinkGraph(nodeCount: count)
    for node in 0..<count {
      graph.addLink(from: node, to: (node + 1) % count, capacity: 1)
      if isDuplex { graph.addLink(from: (node + 1) % count, to: node, capacity: 1) }
    }
    return graph
  }

  static func hypercube(dimensions: Int) -> LinkGraph {
    var graph = LinkGraph(nodeCount: 1 << dimensions)
    for node in 0..<graph.nodeCount {
      for dimension in 0..<dimensions where node >> dimension & 1 == 0 {
        graph.join(node, node | 1 << dimension, capacity: 1)
      }
    }
    return graph
  }

  static func torus(_ side: Int) -> LinkGraph {
    var graph = LinkGraph(nodeCount: side * side)
    for row in 0..<side {
      for column in 0..<side {
        let node = row * side + column
        graph.join(node, row * side + (column + 1) % side, capacity: 1)
        graph.join(node, (row + 1) % side * side + column, capacity: 1)
      }
    }
    return graph
  }

  static func fullMesh(_ count: Int, capacity: Double) -> LinkGraph {
    var graph = LinkGraph(nodeCount: count)
    for left in 0..<count {
      for right in left + 1..<count { graph.join(left, right, capacity: capacity) }
    }
    return graph
  }

  /// `degree` random Hamiltonian cycles, links of random capacity: connected both ways.
  static func random(
    _ count: Int, cycles: Int, _ random: inout RandomStream, isUnit: Bool = false
  ) -> LinkGraph {
    var graph = LinkGraph(nodeCount: count)
    for _ in 0..<cycles {
      let order = random.permutation(count)
      for place in order.indices {
        graph.join(
          order[place], order[(place + 1) % count], capacity: isUnit ? 1 : 0.5 + random.unit())
      }
    }
    return graph
  }

  static func uniform(_ count: Int) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: count)
    for row in 0..<count {
      for column in 0..<count where row != column { matrix[row, column] = 1 }
    }
    return matrix
  }

  static func shift(_ count: Int) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: count)
    for row in 0..<count { matrix[row, (row + 1) % count] = 1 }
    return matrix
  }
}
