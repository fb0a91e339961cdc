package import TraceModel

/// What the scheduler chooses for each demand in each region, each distinct set of circuits once, and
/// what a region's bytes would take on them.
package struct CircuitChoices: Sendable {
  package let network: FabricNetwork
  package let demands: [PhaseDemand]
  /// Circuits of one region, each kind once; choices are numbers of these.
  package private(set) var matrices: [CircuitMatrix] = []
  /// Full-duplex circuits of each of `matrices`.
  package private(set) var circuitCount: [Int] = []
  /// What the scheduler chooses for each demand in each region; nil where it has nothing to choose
  /// for.
  ///
  /// Empty for a demand that never opens an epoch.
  package private(set) var choice: [[Int?]] = []
  /// What serves a phase where the scheduler answers with sequences; see `sequence(of:in:)`.
  private var sequences: [CircuitSequence] = []
  /// By phase, then region; empty where a phase has none.
  private var sequenceOfPhase: [[Int?]] = []
  private var numberOf: [CircuitMatrix: Int] = [:]
  private var times: [TimeKey: Double] = [:]

  private struct TimeKey: Hashable {
    var demand: Int
    var region: Int
    var circuits: Int
  }

  /// - Parameter schedules: the demands for which circuits are chosen.
  package init(_ demands: [PhaseDemand], on network: FabricNetwork, schedules: Set<Int>) {
    self.network = network
    self.demands = demands
    let chosen = parallelMap(count: demands.count) { number in
      schedules.contains(number) ? Self.choose(for: demands[number], on: network) : []
    }
    for circuits in chosen { choice.append(circuits.map { $0.map { number(of: $0) } }) }
  }

  /// The number of some circuits, which are added when they are new.
  package mutating func number(of circuits: CircuitMatrix) -> Int {
    if let known = numberOf[circuits] { return known }
    numberOf[circuits] = matrices.count
    matrices.append(circuits)
    circuitCount.append(circuits.circuitCount)
    return matrices.count - 1
  }

  /// The sequence that serves a phase's bytes inside a region; nil where circuits stand.
  func sequence(of phase: Int, in region: Int) -> Int? {
    guard phase < sequenceOfPhase.count, !sequenceOfPhase[phase].isEmpty else { return nil }
    return sequenceOfPhase[phase][region]
  }

  subscript(sequence number: Int) -> CircuitSequence { sequences[number] }

  /// Asks the scheduler for the sequence of every expert phase in every region, equal ones once.
  mutating func addSequences(for plan: PhasePlan, _ optical: OpticalLayer) {
    var numberOfKey: [PhaseKey: Int] = [:]
    var keys: [PhaseKey] = []
    let keyOfPhase = plan.phases.map { phase -> Int? in
      guard phase.isExpert else { return nil }
      let key = PhaseKey(demand: phase.demand, scale: phase.scale)
      if let known = numberOfKey[key] { return known }
      numberOfKey[key] = keys.count
      keys.append(key)
      return keys.count - 1
    }
    let (wanted, demands, network) = (keys, demands, network)
    let answers = parallelMap(count: keys.count) { number in
      demands[wanted[number].demand].regionMatrices(on: network).map {
        matrix -> (CircuitRequest, CircuitSchedule)? in
        guard matrix.total > 0 else { return nil }
        let request = optical.request(for: matrix.scaled(by: wanted[number].scale), on: network)
        return (request, optical.scheduler.schedule(for: request))
      }
    }
    var numbers: [[Int?]] = []
    for regions in answers {
      numbers.append(
        regions.map { answer in
          guard let (request, schedule) = answer else { return nil }
          let sequence = CircuitSequence(
            schedule, for: request.demand, portRate: request.portRate
          ) { self.number(of: $0) }
          sequences.append(sequence)
          return sequences.count - 1
        })
    }
    sequenceOfPhase = keyOfPhase.map { key in key.map { numbers[$0] } ?? [] }
  }

  private struct PhaseKey: Hashable, Sendable {
    var demand: Int
    var scale: Double
  }

  /// The circuits for some bytes between the servers of a region.
  package mutating func choose(for demand: TrafficMatrix) -> Int? {
    guard let optical = network.fabric.optical else { return nil }
    return number(of: Self.circuits(for: demand, of: optical, on: network))
  }

  private static func circuits(
    for demand: TrafficMatrix, of optical: OpticalLayer, on network: FabricNetwork
  ) -> CircuitMatrix {
    optical.scheduler.circuits(
      for: demand, opticalPorts: optical.nicsPerServer,
      electricalPorts: network.fabric.electricalNICsPerServer)
  }

  /// A region without demand keeps what it has, unless its circuits are the same for any demand.
  private static func choose(for demand: PhaseDemand, on network: FabricNetwork) -> [CircuitMatrix?]
  {
    guard let optical = network.fabric.optical else { return [] }
    return demand.regionMatrices(on: network).map {
      guard $0.total > 0 || !optical.scheduler.dependsOnDemand else { return nil }
      return circuits(for: $0, of: optical, on: network)
    }
  }

  /// What reconfiguring a region costs, in nanoseconds; nil when nothing is reconfigured.
  package func delay(from old: Int?, to target: Int, chargesFirst: Bool) -> Double? {
    guard let optical = network.fabric.optical else { return nil }
    let isStatic = !optical.scheduler.dependsOnDemand
    guard let old else {
      if isStatic || !chargesFirst || circuitCount[target] == 0 { return nil }
      return optical.delay.nanoseconds(forPairs: circuitCount[target])
    }
    if old == target && (isStatic || optical.scope == .changedPortsOnly) { return nil }
    if circuitCount[old] == 0 && circuitCount[target] == 0 { return nil }
    return optical.delay.nanoseconds(
      forPairs: matrices[target].newCircuits(since: matrices[old]))
  }

  /// How long a demand's bytes inside a region would take on some circuits with nothing else on the
  /// fabric, at the demand's own scale.
  package mutating func time(
    of demand: Int, in region: Int, on circuits: Int
  ) throws(ReplayError) -> Double {
    let key = TimeKey(demand: demand, region: region, circuits: circuits)
    if let known = times[key] { return known }
    var set = CircuitSet(network.regions.map { CircuitMatrix(size: $0.count) })
    set.regions[region] = matrices[circuits]
    let pairs = demands[demand].pairs.filter { regionOf($0) == region }
    let time = try PhaseSolver(network).solve(PhaseDemand(pairs: pairs), circuits: set).completion
    times[key] = time
    return time
  }

  private func regionOf(_ pair: DemandPair) -> Int? {
    let (source, destination) = (Int(pair.source), Int(pair.destination))
    guard network.route(from: source, to: destination, isExpert: pair.isExpert) == .regional
    else { return nil }
    return Int(network.region[network.server(of: source)])
  }
}
