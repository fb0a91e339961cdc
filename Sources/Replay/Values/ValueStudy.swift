internal import TraceModel

/// Compares circuits for the expert phases of a workload, each used as well as it can be.
struct ValueStudy {
  static let noCandidate = "no bytes can use a circuit on this fabric"
  static let demandAware: [any CircuitScheduler] = [
    MixNetGreedy(.continue), ElectricalAwareGreedy(),
  ]

  let network: FabricNetwork
  let optical: OpticalLayer
  private let demands: [PhaseDemand]
  /// Bytes between the servers of each region, by demand.
  let matrices: [[TrafficMatrix]]
  let epochs: [Epoch]

  /// Expert phases that one set of circuits serves.
  struct Epoch {
    var iteration: Int32
    var layer: Int32
    var opener: Int
    /// True when the demand is known only when a gate has run: not in a backward pass.
    var followsGate: Bool
    /// Compute right before the opener, in nanoseconds.
    var computeNanoseconds: Double
    var phases: [(demand: Int, scale: Double)]
  }

  /// Times on static and on chosen circuits, over the same phases.
  struct Comparison {
    var fixed = 0.0
    var chosen = 0.0
    /// Times that circuits are set up when they are chosen for every epoch.
    var changes = 0

    /// T(static) / T − 1.
    var gain: Double { fixed / chosen - 1 }
    /// What is saved at no delay, for each time that circuits are set up.
    var breakEvenNanoseconds: Double { max(0, fixed - chosen) / Double(max(1, changes)) }
  }

  /// Nil when no byte could use a circuit.
  init?(
    _ workload: Workload, on fabric: FabricSpecification, iterations: ClosedRange<Int32>?
  ) throws(ReplayError) {
    guard var optical = fabric.optical, optical.nicsPerServer > 0 else { return nil }
    // Circuits that stand are compared, whoever chooses them on the fabric.
    if fabric.changesCircuitsDuringPhases { optical.scheduler = Self.demandAware[0] }
    var fabric = fabric
    fabric.optical = optical
    let isOptimumKnown =
      fabric.splitOptimalDefect(for: workload.layout, grain: workload.grain) == nil
    fabric.sharing = isOptimumKnown ? .splitOptimal : .splitFair
    network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
    self.optical = optical
    let plan = try PhasePlan(workload, iterations: iterations)
    let demands = plan.demands.map { PhaseDemand($0, of: workload) }
    self.demands = demands
    let network = network
    matrices = demands.map { $0.regionMatrices(on: network) }
    var epochs: [Epoch] = []
    var epochOfOpener = [Int](repeating: -1, count: plan.phases.count)
    for (index, phase) in plan.phases.enumerated() where phase.isExpert {
      if phase.opensEpoch {
        epochOfOpener[index] = epochs.count
        epochs.append(
          Epoch(
            iteration: phase.step.iteration, layer: phase.step.layer, opener: phase.demand,
            followsGate: phase.step.phase != .combineBackward,
            computeNanoseconds: phase.computeNanoseconds, phases: []))
      }
      epochs[epochOfOpener[phase.opener]].phases.append((phase.demand, phase.scale))
    }
    self.epochs = epochs
    let hasCandidates = epochs.contains { matrices[$0.opener].contains { $0.total > 0 } }
    guard hasCandidates else { return nil }
  }

  /// Why there is nothing to choose, in words, or nil.
  private var soleTopology: String? {
    network.regions.contains { $0.count > 2 }
      ? nil : "regions of two servers have one topology only"
  }

  func topologyValue() throws(ReplayError) -> Measurement {
    if let soleTopology { return .notMeasurable(soleTopology) }
    let circulant = try time(of: epochs, on: circuits(Circulant(), for: meanMatrices(epochs)))
    let best = try bestStatic(fittedOn: epochs, scoredOn: epochs)
    return best > 0 ? .value(circulant / best - 1) : .notMeasurable(Self.noCandidate)
  }

  func reconfigurationValue() throws(ReplayError) -> Result<Comparison, Unmeasurable> {
    if let soleTopology { return .failure(Unmeasurable(reason: soleTopology)) }
    if distinctDemandCount < 2 {
      return .failure(Unmeasurable(reason: "a single distinct demand matrix"))
    }
    let numbers = Set(epochs.map(\.iteration)).sorted()
    guard numbers.count > 1 else {
      return .failure(
        Unmeasurable(
          reason: "one iteration only: static circuits must be fitted on iterations that are not "
            + "scored"))
    }
    let even = Set(numbers.indices.filter { $0 % 2 == 0 }.map { numbers[$0] })
    let halves = [
      epochs.filter { even.contains($0.iteration) }, epochs.filter { !even.contains($0.iteration) },
    ]
    var comparison = Comparison()
    for (scored, fitted) in [(halves[0], halves[1]), (halves[1], halves[0])] {
      comparison.fixed += try bestStatic(fittedOn: fitted, scoredOn: scored)
      let chosen = try timeOnChosenCircuits(scored)
      comparison.chosen += chosen.nanoseconds
      comparison.changes += chosen.changes
    }
    return .success(comparison)
  }

