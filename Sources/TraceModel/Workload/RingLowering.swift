/// How collectives of declared size become bytes between neighbours of a ring.
package enum RingLowering {
  /// Bytes that each of `count` ranks sends to its neighbour in an all-reduce of `bytes`:
  /// 2(N − 1)/N of them, rounded up.
  ///
  /// Half of it for the reduce-scatter, half for the all-gather (Patarasuk and Yuan, 2009).
  package static func allReduceBytes(_ bytes: Int64, count: Int) -> Int64 {
    guard count > 1 else { return 0 }
    let ranks = Int64(count)
    // (N − 1)·b overflows before b·2 does: divide first, then do the rest.
    let (whole, rest) = bytes.quotientAndRemainder(dividingBy: ranks)
    return 2 * (ranks - 1) * whole + (2 * (ranks - 1) * rest + ranks - 1) / ranks
  }

  /// Calls `body(rank, next)` for the ring of every group among the ranks of one stage.
  ///
  /// The groups are those of Megatron's order: `count` ranks that lie `stride` apart; blocks of
  /// stride × count ranks follow one another.
  package static func forEachNeighbour(
    inStage stage: Int, of parallelism: Parallelism, stride: Int, count: Int,
    _ body: (Int, Int) -> Void
  ) {
    guard count > 1 else { return }
    let first = stage * parallelism.stageRankCount
    for rank in 0..<parallelism.stageRankCount {
      let isLast = rank / stride % count == count - 1
      body(first + rank, first + rank + (isLast ? stride * (1 - count) : stride))
    }
  }
}
