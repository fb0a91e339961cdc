public import TraceModel

extension PlacementPlanner {
  /// Slots without replicas under which fewest token copies leave servers, where a server gets one
  /// copy of a token for all its experts; nil where the routing has no token-level sets.
  ///
  /// Searched from contiguous blocks and from experts that share tokens, with fewer evaluations than
  /// other goals: each reads all sets.
  /// - Parameter iterations: those to fit to; nil for all.
  public func placement(
    savingCopiesOf trace: Trace, loads: ExpertLoads, iterations: Set<Int32>? = nil
  ) throws(WorkloadError) -> ExpertPlacement? {
    guard trace.metadata.routingUnit == .tokens else { return nil }
    let layers = loads.layers
    let found = parallelMap(count: layers.count) { place -> [Int32]? in
      CoActivation(of: trace, layer: layers[place].layer, iterations: iterations)
        .map { slots(for: $0, loads: layers[place]) }
    }
    let placed = zip(layers, found).compactMap { layer, experts in
      experts.map { ExpertPlacement.LayerSlots(layer: layer.layer, experts: $0) }
    }
    return try ExpertPlacement(expertCount: expertCount, layers: placed, on: layout)
  }

  private func slots(for together: CoActivation, loads: ExpertLoads.LayerLoads) -> [Int32] {
    let parallelism = layout.parallelism
    let search = PlacementSearch(
      loads, expertCount: expertCount, layout: layout,
      evaluationLimit: max(50, min(evaluationLimit, 40_000_000 / max(1, together.entryCount))))
    let objective = PlacementObjective.score { slots in
      let placement = try? ExpertPlacement(
        expertCount: expertCount, layers: [.init(layer: together.layer, experts: slots)],
        on: layout)
      return placement.map { Double(together.copiesBetweenServers(under: $0)) } ?? .infinity
    }
    let starts = [
      ExpertPlacement.contiguousSlots(of: expertCount),
      together.gatheredSlots(
        rankCount: parallelism.expert,
        ranksPerServer: max(1, layout.gpusPerServer / parallelism.expertTensor)),
    ]
    let results = starts.map { search.improved($0, for: objective) }
    return results[1].end < results[0].end ? results[1].slots : results[0].slots
  }
}
