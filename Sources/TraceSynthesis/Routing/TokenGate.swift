internal import TraceModel

/// Draws the experts of every token of one rank, layer and micro-batch.
package struct TokenGate: Sendable {
  private let plan: SynthesisPlan
  package let schedule: GateSchedule

  package init(_ plan: SynthesisPlan) {
    self.plan = plan
    schedule = GateSchedule(plan)
  }

  /// Replaces `experts` by tokensPerRank × topK ids, each token's in the order drawn.
  ///
  /// Every (iteration, micro-batch, layer, rank) has a random stream of its own: the order in which
  /// they are asked for does not matter.
  package func route(
    iteration: Int, microBatch: Int, position: Int, rank: Int, into experts: inout [Int32]
  ) {
    let layer = plan.layers[position]
    var purpose: UInt64 = 0x746F_6B65
    for part in [iteration, microBatch, layer, rank] {
      purpose = (purpose ^ UInt64(part)) &* 0x9E37_79B9_7F4A_7C15
      purpose ^= purpose >> 31
    }
    var random = RandomStream(seed: plan.seed, purpose: purpose)
    let cumulative = schedule.cumulativeWeights(
      of: plan.layout.parallelism.expertIndex(ofRank: rank), iteration: iteration,
      position: position)
    experts.removeAll(keepingCapacity: true)
    for _ in 0..<plan.tokensPerRank {
      let first = experts.count
      for _ in 0..<plan.model.topK {
        let expert = Self.draw(from: cumulative, without: experts[first...], &random)
        experts.append(expert)
      }
    }
  }

  /// Draws by weight among the experts that the token does not have yet.
  private static func draw(
    from cumulative: [UInt64], without chosen: ArraySlice<Int32>, _ random: inout RandomStream
  ) -> Int32 {
    guard let total = cumulative.last else { return 0 }
    for _ in 0..<32 {
      let expert = firstIndex(
        above: random.next().multipliedFullWidth(by: total).high, in: cumulative)
      if !chosen.contains(Int32(expert)) { return Int32(expert) }
    }
    // Nearly all the weight is on experts that it has: draw among the others alone.
    let others = cumulative.indices.filter { !chosen.contains(Int32($0)) }
    let weights = others.map { cumulative[$0] - ($0 > 0 ? cumulative[$0 - 1] : 0) }
    var rest = random.next().multipliedFullWidth(by: weights.reduce(0, +)).high
    for (expert, weight) in zip(others, weights) {
      if rest < weight { return Int32(expert) }
      rest -= weight
    }
    return Int32(others.last ?? 0)
  }

  private static func firstIndex(above value: UInt64, in cumulative: [UInt64]) -> Int {
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > value { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
