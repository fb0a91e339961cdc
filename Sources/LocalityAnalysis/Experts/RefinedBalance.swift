/// Slots under the constraints of EPLB with a less busy busiest rank, and never a busier one.
///
/// From EPLB's answer: pairs of groups are exchanged between servers, each server is filled anew,
/// and then the busiest rank exchanges slots, or a spare replica becomes one of its experts, until
/// neither helps: a local optimum, not always the best. The constraints are EPLB's: whole groups on
/// one server where it is hierarchical, and equally many slots everywhere.
/// - Complexity: O(groups² × one server's refinement) per round, rounds until nothing helps.
public func refinedBalance(weights: [Float], shape: SlotShape) -> [Int32] {
  let start = EPLB.slots(weights: weights, shape: shape)
  guard shape.isHierarchical, shape.slotCount % shape.serverCount == 0 else {
    return RankBalance(start, weights, rankCount: shape.rankCount).refined().slots
  }
  let groupSize = shape.expertCount / shape.groupCount
  let perServer = shape.slotCount / shape.serverCount
  func filled(_ groups: [Int], from slots: [Int32]? = nil) -> RankBalance {
    let slots = slots ?? EPLB.serverSlots(ofGroups: groups, weights, shape: shape)
    return RankBalance(slots, weights, rankCount: shape.rankCount / shape.serverCount).refined()
  }
  var groups = (0..<shape.serverCount).map { server in
    Set(start[server * perServer..<(server + 1) * perServer].map { Int($0) / groupSize }).sorted()
  }
  var servers = groups.indices.map { server in
    filled(
      groups[server], from: Array(start[server * perServer..<(server + 1) * perServer]))
  }
  while let swap = bestGroupSwap(groups, servers, filled: { filled($0) }) {
    groups[swap.first] = swap.firstGroups
    groups[swap.second] = swap.secondGroups
    servers[swap.first] = filled(swap.firstGroups)
    servers[swap.second] = filled(swap.secondGroups)
  }
  return servers.flatMap(\.slots)
}

private struct GroupSwap {
  var first: Int
  var second: Int
  var firstGroups: [Int]
  var secondGroups: [Int]
}

/// The exchange with the busiest server after which the busier of the two is least busy; nil when
/// none is below the busiest now.
private func bestGroupSwap(
  _ groups: [[Int]], _ servers: [RankBalance], filled: ([Int]) -> RankBalance
) -> GroupSwap? {
  let loads = servers.map(\.busiest)
  guard var limit = loads.max(), let busiest = loads.firstIndex(of: limit) else { return nil }
  var best: GroupSwap?
  for other in groups.indices where other != busiest {
    for mine in groups[busiest].indices {
      for theirs in groups[other].indices {
        var (here, there) = (groups[busiest], groups[other])
        swap(&here[mine], &there[theirs])
        here.sort()
        there.sort()
        let load = max(filled(here).busiest, filled(there).busiest)
        guard load < limit else { continue }
        limit = load
        best = GroupSwap(first: busiest, second: other, firstGroups: here, secondGroups: there)
      }
    }
  }
  return best
}

/// Ranks that share slots freely, and what each carries when replicas split evenly.
struct RankBalance {
  private(set) var slots: [Int32]
  private let weights: [Float]
  private let perRank: Int
  private var counts: [Int]
  private var loads: [Double]

  init(_ slots: [Int32], _ weights: [Float], rankCount: Int) {
    self.slots = slots
    self.weights = weights
    perRank = slots.count / rankCount
    counts = [Int](repeating: 0, count: weights.count)
    for expert in slots { counts[Int(expert)] += 1 }
    loads = []
    loads = freshLoads()
  }

  var busiest: Double { loads.max() ?? 0 }

  /// Every step lowers the busiest rank or the number of ranks that are as busy, so it ends.
  func refined() -> RankBalance {
    var result = self
    while result.exchangeSlots() || result.giveReplica() {}
    return result
  }

  private func share(_ expert: Int32) -> Double {
    Double(weights[Int(expert)]) / Double(counts[Int(expert)])
  }

  private func freshLoads() -> [Double] {
    var loads = [Double](repeating: 0, count: slots.count / perRank)
    for (slot, expert) in slots.enumerated() { loads[slot / perRank] += share(expert) }
    return loads
  }

  /// Exchanges one slot of the busiest rank so that both ranks end up as low as possible.
  private mutating func exchangeSlots() -> Bool {
    guard let hot = loads.firstIndex(of: busiest) else { return false }
    var limit = loads[hot] * (1 - 1e-12)
    var best: (Int, Int)?
    for mine in hot * perRank..<(hot + 1) * perRank {
      for theirs in slots.indices where theirs / perRank != hot {
        let change = share(slots[mine]) - share(slots[theirs])
        let load = max(loads[hot] - change, loads[theirs / perRank] + change)
        guard change > 0, load < limit else { continue }
        limit = load
        best = (mine, theirs)
      }
    }
    guard let best else { return false }
    slots.swapAt(best.0, best.1)
    loads = freshLoads()
    return true
  }

  /// Turns a spare replica into one of an expert of the busiest rank, where that lowers the busiest
  /// once slots have been exchanged.
  private mutating func giveReplica() -> Bool {
    guard let hot = loads.firstIndex(of: busiest) else { return false }
    var limit = busiest * (1 - 1e-12)
    var best: RankBalance?
    for expert in Set(slots[hot * perRank..<(hot + 1) * perRank]).sorted() {
      for slot in slots.indices where slots[slot] != expert && counts[Int(slots[slot])] > 1 {
        var other = self
        other.counts[Int(slots[slot])] -= 1
        other.counts[Int(expert)] += 1
        other.slots[slot] = expert
        other.loads = other.freshLoads()
        while other.exchangeSlots() {}
        guard other.busiest < limit else { continue }
        limit = other.busiest
        best = other
      }
    }
    guard let best else { return false }
    self = best
    return true
  }
}
