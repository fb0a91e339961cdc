internal import TraceModel

/// What the traffic of one group in one burst looks like, and so which kind of operation it
/// probably was.
struct BurstShape: Equatable {
  var kind: OperationKind
  var role: Role
  /// 0 … 1: share of the expected pairs that are there.
  var confidence: Double

  /// Tells a full mesh from a ring from single pairs by who talks to whom.
  ///
  /// - Parameter pairs: ordered pairs of ends that exchanged bytes, each once; pairs of an end with
  ///   itself do not count.
  static func classify(_ pairs: [EndPair]) -> BurstShape {
    var peers: [Int: Set<Int>] = [:]
    var pairCount = 0
    for pair in pairs where pair.source != pair.destination {
      pairCount += 1
      peers[pair.source, default: []].insert(pair.destination)
      peers[pair.destination, default: []].insert(pair.source)
    }
    let active = peers.count
    guard active > 0 else { return BurstShape(kind: .unknown, role: .other, confidence: 0) }
    if active == 2 {
      // Two ends look the same whether they exchange halves, reduce or send: only a one-way
      // transfer says what it is.
      return pairCount == 1
        ? BurstShape(kind: .sendReceive, role: .pipeline, confidence: 0.5)
        : BurstShape(kind: .unknown, role: .other, confidence: 0)
    }
    let mostPeers = peers.values.reduce(0) { max($0, $1.count) }
    // Three ends in a bidirectional ring are a full mesh too; the mesh is the commoner reading.
    if mostPeers <= 2, active > 3 {
      return BurstShape(
        kind: .ring, role: .data, confidence: min(1, Double(pairCount) / Double(active)))
    }
    if active == 3, pairCount == 3, mostPeers == 2 {
      return BurstShape(kind: .ring, role: .data, confidence: 0.5)
    }
    let meanPeers = Double(peers.values.reduce(0) { $0 + $1.count }) / Double(active)
    let mesh = Double(pairCount) / (Double(active) * Double(active - 1))
    if meanPeers > 2 || mesh >= 0.5 {
      return BurstShape(kind: .allToAll, role: .expert, confidence: mesh)
    }
    return BurstShape(kind: .sendReceive, role: .pipeline, confidence: 0.5)
  }
}

/// Two ends, in the direction of the bytes.
struct EndPair: Hashable {
  var source: Int
  var destination: Int

  /// The servers of two NICs: servers, not NICs, talk to each other, so that the rails of one
  /// all-to-all belong together.
  func servers(in layout: Layout) -> EndPair {
    EndPair(
      source: layout.server(of: source, at: .nic),
      destination: layout.server(of: destination, at: .nic))
  }
}

/// Which pairs belong together: connected components of who exchanged bytes with whom.
///
/// - Returns: a group number for each pair, groups numbered by their first pair.
func communicatingGroups(of pairs: [EndPair]) -> [Int] {
  var ends = KeyTable()
  let numbered = pairs.map { pair in
    (
      source: ends.number(of: UInt64(pair.source)),
      destination: ends.number(of: UInt64(pair.destination))
    )
  }
  var sets = DisjointSets(count: ends.count)
  for pair in numbered { sets.join(pair.source, pair.destination) }
  let groupOf = sets.numbered().of
  return numbered.map { Int(groupOf[$0.source]) }
}
