public import TraceModel

/// Places the experts of every layer for the loads that were seen.
public struct PlacementPlanner: Sendable {
  public let layout: Layout
  public let expertCount: Int
  /// Slots of each layer in one expert group: its experts, and room for replicas.
  public let shape: SlotShape
  /// Slots that are scored at most for each layer and start, where not every order is tried.
  public var evaluationLimit = 20_000

  /// What is to become small.
  public enum Goal: Sendable, Hashable {
    /// Assignments through the busiest server port.
    case busiestPort
    /// Assignments that the busiest rank computes when replicas split them evenly.
    case busiestRank
    /// Assignments that leave their server, or with regions those that leave their region.
    case across(regionOf: [Int])
  }

  /// - Parameters:
  ///   - spareSlotsPerRank: room for replicas on each expert-parallel rank.
  ///   - groupCount: groups that the gate limits tokens to; whole groups stay on one server where
  ///     servers divide them.
  /// - Throws: `PlacementError` where slots, ranks, servers or groups do not divide evenly.
  public init(
    layout: Layout, expertCount: Int, spareSlotsPerRank: Int = 0, groupCount: Int = 1
  ) throws(PlacementError) {
    self.layout = layout
    self.expertCount = expertCount
    let parallelism = layout.parallelism
    guard expertCount % parallelism.expert == 0 else {
      throw PlacementError(
        "\(expertCount) experts cannot be divided evenly among \(parallelism.expert) "
          + "expert-parallel ranks", at: "layout")
    }
    let span = parallelism.expert * parallelism.expertTensor
    let fillsServers = span % layout.gpusPerServer == 0
    shape = try SlotShape(
      expertCount: expertCount, slotCount: expertCount + spareSlotsPerRank * parallelism.expert,
      rankCount: parallelism.expert,
      serverCount: groupCount > 1 && fillsServers ? span / layout.gpusPerServer : 1,
      groupCount: groupCount)
  }

  /// True where so few experts without replicas leave no more orders than a search scores: all are tried.
  public var triesEveryOrder: Bool { shape.slotCount == expertCount && expertCount <= 8 }

  /// Slots of all layers that kept routing; operations that know no layer are one more.
  ///
  /// Every order is tried where that is possible. Else each layer is searched from contiguous blocks and
  /// from balanced ranks; the better one is taken, and contiguous blocks where neither is better and there
  /// are no spare slots.
  /// - Throws: `WorkloadError` where the loads are of another layout.
  public func placement(
    for loads: ExpertLoads, goal: Goal
  ) throws(WorkloadError) -> ExpertPlacement {
    let layers = loads.layers
    let found = parallelMap(count: layers.count) { slots(for: layers[$0], goal: goal) }
    return try ExpertPlacement(
      expertCount: expertCount,
      layers: zip(layers, found).map {
        ExpertPlacement.LayerSlots(layer: $0.layer, experts: $1)
      },
      on: layout)
  }

  /// The slots of one layer.
  public func slots(for loads: ExpertLoads.LayerLoads, goal: Goal) -> [Int32] {
    let totals = loads.totals
    let weights = totals.map { Float($0) }
    let contiguous = contiguousStart(weights)
    let balanced = refinedBalance(weights: weights, shape: shape)
    let search = PlacementSearch(
      loads, expertCount: expertCount, layout: layout, evaluationLimit: evaluationLimit)
    let objective: PlacementObjective
    switch goal {
    case .busiestRank:
      let gain =
        shape.imbalance(of: contiguous, weights: weights)
        - shape.imbalance(of: balanced, weights: weights)
      return gain > 0 ? balanced : contiguous
    case .busiestPort: objective = .busiestPort
    case .across(let regionOf): objective = .across(regionOf: regionOf)
    }
    if triesEveryOrder { return search.bestOfEveryOrder(contiguous, for: objective).slots }
    let results = [contiguous, balanced].map { search.improved($0, for: objective) }
    return results[1].end < results[0].end ? results[1].slots : results[0].slots
  }

  /// Contiguous blocks, the spare slots of each rank filled with the experts whose replicas are
  /// heaviest.
  func contiguousStart(_ weights: [Float]) -> [Int32] {
    let perRank = expertCount / shape.rankCount
    let spares = EPLB.replicas(weights, slotCount: shape.slotCount).dropFirst(expertCount)
    let sparePerRank = shape.slotsPerRank - perRank
    return (0..<shape.rankCount).flatMap { rank in
      (rank * perRank..<(rank + 1) * perRank).map { Int32($0) }
        + (0..<sparePerRank).map { place in
          Int32(spares[spares.startIndex + place * shape.rankCount + rank])
        }
    }
  }
}
