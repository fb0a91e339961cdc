package import TraceModel

/// Distinct demands, distinct circuits of a region, and what each demand does on them: solved once.
package struct SolvedPhases {
  package let network: FabricNetwork
  package let demands: [PhaseDemand]
  package let bounds: [LowerBound]
  /// The regions in which each demand could use circuits; the circuits of others do not matter to it.
  package let regionsWithDemand: [[Int]]
  /// Circuits of one region, each kind once; choices and keys are numbers of these.
  package private(set) var matrices: [CircuitMatrix] = []
  /// Full-duplex circuits of each of `matrices`.
  package private(set) var circuitCount: [Int] = []
  /// What the scheduler chooses for each demand in each region; nil where it has nothing to choose
  /// for.
  ///
  /// Empty for a demand that never opens an epoch.
  package private(set) var choice: [[Int?]] = []
  private var outcomes: [Key: PhaseOutcome] = [:]

  /// A demand on the circuits of the regions in which it has any, or on a fabric without circuits.
  package struct Key: Hashable, Sendable {
    package var demand: Int
    /// For each of the demand's regions: a number of `matrices`, or nil before the first choice.
    package var circuits: [Int?]?
  }

  /// - Parameter schedules: the demands for which circuits are chosen.
  package init(
    _ plan: PhasePlan, of workload: Workload, on network: FabricNetwork, schedules: Set<Int>
  ) {
    self.network = network
    let terms = plan.demands
    let prepared = parallelMap(count: terms.count) { number in
      let demand = PhaseDemand(terms[number], of: workload)
      let chosen = schedules.contains(number) ? Self.choose(for: demand, on: network) : []
      return (
        demand, chosen, lowerBound(of: demand, on: network), demand.regionsWithDemand(on: network)
      )
    }
    demands = prepared.map(\.0)
    bounds = prepared.map(\.2)
    regionsWithDemand = prepared.map(\.3)
    var numberOf: [CircuitMatrix: Int] = [:]
    for (_, chosen, _, _) in prepared {
      var numbers: [Int?] = []
      for circuits in chosen {
        guard let circuits else {
          numbers.append(nil)
          continue
        }
        let number = numberOf[circuits] ?? matrices.count
        if number == matrices.count {
          numberOf[circuits] = number
          matrices.append(circuits)
          circuitCount.append(circuits.circuitCount)
        }
        numbers.append(number)
      }
      choice.append(numbers)
    }
  }

  /// A region without demand keeps what it has, unless its circuits are the same for any demand.
  private static func choose(for demand: PhaseDemand, on network: FabricNetwork) -> [CircuitMatrix?]
  {
    guard let optical = network.fabric.optical else { return [] }
    return demand.regionMatrices(on: network).map {
      guard $0.total > 0 || !optical.scheduler.dependsOnDemand else { return nil }
      return optical.scheduler.circuits(
        for: $0, opticalPorts: optical.nicsPerServer,
        electricalPorts: network.fabric.electricalNICsPerServer)
    }
  }

  /// The key of a demand when `current` are the circuits of all regions.
  package func key(_ demand: Int, on current: [Int?]) -> Key {
    Key(demand: demand, circuits: regionsWithDemand[demand].map { current[$0] })
  }

  /// Solves what is sure to be asked, on all cores.
  package mutating func prepare(_ keys: [Key]) throws(ReplayError) {
    var wanted: [Key] = []
    var seen = Set<Key>()
    for key in keys where outcomes[key] == nil && seen.insert(key).inserted { wanted.append(key) }
    let todo = wanted
    let solve = solve
    let solved = parallelMap(count: todo.count) { index in
      Result { () throws(ReplayError) -> PhaseOutcome in try solve(todo[index]) }
    }
    for (key, outcome) in zip(todo, solved) { outcomes[key] = try outcome.get() }
  }

  package mutating func outcome(_ key: Key) throws(ReplayError) -> PhaseOutcome {
    if let known = outcomes[key] { return known }
    let outcome = try solve(key)
    outcomes[key] = outcome
    return outcome
  }

  private var solve: @Sendable (Key) throws(ReplayError) -> PhaseOutcome {
    let (network, demands, matrices) = (network, demands, matrices)
    let regionsWithDemand = regionsWithDemand
    return { key throws(ReplayError) in
      var circuits: CircuitSet?
      if let numbers = key.circuits {
        var regions = network.regions.map { CircuitMatrix(size: $0.count) }
        for (region, number) in zip(regionsWithDemand[key.demand], numbers) {
          if let number { regions[region] = matrices[number] }
        }
        circuits = CircuitSet(regions)
      }
      return try PhaseSolver(network).solve(demands[key.demand], circuits: circuits)
    }
  }
}
