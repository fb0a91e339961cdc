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
  /// How many times less busy the busiest rank can become with all slots, by any placement, on the
  /// iterations that are fitted.
  let largestWin: Double
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
    largestWin = Self.largestWin(
      loads, ranks: layout.parallelism.expert, spareSlotsPerRank: spareSlotsPerRank)
    let contiguous = try ExpertPlacement(
      contiguousBlocksOf: input.trace.expertCount, on: layout)
    let bytes = options.parameterBytes(isTraining: input.isTraining)
    candidates = [try PlacementCandidate("contiguous", contiguous, input, bytes: bytes)]
    for spare in spareSlotsPerRank > 0 ? [0, spareSlotsPerRank] : [0] {
      let placement = try placement(for: loads, spareSlots: spare, on: fabrics[0])
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

  /// The relaxed bound over all layers, each weighted with its busiest rank.
  private static func largestWin(
    _ loads: ExpertLoads, ranks: Int, spareSlotsPerRank: Int
  ) -> Double {
    var busiest = 0.0
    var least = 0.0
    let perRank = loads.expertCount / ranks
    for layer in loads.layers {
      let totals = layer.totals
      let load =
        (0..<ranks).map { totals[$0 * perRank..<($0 + 1) * perRank].reduce(0, +) }.max() ?? 0
      busiest += Double(load)
      least +=
        Double(load)
        / ReplicaHeadroom(loads: totals, placeCount: ranks).largestWin(
          slotCount: loads.expertCount + spareSlotsPerRank * ranks, busiest: load)
    }
    return least > 0 ? busiest / least : 1
  }

  /// The placement that the objective asks for.
  private func placement(
    for loads: ExpertLoads, spareSlots: Int, on fabric: FabricSpecification
  ) throws -> ExpertPlacement {
    let planner = try PlacementPlanner(
      layout: input.trace.metadata.layout, expertCount: input.trace.expertCount,
      spareSlotsPerRank: spareSlots, groupCount: options.groups)
    switch options.objective {
    case .busiestPort: return try planner.placement(for: loads, goal: .busiestPort)
    case .busiestRank: return try planner.placement(for: loads, goal: .busiestRank)
    case .betweenServers: return try fewestBetweenServers(planner, loads, spareSlots: spareSlots)
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
        try fewestBetweenServers(planner, loads, spareSlots: spareSlots),
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
    _ planner: PlacementPlanner, _ loads: ExpertLoads, spareSlots: Int
  ) throws -> ExpertPlacement {
    if input.trace.metadata.model?.copies == .perServer, spareSlots == 0,
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

/// One placement and what it makes of the scored iterations.
struct PlacementCandidate {
  let name: String
  let placement: ExpertPlacement
  let scored: Workload
  let traffic: PlacedTraffic
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
    let ports = PortBytes(scored)
    bytesBetweenServers = ports.total / Double(input.scored.count)
    busiestPortBytes = ports.busiest / Double(input.scored.count)
    let fitted = try input.workload(of: input.fitted, placement: placement)
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

/// One placement on one fabric.
struct PlacementRow {
  let candidate: PlacementCandidate
  let fabric: FabricSpecification
  let nanosecondsPerIteration: Double
  let contiguousNanoseconds: Double
  /// Of the share that is saved; nil for contiguous blocks.
  private(set) var interval: SavingInterval?

  /// - Parameters:
  ///   - nanoseconds: of each iteration, or of all together.
  ///   - contiguous: the same with experts in contiguous blocks.
  init(
    _ candidate: PlacementCandidate, on fabric: FabricSpecification, nanoseconds: [Double],
    contiguous: [Double], iterationCount: Int
  ) {
    self.candidate = candidate
    self.fabric = fabric
    nanosecondsPerIteration = nanoseconds.reduce(0, +) / Double(iterationCount)
    contiguousNanoseconds = contiguous.reduce(0, +) / Double(iterationCount)
    guard !candidate.placement.layers.isEmpty, nanoseconds.count == contiguous.count else { return }
    interval = SavingInterval(
      before: contiguous, after: nanoseconds, loss: gradientNanoseconds)
  }

  /// What one server can receive from the network.
  private var serverBytesPerNanosecond: Double {
    fabric.nicBitsPerSecond / 8e9 * Double(fabric.nicsPerServer) * fabric.payloadEfficiency
  }

  /// Time in which the gradients of replicas can at best be summed, all servers sending evenly.
  var gradientNanoseconds: Double {
    guard let replicas = candidate.replicas else { return 0 }
    return Double(replicas.gradientBytesPerIteration)
      / (serverBytesPerNanosecond * Double(candidate.placement.layout.serverCount))
  }

  /// What an iteration gains after the gradients of replicas; below 0 it loses.
  var savedNanoseconds: Double {
    contiguousNanoseconds - nanosecondsPerIteration - gradientNanoseconds
  }

  var savedShare: Double {
    contiguousNanoseconds > 0 ? savedNanoseconds / contiguousNanoseconds : 0
  }

  var migrationNanoseconds: Double? {
    candidate.migration?.nanoseconds(serverBytesPerNanosecond: serverBytesPerNanosecond)
  }

  /// Nil where nothing is gained, or the size of an expert is not known.
  var breakEvenIterations: Int? {
    candidate.migration?.breakEvenIterations(
      savedNanosecondsPerIteration: savedNanoseconds,
      serverBytesPerNanosecond: serverBytesPerNanosecond)
  }
}