  /// Demands that differ by more than their direction and their scale's common factor.
  private var distinctDemandCount: Int {
    var seen = Set<[TrafficMatrix]>()
    for epoch in epochs {
      let forward = matrices[epoch.opener]
      let backward = forward.map(\.transposed)
      let isFirst = forward.lexicographicallyPrecedes(backward) {
        $0.cells.lexicographicallyPrecedes($1.cells)
      }
      seen.insert(isFirst ? forward : backward)
    }
    return seen.count
  }

  /// The least time of the scored phases on circuits fitted to others.
  private func bestStatic(
    fittedOn fitted: [Epoch], scoredOn scored: [Epoch]
  ) throws(ReplayError) -> Double {
    try time(of: scored, on: bestStaticCircuits(fittedOn: fitted))
  }

  /// The best of a few circuits for the mean of some epochs, chosen on these epochs.
  func bestStaticCircuits(fittedOn fitted: [Epoch]) throws(ReplayError) -> CircuitSet {
    let mean = meanMatrices(fitted)
    var best = circuits(Circulant(), for: mean)
    var bestTime = try time(of: fitted, on: best)
    for scheduler in Self.demandAware {
      let candidate = circuits(scheduler, for: mean)
      let time = try time(of: fitted, on: candidate)
      if time < bestTime { (best, bestTime) = (candidate, time) }
    }
    return best
  }

  /// The time of some epochs on circuits chosen for each, and how often circuits are set up: for every
  /// epoch, or only for those that change them where unchanged ports go on.
  private func timeOnChosenCircuits(
    _ scored: [Epoch]
  ) throws(ReplayError) -> (nanoseconds: Double, changes: Int) {
    var chosen: [Int: CircuitSet] = [:]
    var known: [[Int]: Double] = [:]
    var total = 0.0
    var changes = 0
    var last: CircuitSet?
    for epoch in scored {
      if chosen[epoch.opener] == nil {
        chosen[epoch.opener] = try bestCircuits(forDemand: epoch.opener)
      }
      guard let circuits = chosen[epoch.opener] else { continue }
      if optical.scope == .allStop || last != circuits { changes += 1 }
      last = circuits
      for phase in epoch.phases {
        let key = [phase.demand, epoch.opener]
        if known[key] == nil { known[key] = try time(ofDemand: phase.demand, on: circuits) }
        total += (known[key] ?? 0) * phase.scale
      }
    }
    return (total, changes)
  }

  func bestCircuits(forDemand demand: Int) throws(ReplayError) -> CircuitSet {
    var best = circuits(Circulant(), for: matrices[demand])
    var bestTime = try time(ofDemand: demand, on: best)
    for scheduler in Self.demandAware {
      let candidate = circuits(scheduler, for: matrices[demand])
      let time = try time(ofDemand: demand, on: candidate)
      if time < bestTime { (best, bestTime) = (candidate, time) }
    }
    return best
  }

  func circuits(
    _ scheduler: any CircuitScheduler, for matrices: [TrafficMatrix]
  ) -> CircuitSet {
    CircuitSet(
      matrices.map {
        scheduler.circuits(
          for: $0, opticalPorts: optical.nicsPerServer,
          electricalPorts: network.fabric.electricalNICsPerServer)
      })
  }

  private func time(of epochs: [Epoch], on circuits: CircuitSet) throws(ReplayError) -> Double {
    var weight = [Double](repeating: 0, count: demands.count)
    for epoch in epochs {
      for phase in epoch.phases { weight[phase.demand] += phase.scale }
    }
    var total = 0.0
    for demand in demands.indices where weight[demand] > 0 {
      total += weight[demand] * (try time(ofDemand: demand, on: circuits))
    }
    return total
  }

  func time(ofDemand demand: Int, on circuits: CircuitSet) throws(ReplayError) -> Double {
    try PhaseSolver(network).solve(demands[demand], circuits: circuits).completion
  }

  /// Bytes of all phases of some epochs together, each in its own direction.
  func meanMatrices(_ epochs: [Epoch]) -> [TrafficMatrix] {
    var weight = [Double](repeating: 0, count: demands.count)
    for epoch in epochs {
      for phase in epoch.phases { weight[phase.demand] += phase.scale }
    }
    var sums = network.regions.map { [Double](repeating: 0, count: $0.count * $0.count) }
    for demand in demands.indices where weight[demand] > 0 {
      for (region, matrix) in matrices[demand].enumerated() {
        for cell in matrix.cells.indices {
          sums[region][cell] += Double(matrix.cells[cell]) * weight[demand]
        }
      }
    }
    return zip(network.regions, sums).map { servers, cells in
      var matrix = TrafficMatrix(size: servers.count)
      matrix.cells = cells.map { Int64(min($0, 4e18)) }
      return matrix
    }
  }
}

/// Why a value has no number.
struct Unmeasurable: Error {
  var reason: String
}

extension Result where Success == ValueStudy.Comparison, Failure == Unmeasurable {
  /// The measurement of a success, or the reason.
  func map(_ measure: (Success) -> Measurement) -> Measurement {
    switch self {
    case .success(let comparison): measure(comparison)
    case .failure(let failure): .notMeasurable(failure.reason)
    }
  }
}
