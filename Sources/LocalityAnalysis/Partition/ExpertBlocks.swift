package import TraceModel

/// Which ends belong together because their ranks share an expert group.
///
/// Tensor lanes of one expert group sit on the same servers, so at server grain a block is the
/// smallest set of servers that is closed under expert traffic (MixNet's EP·TP/8 servers).
package struct ExpertBlocks: Sendable, Hashable {
  /// Block of each end, numbered by first end.
  package private(set) var blockOf: [Int]

  package init(blockOf: [Int]) { self.blockOf = blockOf }

  /// The declared blocks at a grain; every end alone where the layout contradicts itself.
  package init(_ layout: Layout, at grain: Grain) {
    let map = EndMap(layout, from: .rank, to: grain)
    self.init(layout, map: map, count: layout.endpointCount(at: grain))
  }

  /// The declared blocks of servers, or of scale-up domains that hold several.
  package init(networkEndsOf layout: Layout) {
    let map = EndMap(networkEndsOf: layout, from: .rank)
    self.init(layout, map: map, count: map.count)
  }

  private init(_ layout: Layout, map: EndMap?, count: Int) {
    var sets = DisjointSets(count: count)
    let parallelism = layout.parallelism
    if layout.defect == nil, let map {
      for group in 0..<parallelism.expertGroupCount {
        let ends = parallelism.ranks(ofExpertGroup: group).map { Int(map.target[$0]) }
        for end in ends.dropFirst() { sets.join(ends[0], end) }
      }
    }
    blockOf = sets.numbered().of.map { Int($0) }
  }

  /// The same blocks, joined wherever a matrix has traffic between them.
  package func joined(by matrix: TrafficMatrix) -> ExpertBlocks {
    var sets = DisjointSets(count: blockOf.count)
    var first: [Int: Int] = [:]
    for (end, block) in blockOf.enumerated() {
      if let other = first[block] { sets.join(other, end) } else { first[block] = end }
    }
    for source in 0..<matrix.size {
      for destination in 0..<matrix.size
      where matrix.cells[source * matrix.size + destination] != 0
        && blockOf[source] != blockOf[destination]
      {
        sets.join(source, destination)
      }
    }
    return ExpertBlocks(blockOf: sets.numbered().of.map { Int($0) })
  }

  /// The ends of each block, ascending.
  package var members: [[Int]] {
    var result = [[Int]](repeating: [], count: (blockOf.max() ?? -1) + 1)
    for (end, block) in blockOf.enumerated() { result[block].append(end) }
    return result
  }

  /// Ends in the largest block.
  package var largestSize: Int { members.map(\.count).max() ?? 0 }
}
