import LocalityAnalysis
import Testing
import TraceModel

/// A bound is never above what a placement reaches.
@Suite struct ReplicaHeadroomTests {
  /// Random routing of three experts on two servers, each operation with loads of its own.
  private func trace(
    operations: Int, layout: Layout, _ random: inout RandomStream
  ) -> Trace {
    routedTrace(
      (0..<operations).map { operation in
        let rows = (0..<layout.rankCount * 2).map { row in
          (
            source: Int32(row % layout.rankCount),
            set: [Int32(random.below(2) == 0 ? operation % 2 : random.below(4))]
          )
        }
        return (Int32(operation), Int32(0), rows)
      }, layout: layout, experts: 4)
  }

  /// Every way to fill 2 expert-parallel ranks with 4 experts and some replicas.
  @Test(arguments: [4, 6])
  func noPlacementIsBelowTheBound(slotCount: Int) throws {
    var random = RandomStream(seed: 41)
    var reached = 0
    for layout in [
      Layout(serverCount: 2, gpusPerServer: 1),
      Layout(serverCount: 2, gpusPerServer: 2, parallelism: Parallelism(expert: 2, data: 4)),
    ] {
      for _ in 0..<6 {
        let trace = trace(operations: 1 + random.below(3), layout: layout, &random)
        var best = Int64.max
        for code in 0..<(1 << (2 * slotCount)) {
          let slots = (0..<slotCount).map { Int32(code >> (2 * $0) & 3) }
          guard Set(slots).count == 4 else { continue }
          let placement = try ExpertPlacement(
            expertCount: 4, layers: [.init(layer: 0, experts: slots)], on: layout)
          best = min(
            best, try PlacedTraffic(of: trace, placement: placement).busiestRankAssignments)
        }
        let bound = try ReplicaHeadroom.leastBusiestRank(
          of: trace, on: layout, slotCount: slotCount)
        #expect(bound <= Double(best), "\(bound) \(best)")
        if bound == Double(best) { reached += 1 }
      }
    }
    // It says something: often enough a placement is as good as the bound.
    #expect(reached >= 2, "\(reached)")
  }

  /// Experts 0 and 1 are hot in turn: summed up they look even, which no rank ever is.
  @Test func alternatingHotExpertsAreBoundOperationByOperation() throws {
    let layout = Layout(serverCount: 2, gpusPerServer: 1)
    let trace = routedTrace(
      [
        (0, 0, [(0, [0]), (1, [0])]),
        (1, 0, [(0, [1]), (1, [1])]),
      ], layout: layout, experts: 2)
    let blocks = try ExpertPlacement(contiguousBlocksOf: 2, on: layout)
    #expect(try PlacedTraffic(of: trace, placement: blocks).busiestRankAssignments == 40)
    // Without replicas each operation's tokens are on one rank; summed loads would allow 20.
    #expect(try ReplicaHeadroom.leastBusiestRank(of: trace, on: layout, slotCount: 2) == 40)
    #expect(try ReplicaHeadroom.leastBusiestRank(of: trace, on: layout, slotCount: 4) == 20)
    #expect(
      try ReplicaHeadroom.leastBusiestRank(of: trace, iterations: [1], on: layout, slotCount: 2)
        == 20)
  }

  /// Loads beyond single precision: the last digits count.
  @Test func largeLoadsAreSharedExactly() {
    let loads: [Int64] = [100_000_000, 100_000_001, 1]
    let headroom = ReplicaHeadroom(loads: loads, placeCount: 3)
    #expect(headroom.leastBusiest(slotCount: 3) == 100_000_001)
    #expect(headroom.leastBusiest(slotCount: 4) == 100_000_000)
  }
}
