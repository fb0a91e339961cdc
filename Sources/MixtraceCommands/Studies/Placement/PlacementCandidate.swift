internal import LocalityAnalysis
internal import TraceModel

/// One placement and what it makes of the scored iterations.
struct PlacementCandidate {
  let name: String
  let placement: ExpertPlacement
  let scored: Workload
  let fitted: Workload
  let traffic: PlacedTraffic
  /// What the busiest rank of each all-to-all has at least with as many slots, summed.
  let leastBusiestRank: Double
  /// Bytes between servers, and the sum over all-to-alls of the busiest port's, per iteration.
  let bytesBetweenServers: Double
  let busiestPortBytes: Double
  /// The same sum on the iterations that were fitted.
  let fittedPortBytes: Double
  /// Nil where the model does not say how many parameters an expert has.
  let migration: MigrationCost?
  let replicas: ReplicaCost?

  init(
    _ name: String, _ placement: ExpertPlacement, _ input: PlacementInput, bytes: ParameterBytes
  ) throws {
    self.name = name
    self.placement = placement
    scored = try input.workload(of: input.scored, placement: placement)
    traffic = try PlacedTraffic(
      of: input.trace, iterations: Set(input.scored), placement: placement)
    leastBusiestRank = try ReplicaHeadroom.leastBusiestRank(
      of: input.trace, iterations: Set(input.scored), on: placement.layout,
      slotCount: placement.slotsPerLayer)
    let ports = PortBytes(scored)
    bytesBetweenServers = ports.total / Double(input.scored.count)
    busiestPortBytes = ports.busiest / Double(input.scored.count)
    fitted = try input.workload(of: input.fitted, placement: placement)
    fittedPortBytes = PortBytes(fitted).busiest / Double(input.fitted.count)
    let parameters = input.trace.metadata.model?.sizes?.parametersPerExpert
    migration = parameters.map {
      MigrationCost(to: placement, parametersPerExpert: $0, bytes: bytes)
    }
    replicas = parameters.map {
      ReplicaCost(of: placement, parametersPerExpert: $0, bytes: bytes)
    }
  }
}

extension ExpertPlacement {
  /// Slots of each layer in one expert group: as many as experts in contiguous blocks.
  var slotsPerLayer: Int { layers.first?.experts.count ?? expertCount }
}

/// Bytes of all steps of experts at server ports.
private struct PortBytes {
  var total = 0.0
  var busiest = 0.0

  init(_ workload: Workload) {
    for step in workload.steps where step.role == .expert {
      let matrix = workload.matrix(of: [step], at: .server).withoutDiagonal
      total += Double(matrix.total)
      busiest += Double(max(matrix.rowSums.max() ?? 0, matrix.columnSums.max() ?? 0))
    }
  }
}
