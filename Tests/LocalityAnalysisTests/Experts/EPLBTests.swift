import LocalityAnalysis
import Testing
import TraceModel

@Suite struct EPLBTests {
  /// The example in the README of deepseek-ai/EPLB, and what its program prints for it.
  private let layers: [[Float]] = [
    [90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
    [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27],
  ]
  private let random: [Float] = [
    816, 923, 151, 900, 213, 100, 851, 503, 643, 172, 205, 533, 669, 991, 372, 381,
  ]

  private func shape(groups: Int = 4) throws -> SlotShape {
    try SlotShape(
      expertCount: 12, slotCount: 16, rankCount: 8, serverCount: 2, groupCount: groups)
  }

  @Test func thePublishedExampleIsReproduced() throws {
    let shape = try shape()
    let slots = layers.map { EPLB.slots(weights: $0, shape: shape) }
    #expect(slots[0] == [5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1])
    #expect(slots[1] == [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1])
    #expect(isClose(shape.imbalance(of: slots[0], weights: layers[0]), 1.20813))
    #expect(isClose(shape.imbalance(of: slots[1], weights: layers[1]), 1.24221))
    let loads = shape.rankLoads(of: slots[0], weights: layers[0])
    #expect(loads == [121.5, 86.5, 125, 113, 147.5, 131.5, 156, 152])
    #expect(loads[..<4].reduce(0, +) == 446)
  }

  @Test func withoutGroupsTheGlobalPolicyIsUsed() throws {
    // Two servers do not divide one group.
    let shape = try shape(groups: 1)
    let slots = layers.map { EPLB.slots(weights: $0, shape: shape) }
    #expect(slots[0] == [10, 6, 10, 7, 0, 2, 11, 4, 5, 9, 5, 4, 8, 3, 1, 1])
    #expect(slots[1] == [1, 10, 2, 4, 5, 11, 5, 0, 6, 7, 6, 3, 8, 8, 9, 7])
    #expect(isClose(shape.imbalance(of: slots[0], weights: layers[0]), 1.07260))
    #expect(isClose(shape.imbalance(of: slots[1], weights: layers[1]), 1.19031))
  }

  /// Slots from the original's algorithm, written again with numpy's single precision.
  @Test func otherShapesGiveTheOriginalsSlots() throws {
    let shapes: [(slots: Int, groups: Int, servers: Int, ranks: Int, expected: [Int32])] = [
      (
        24, 4, 2, 8,
        [11, 8, 8, 1, 0, 10, 1, 0, 9, 3, 3, 2, 13, 12, 4, 13, 12, 5, 6, 15, 7, 6, 14, 7]
      ),
      (
        24, 8, 4, 4,
        [1, 1, 0, 0, 4, 5, 11, 13, 13, 12, 12, 10, 6, 6, 15, 14, 7, 7, 3, 3, 8, 8, 9, 2]
      ),
      (16, 4, 4, 16, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
    ]
    for entry in shapes {
      let shape = try SlotShape(
        expertCount: 16, slotCount: entry.slots, rankCount: entry.ranks,
        serverCount: entry.servers, groupCount: entry.groups)
      #expect(EPLB.slots(weights: random, shape: shape) == entry.expected)
    }
  }

  @Test func refinementReachesTheOptimumOfTheExample() throws {
    let shape = try shape()
    let slots = layers.map { refinedBalance(weights: $0, shape: shape) }
    // By enumeration of the groups on servers and of replicas on ranks.
    #expect(isClose(shape.imbalance(of: slots[0], weights: layers[0]), 1.16941))
    #expect(isClose(shape.imbalance(of: slots[1], weights: layers[1]), 1.24221))
    for layer in slots {
      for group in Set(layer.map { $0 / 3 }) {
        let servers = Set(layer.indices.filter { layer[$0] / 3 == group }.map { $0 / 8 })
        #expect(servers.count == 1, "group \(group) is on several servers")
      }
    }
  }

  @Test func refinementIsNeverWorseAndKeepsEveryExpert() throws {
    var stream = RandomStream(seed: 11)
    var better = 0
    for _ in 0..<60 {
      let ranks = 2 * (1 + stream.below(4))
      let shape = try SlotShape(
        expertCount: 8, slotCount: ranks * (8 / ranks + 1 + stream.below(3)), rankCount: ranks,
        serverCount: 2, groupCount: [1, 2, 4][stream.below(3)])
      let weights = (0..<8).map { _ in Float(stream.below(500) * stream.below(4)) }
      let original = EPLB.slots(weights: weights, shape: shape)
      let refined = refinedBalance(weights: weights, shape: shape)
      let before = shape.imbalance(of: original, weights: weights)
      let after = shape.imbalance(of: refined, weights: weights)
      #expect(refined.count == shape.slotCount && Set(refined).count == 8)
      #expect(after <= before * (1 + 1e-12))
      if after < before * 0.999 { better += 1 }
    }
    #expect(better > 5)
  }

  /// Every way to fill 2 ranks × 3 slots with 4 experts.
  @Test func refinementOfTinyShapesIsSeldomAboveTheOptimum() throws {
    let shape = try SlotShape(expertCount: 4, slotCount: 6, rankCount: 2)
    var stream = RandomStream(seed: 3)
    var optimal = 0
    for _ in 0..<12 {
      let weights = (0..<4).map { _ in Float(1 + stream.below(100)) }
      var best = Double.infinity
      for code in 0..<4096 {
        let slots = (0..<6).map { Int32(code >> (2 * $0) & 3) }
        guard Set(slots).count == 4 else { continue }
        best = min(best, shape.imbalance(of: slots, weights: weights))
      }
      let found = shape.imbalance(
        of: refinedBalance(weights: weights, shape: shape), weights: weights)
      #expect(found >= best * (1 - 1e-12))
      #expect(found <= best * 1.1)
      if found <= best * (1 + 1e-9) { optimal += 1 }
    }
    #expect(optimal >= 6)
  }

  @Test func shapesThatDoNotDivideAreRefused() {
    for numbers in [
      (8, 7, 1, 1, 1), (8, 9, 2, 1, 1), (8, 8, 4, 3, 1), (8, 8, 4, 2, 3), (0, 8, 4, 2, 1),
      (8, 8, 0, 1, 1),
    ] {
      #expect(throws: PlacementError.self) {
        try SlotShape(
          expertCount: numbers.0, slotCount: numbers.1, rankCount: numbers.2,
          serverCount: numbers.3, groupCount: numbers.4)
      }
    }
  }
}
