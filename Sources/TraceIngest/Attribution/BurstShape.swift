internal import TraceModel

/// What the matrix of one burst looks like, and so which kind of operation it probably was.
struct BurstShape: Equatable {
  var kind: OperationKind
  var role: Role
  /// 0 … 1: share of the expected pairs that are there.
  var confidence: Double

  /// Tells a full mesh from a ring from single pairs by who talks to whom.
  ///
  /// - Parameter matrix: bytes between the ends of one group (servers, or NICs), diagonal ignored.
  static func classify(_ matrix: TrafficMatrix) -> BurstShape {
    let size = matrix.size
    var pairCount = 0
    var peers = [Set<Int>](repeating: [], count: size)
    for source in 0..<size {
      for destination in 0..<size
      where source != destination && matrix[source, destination] > 0 {
        pairCount += 1
        peers[source].insert(destination)
        peers[destination].insert(source)
      }
    }
    let active = peers.count { !$0.isEmpty }
    guard active > 0 else { return BurstShape(kind: .unknown, role: .other, confidence: 0) }
    if active == 2 {
      // Two ends look the same whether they exchange halves, reduce or send: only a one-way
      // transfer says what it is.
      return pairCount == 1
        ? BurstShape(kind: .sendReceive, role: .pipeline, confidence: 0.5)
        : BurstShape(kind: .unknown, role: .other, confidence: 0)
    }
    let mesh = Double(pairCount) / Double(active * (active - 1))
    // Three ends in a bidirectional ring are a full mesh too; the mesh is the commoner reading.
    if active > 3, peers.allSatisfy({ $0.count <= 2 }) {
      return BurstShape(
        kind: .ring, role: .data, confidence: min(1, Double(pairCount) / Double(active)))
    }
    if active == 3, pairCount == 3, peers.allSatisfy({ $0.count == 2 || $0.isEmpty }) {
      return BurstShape(kind: .ring, role: .data, confidence: 0.5)
    }
    let meanPeers = Double(peers.reduce(0) { $0 + $1.count }) / Double(active)
    if meanPeers > 2 || mesh >= 0.5 {
      return BurstShape(kind: .allToAll, role: .expert, confidence: mesh)
    }
    return BurstShape(kind: .sendReceive, role: .pipeline, confidence: 0.5)
  }
}

/// Groups of ends that exchanged bytes with each other in one burst: connected components.
///
/// - Returns: a group number per end, numbered by lowest member, −1 for silent ends.
func communicatingGroups(endCount: Int, pairs: [(source: Int, destination: Int)]) -> [Int] {
  var parent = Array(0..<endCount)
  func root(_ end: Int) -> Int {
    var end = end
    while parent[end] != end {
      parent[end] = parent[parent[end]]
      end = parent[end]
    }
    return end
  }
  var isActive = [Bool](repeating: false, count: endCount)
  for pair in pairs {
    isActive[pair.source] = true
    isActive[pair.destination] = true
    let (first, second) = (root(pair.source), root(pair.destination))
    parent[max(first, second)] = min(first, second)
  }
  var number: [Int: Int] = [:]
  return (0..<endCount).map { end in
    guard isActive[end] else { return -1 }
    let representative = root(end)
    let next = number.count
    return number[representative]
      ?? {
        number[representative] = next; return next
      }()
  }
}
