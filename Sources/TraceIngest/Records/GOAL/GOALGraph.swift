/// Who waits for whom, by node and in both directions (compressed sparse rows).
struct GOALGraph {
  struct Edge: Sendable, Hashable {
    var node: Int32
    var isOnStart: Bool
  }

  private var firstPredecessor: [Int32]
  private var firstSuccessor: [Int32]
  private var predecessorEdges: [Edge]
  private var successorEdges: [Edge]

  init(nodeCount: Int, _ dependencies: [GOALSchedule.Dependency]) {
    firstPredecessor = Self.offsets(dependencies.lazy.map(\.node), count: nodeCount)
    firstSuccessor = Self.offsets(dependencies.lazy.map(\.predecessor), count: nodeCount)
    predecessorEdges = [Edge](repeating: Edge(node: 0, isOnStart: false), count: dependencies.count)
    successorEdges = predecessorEdges
    var nextPredecessor = firstPredecessor
    var nextSuccessor = firstSuccessor
    for dependency in dependencies {
      let (node, other) = (Int(dependency.node), Int(dependency.predecessor))
      predecessorEdges[Int(nextPredecessor[node])] = Edge(
        node: dependency.predecessor, isOnStart: dependency.isOnStart)
      nextPredecessor[node] += 1
      successorEdges[Int(nextSuccessor[other])] = Edge(
        node: dependency.node, isOnStart: dependency.isOnStart)
      nextSuccessor[other] += 1
    }
  }

  private static func offsets(_ owners: some Sequence<Int32>, count: Int) -> [Int32] {
    var offsets = [Int32](repeating: 0, count: count + 1)
    for owner in owners { offsets[Int(owner) + 1] += 1 }
    for index in 0..<count { offsets[index + 1] += offsets[index] }
    return offsets
  }

  func predecessors(of node: Int) -> ArraySlice<Edge> {
    predecessorEdges[Int(firstPredecessor[node])..<Int(firstPredecessor[node + 1])]
  }

  func successors(of node: Int) -> ArraySlice<Edge> {
    successorEdges[Int(firstSuccessor[node])..<Int(firstSuccessor[node + 1])]
  }

  func successorCount(of node: Int) -> Int { successors(of: node).count }

  func predecessorCounts() -> [Int32] {
    firstPredecessor.indices.dropLast().map { firstPredecessor[$0 + 1] - firstPredecessor[$0] }
  }
}

/// Sets of operations that nodes wait for; equal neighbours share one.
struct GOALSets {
  /// The set of nothing.
  static let empty: Int32 = 0

  private var offsets: [Int] = [0, 0]
  private var members: [Int32] = []

  subscript(set: Int32) -> ArraySlice<Int32> { members[offsets[Int(set)]..<offsets[Int(set) + 1]] }

  /// A set of its own; `operations` are ascending.
  mutating func insert(_ operations: [Int32]) -> Int32 {
    guard !operations.isEmpty else { return Self.empty }
    members += operations
    offsets.append(members.count)
    return Int32(offsets.count - 2)
  }

  mutating func union(_ sets: [Int32]) -> Int32 {
    let filled = sets.filter { $0 != Self.empty }
    guard let first = filled.first, filled.contains(where: { $0 != first }) else {
      return filled.first ?? Self.empty
    }
    var all: [Int32] = []
    for set in filled { all += self[set] }
    all.sort()
    var distinct: [Int32] = []
    for operation in all where operation != distinct.last { distinct.append(operation) }
    return insert(distinct)
  }
}

/// A node and when its turn comes; of equal times the one that stands first in the file.
struct TimedNode: Comparable {
  var time: Int64
  var node: Int32

  static func < (left: TimedNode, right: TimedNode) -> Bool {
    (left.time, left.node) < (right.time, right.node)
  }
}
