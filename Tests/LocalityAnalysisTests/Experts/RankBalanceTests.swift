import LocalityAnalysis
import Testing
import TraceModel

/// Slots that are refined beyond EPLB's answer.
@Suite struct RankBalanceTests {
  private func skewed(_ count: Int, _ random: inout RandomStream) -> [Float] {
    random.permutation(count).map { Float(100_000 / ($0 + 1)) }
  }

  /// A search that gave every slot to every expert of the busiest rank and exchanged all pairs of slots
  /// each time reached 1.0302 on average here, in some hundred times as many steps.
  @Test func twoOrThreeSlotsOnEightRanksAreBalancedToTwoAndAHalfPercent() throws {
    var random = RandomStream(seed: 2)
    var sum = 0.0
    for _ in 0..<100 {
      let shape = try SlotShape(
        expertCount: 8, slotCount: 8 * (2 + random.below(2)), rankCount: 8)
      let weights = (0..<8).map { _ in Float(random.below(50_000)) }
      sum += shape.imbalance(of: refinedBalance(weights: weights, shape: shape), weights: weights)
    }
    #expect(sum / 100 < 1.025, "\(sum / 100)")
  }

  /// Trying every slot in place of every expert would take hours for the first and the heat death of the
  /// universe for the last.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [(32, 10, 1, 1), (64, 8, 1, 1), (64, 64, 1, 1), (256, 256, 1, 1), (64, 16, 8, 256)])
  func manySlotsAreBalancedInSeconds(
    ranks: Int, slotsPerRank: Int, servers: Int, groups: Int
  ) throws {
    var random = RandomStream(seed: 7)
    let weights = skewed(256, &random)
    let shape = try SlotShape(
      expertCount: 256, slotCount: ranks * slotsPerRank, rankCount: ranks, serverCount: servers,
      groupCount: groups)
    let slots = refinedBalance(weights: weights, shape: shape)
    #expect(slots.count == shape.slotCount && Set(slots).count == 256)
    let after = shape.imbalance(of: slots, weights: weights)
    let before = shape.imbalance(of: EPLB.slots(weights: weights, shape: shape), weights: weights)
    #expect(after <= before * (1 + 1e-12), "\(before) \(after)")
    // A group that stays on one server keeps that server busy.
    #expect(after < (groups == 1 ? 1.001 : 1.51), "\(before) \(after)")
  }
}
