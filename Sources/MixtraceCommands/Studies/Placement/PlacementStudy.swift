internal import ArgumentParser
internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// Experts in contiguous blocks, moved, and replicated: chosen for some iterations, scored on others.
struct PlacementStudy {
  let input: PlacementInput
  let options: PlacementOptions
  /// Contiguous blocks first.
  private(set) var candidates: [PlacementCandidate] = []
  private(set) var rows: [PlacementRow] = []
  let spareSlotsPerRank: Int
  /// True where no order of the experts without replicas has a less busy port on what is scored.
  private(set) var isBestOrder = false
  private let parameters: FabricParameters

  init(
    _ input: PlacementInput, options: PlacementOptions, fabrics: [FabricSpecification],
    parameters: FabricParameters, progress: (_ name: String, _ done: Int) -> Void
  ) throws {
    self.input = input
    self.options = options
    self.parameters = parameters
    let layout = input.trace.metadata.layout
    spareSlotsPerRank = try options.spareSlotsPerRank(
      experts: input.trace.expertCount, ranks: layout.parallelism.expert)
    let loads = try ExpertLoads(of: input.trace, iterations: Set(input.fitted))
    let contiguous = try ExpertPlacement(
      contiguousBlocksOf: input.trace.expertCount, on: layout)
    let bytes = options.parameterBytes(isTraining: input.isTraining)
    candidates = [try PlacementCandidate("contiguous", contiguous, input, bytes: bytes)]
    for spare in spareSlotsPerRank > 0 ? [0, spareSlotsPerRank] : [0] {
      let planner = try PlacementPlanner(
        layout: layout, expertCount: input.trace.expertCount, spareSlotsPerRank: spare,
        groupCount: options.groups)
      if spare == 0 { isBestOrder = isBest(planner, for: loads) }
      let placement = try placement(by: planner, for: loads, on: fabrics[0])
      candidates.append(
        try PlacementCandidate(
          spare == 0 ? "re-placed" : "replicated", placement, input, bytes: bytes))
    }
    for (done, fabric) in fabrics.enumerated() {
      progress(fabric.name, done)
      var contiguous: [Double]?
      for candidate in candidates {
        let times = try iterationTimes(of: candidate.scored, on: fabric)
        rows.append(
          PlacementRow(
            candidate, on: fabric, nanoseconds: times, contiguous: contiguous ?? times,
            iterationCount: input.scored.count))
        contiguous = contiguous ?? times
      }
    }
  }

  /// How many times less busy the busiest rank can become with a candidate's slots, whoever places them, on
  /// the iterations that are scored.
  func largestWin(_ candidate: PlacementCandidate) -> Double {
    guard candidate.leastBusiestRank > 0 else { return 1 }
    return max(
      1, Double(candidates[0].traffic.busiestRankAssignments) / candidate.leastBusiestRank)
  }

  /// Every order is tried on the loads of a layer: those that are scored where one all-to-all is all.
  private func isBest(_ planner: PlacementPlanner, for loads: ExpertLoads) -> Bool {
    planner.triesEveryOrder && options.objective == .busiestPort && input.isScoredOnItself
      && Set(input.trace.routing.operation).count == loads.layers.count
      && candidates[0].traffic.copiesBetweenServers
        == candidates[0].traffic.assignmentsBetweenServers
  }

  /// The placement that the objective asks for.
  private func placement(
    by planner: PlacementPlanner, for loads: ExpertLoads, on fabric: FabricSpecification
  ) throws -> ExpertPlacement {
    switch options.objective {
    case .busiestPort: return try planner.placement(for: loads, goal: .busiestPort)
    case .busiestRank: return try planner.placement(for: loads, goal: .busiestRank)
    case .betweenServers: return try fewestBetweenServers(planner, loads)
    case .betweenRegions:
      guard let size = parameters.options.circuits.region.servers else {
        throw ValidationError("--objective between-regions needs --region: servers of a region")
      }
      let servers = 0..<planner.layout.serverCount
      return try planner.placement(for: loads, goal: .across(regionOf: servers.map { $0 / size }))
    case .completion:
      let found = [
        try planner.placement(for: loads, goal: .busiestPort),
        try planner.placement(for: loads, goal: .busiestRank),
        try fewestBetweenServers(planner, loads),
      ]
      return try fastest(of: found, on: fabric)
    }
  }

  private func fastest(
    of placements: [ExpertPlacement], on fabric: FabricSpecification
  ) throws -> ExpertPlacement {
    var best = placements[0]
    var bestTime = Double.infinity
    for placement in placements {
      let workload = try input.workload(of: input.fitted, placement: placement)
      let time = try iterationTimes(of: workload, on: fabric).reduce(0, +)
      guard time < bestTime else { continue }
      bestTime = time
      best = placement
    }
    return best
  }

  /// Where a server gets one copy of a token, experts that share tokens belong together.
  private func fewestBetweenServers(
    _ planner: PlacementPlanner, _ loads: ExpertLoads
  ) throws -> ExpertPlacement {
    if input.trace.metadata.model?.copies == .perServer,
      planner.shape.slotCount == planner.expertCount,
      let placement = try planner.placement(
        savingCopiesOf: input.trace, loads: loads, iterations: Set(input.fitted))
    {
      return placement
    }
    let servers = Array(0..<planner.layout.serverCount)
    return try planner.placement(for: loads, goal: .across(regionOf: servers))
  }

  /// Nanoseconds of each iteration; of all together where recorded ones overlap.
  private func iterationTimes(
    of workload: Workload, on fabric: FabricSpecification
  ) throws -> [Double] {
    do throws(ReplayError) {
      let result = try replay(workload, on: fabric, options: parameters.replayOptions())
      return parameters.options.pacing == .dependencies
        ? result.iterations.map(\.completionNanoseconds) : [result.completionNanoseconds]
    } catch {
      let reason = FabricFailure(label: fabric.name, error: error).reason
      throw VerbError("nothing can be replayed on \(fabric.name): \(reason)")
    }
  }
}
