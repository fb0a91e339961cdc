package import TraceModel

/// Which ends belong together because their ranks share an expert group.
///
/// Tensor lanes of one expert group sit on the same servers, so at server grain a block is the
/// smallest set of servers that is closed under expert traffic (MixNet's EP·TP/8 servers).
package struct ExpertBlocks: Sendable, Hashable {
  /// Block of each end, numbered by first end.
  package private(set) var blockOf: [Int]

  /// - Parameter blockOf: block of each end, numbered from 0 without gaps.
  package init(blockOf: [Int]) { self.blockOf = blockOf }

  /// One block of so many ends.
  package static func one(of count: Int) -> ExpertBlocks {
    ExpertBlocks(blockOf: [Int](repeating: 0, count: count))
  }

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

  /// Two blocks count as one from this share of the bytes of the lesser of them.
  ///
  /// A stray byte between two blocks would otherwise make one large block of them, and that bytes
  /// stay in their half of it would read as pair structure.
  package static let joiningShare = 0.001

  /// The same blocks, joined where at least `joiningShare` of a block's bytes go to or come from
  /// another one.
  ///
  /// The bytes of a block are all that its ends exchange with others, inside and outside. O(n² + b²)
  /// for b blocks.
  package func joined(by matrix: TrafficMatrix) -> ExpertBlocks {
    let count = (blockOf.max() ?? -1) + 1
    guard count > 1 else { return self }
    var between = [Double](repeating: 0, count: count * count)
    var moved = [Double](repeating: 0, count: count)
    for source in 0..<matrix.size {
      for destination in 0..<matrix.size where destination != source {
        let bytes = Double(matrix.cells[source * matrix.size + destination])
        guard bytes > 0 else { continue }
        let (from, to) = (blockOf[source], blockOf[destination])
        moved[from] += bytes
        guard from != to else { continue }
        moved[to] += bytes
        between[min(from, to) * count + max(from, to)] += bytes
      }
    }
    var sets = DisjointSets(count: count)
    for first in 0..<count {
      for second in (first + 1)..<max(first + 1, count) {
        let bytes = between[first * count + second]
        if bytes > 0, bytes >= Self.joiningShare * min(moved[first], moved[second]) {
          sets.join(first, second)
        }
      }
    }
    let joined = sets.numbered().of
    return ExpertBlocks(blockOf: blockOf.map { Int(joined[$0]) })
  }

  /// Bytes between ends of different blocks ÷ all bytes that leave their end; 0 without bytes.
  package func shareOutside(of matrix: TrafficMatrix) -> Double {
    var (outside, total) = (0.0, 0.0)
    for source in 0..<matrix.size {
      for destination in 0..<matrix.size where destination != source {
        let bytes = Double(matrix.cells[source * matrix.size + destination])
        total += bytes
        if blockOf[source] != blockOf[destination] { outside += bytes }
      }
    }
    return total > 0 ? outside / total : 0
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
