/// DeepSeek's expert-parallelism load balancer, decision for decision.
///
/// Source: deepseek-ai/EPLB, `eplb.py` (2025), in its single precision. Weights of equal size go by
/// lowest index, where the original leaves the order to its sort.
public enum EPLB {
  /// The expert in each slot of one layer.
  ///
  /// Where servers divide the groups: groups are packed to servers, the heaviest experts of each
  /// server are replicated inside it, and replicas are packed to its ranks. Else the same with all
  /// ranks as one server and all experts as one group.
  /// - Parameter weights: load of each expert, in any unit.
  /// - Complexity: O(slots × experts + slots × ranks).
  public static func slots(weights: [Float], shape: SlotShape) -> [Int32] {
    precondition(weights.count == shape.expertCount, "one weight per expert")
    guard shape.isHierarchical, shape.slotCount % shape.serverCount == 0 else {
      return replicated(
        Array(0..<shape.expertCount), weights, slotCount: shape.slotCount,
        rankCount: shape.rankCount)
    }
    let groupSize = shape.expertCount / shape.groupCount
    let groupWeights = (0..<shape.groupCount).map { group in
      weights[group * groupSize..<(group + 1) * groupSize].reduce(0, +)
    }
    let packs = balancedPacks(groupWeights, packCount: shape.serverCount)
    return packs.flatMap { groups in
      serverSlots(ofGroups: groups, weights, shape: shape)
    }
  }

  /// The slots of one server that holds some groups, in the order given.
  static func serverSlots(
    ofGroups groups: [Int], _ weights: [Float], shape: SlotShape
  ) -> [Int32] {
    let groupSize = shape.expertCount / shape.groupCount
    let experts = groups.flatMap { Array($0 * groupSize..<($0 + 1) * groupSize) }
    return replicated(
      experts, experts.map { weights[$0] }, slotCount: shape.slotCount / shape.serverCount,
      rankCount: shape.rankCount / shape.serverCount)
  }

  /// Replicates some experts into slots and packs the replicas to ranks.
  private static func replicated(
    _ experts: [Int], _ weights: [Float], slotCount: Int, rankCount: Int
  ) -> [Int32] {
    let replicas = replicas(weights, slotCount: slotCount)
    var counts = [Float](repeating: 0, count: experts.count)
    for replica in replicas { counts[replica] += 1 }
    let loads = replicas.map { weights[$0] / counts[$0] }
    return balancedPacks(loads, packCount: rankCount).flatMap { pack in
      pack.map { Int32(experts[replicas[$0]]) }
    }
  }

  /// The item of each replica: every item once, then again and again the one whose replicas are
  /// heaviest.
  ///
  /// The greedy choice minimises the heaviest replica.
  static func replicas(_ weights: [Float], slotCount: Int) -> [Int] {
    var counts = [Float](repeating: 1, count: weights.count)
    var replicas = Array(weights.indices)
    while replicas.count < slotCount {
      var heaviest = 0
      for item in weights.indices
      where weights[item] / counts[item] > weights[heaviest] / counts[heaviest] {
        heaviest = item
      }
      replicas.append(heaviest)
      counts[heaviest] += 1
    }
    return replicas
  }

  /// The items of each pack, as many in one as in another: heaviest first, each to the lightest pack
  /// that has room.
  static func balancedPacks(_ weights: [Float], packCount: Int) -> [[Int]] {
    let itemsPerPack = weights.count / packCount
    if itemsPerPack == 1 { return weights.indices.map { [$0] } }
    var packs = [[Int]](repeating: [], count: packCount)
    var loads = [Float](repeating: 0, count: packCount)
    let order = weights.indices.sorted {
      weights[$0] > weights[$1] || (weights[$0] == weights[$1] && $0 < $1)
    }
    for item in order {
      var lightest: Int?
      for pack in packs.indices where packs[pack].count < itemsPerPack {
        if let known = lightest, loads[known] <= loads[pack] { continue }
        lightest = pack
      }
      guard let lightest else { break }
      packs[lightest].append(item)
      loads[lightest] += weights[item]
    }
    return packs
  }
}
