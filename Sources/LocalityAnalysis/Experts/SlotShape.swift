/// How many slots a layer's experts have, and how they lie on ranks and servers.
///
/// Slot s of rank r is slot r × slotsPerRank + s; ranks of one server follow each other.
public struct SlotShape: Sendable, Hashable {
  public let expertCount: Int
  public let slotCount: Int
  /// Expert-parallel ranks.
  public let rankCount: Int
  /// Servers that the expert-parallel ranks fill.
  public let serverCount: Int
  /// Equal groups of successive experts that a gate limits tokens to (DeepSeek-V3: 8); 1 for none.
  public let groupCount: Int

  public var slotsPerRank: Int { slotCount / rankCount }

  /// True when whole groups can be given to servers, which then keep all replicas of their experts.
  public var isHierarchical: Bool { groupCount % serverCount == 0 }

  /// - Throws: `PlacementError` when a number does not divide another as it must, or slots are
  ///   fewer than experts.
  public init(
    expertCount: Int, slotCount: Int, rankCount: Int, serverCount: Int = 1, groupCount: Int = 1
  ) throws(PlacementError) {
    guard expertCount > 0, rankCount > 0, serverCount > 0, groupCount > 0 else {
      throw PlacementError("every number must be positive", at: "slots")
    }
    guard slotCount >= expertCount else {
      throw PlacementError(
        "\(slotCount) slots cannot hold \(expertCount) experts", at: "slots",
        advice: "Ask for at least one slot per expert.")
    }
    guard slotCount % rankCount == 0 else {
      throw PlacementError(
        "\(slotCount) slots cannot be divided evenly among \(rankCount) ranks", at: "slots",
        advice: "Ask for a multiple of \(rankCount) slots.")
    }
    guard rankCount % serverCount == 0 else {
      throw PlacementError(
        "\(rankCount) ranks cannot be divided evenly among \(serverCount) servers", at: "slots")
    }
    guard expertCount % groupCount == 0 else {
      throw PlacementError(
        "\(expertCount) experts cannot be divided evenly into \(groupCount) groups", at: "groups")
    }
    self.expertCount = expertCount
    self.slotCount = slotCount
    self.rankCount = rankCount
    self.serverCount = serverCount
    self.groupCount = groupCount
  }

  /// Load of each rank when an expert's load is split evenly over its replicas.
  public func rankLoads(of slots: [Int32], weights: [Float]) -> [Double] {
    var counts = [Int](repeating: 0, count: expertCount)
    for expert in slots { counts[Int(expert)] += 1 }
    var loads = [Double](repeating: 0, count: rankCount)
    for (slot, expert) in slots.enumerated() {
      loads[slot / slotsPerRank] += Double(weights[Int(expert)]) / Double(counts[Int(expert)])
    }
    return loads
  }

  /// Busiest rank ÷ mean rank under an even split; 1 is balance, also of no load at all.
  public func imbalance(of slots: [Int32], weights: [Float]) -> Double {
    let loads = rankLoads(of: slots, weights: weights)
    let total = loads.reduce(0, +)
    return total > 0 ? (loads.max() ?? 0) * Double(rankCount) / total : 1
  }
}
