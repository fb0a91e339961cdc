package import TraceModel

/// Distinct demands, distinct circuit sets, and what each demand does on each set: solved once.
package struct SolvedPhases {
  package let network: FabricNetwork
  package let demands: [PhaseDemand]
  package let bounds: [LowerBound]
  /// The circuits that the scheduler chooses for each demand, as numbers of `circuitSets`.
  package private(set) var choice: [Int?]
  package private(set) var circuitSets: [CircuitSet] = []
  private var outcomes: [Key: PhaseOutcome] = [:]

  /// A demand on a set of circuits, or on none.
  package struct Key: Hashable, Sendable {
    package var demand: Int
    package var circuits: Int?

    package init(demand: Int, circuits: Int?) {
      self.demand = demand
      self.circuits = circuits
    }
  }

  /// - Parameter schedules: the demands for which circuits are chosen.
  package init(
    _ plan: PhasePlan, of workload: Workload, on network: FabricNetwork, schedules: Set<Int>
  ) {
    self.network = network
    let terms = plan.demands
    let optical = network.fabric.optical
    let electricalNICs = network.fabric.electricalNICsPerServer
    let prepared = parallelMap(count: terms.count) { number in
      let demand = PhaseDemand(terms[number], of: workload)
      var circuits: CircuitSet?
      if let optical, schedules.contains(number) {
        circuits = CircuitSet(
          demand.regionMatrices(on: network).map {
            optical.scheduler.circuits(
              for: $0, opticalPorts: optical.nicsPerServer, electricalPorts: electricalNICs)
          })
      }
      return (demand, circuits, lowerBound(of: demand, on: network))
    }
    demands = prepared.map(\.0)
    bounds = prepared.map(\.2)
    var numberOf: [CircuitSet: Int] = [:]
    choice = []
    for (_, circuits, _) in prepared {
      guard let circuits else {
        choice.append(nil)
        continue
      }
      let number = numberOf[circuits] ?? circuitSets.count
      if number == circuitSets.count {
        numberOf[circuits] = number
        circuitSets.append(circuits)
      }
      choice.append(number)
    }
  }

  /// Solves what is sure to be asked, on all cores.
  package mutating func prepare(_ keys: [Key]) throws(ReplayError) {
    var wanted: [Key] = []
    var seen = Set<Key>()
    for key in keys where outcomes[key] == nil && seen.insert(key).inserted { wanted.append(key) }
    let solver = PhaseSolver(network)
    let (demands, circuitSets) = (demands, circuitSets)
    let todo = wanted
    let solved = parallelMap(count: todo.count) { index in
      Result { () throws(ReplayError) -> PhaseOutcome in
        try solver.solve(
          demands[todo[index].demand], circuits: todo[index].circuits.map { circuitSets[$0] })
      }
    }
    for (key, outcome) in zip(todo, solved) { outcomes[key] = try outcome.get() }
  }

  package mutating func outcome(_ key: Key) throws(ReplayError) -> PhaseOutcome {
    if let known = outcomes[key] { return known }
    let outcome = try PhaseSolver(network).solve(
      demands[key.demand], circuits: key.circuits.map { circuitSets[$0] })
    outcomes[key] = outcome
    return outcome
  }
}
