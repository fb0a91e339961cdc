package import TraceModel

/// What circuits that are set once join: the scheduler's answer to the first demand of each region.
///
/// From the second iteration on nothing else of the regions matters for a replay, so fabrics with equal
/// circuits and as many optical NICs need only one.
package struct StandingCircuits: Sendable, Hashable {
  /// Circuits between two servers of the layout.
  package struct Circuits: Sendable, Hashable {
    package var source: Int32
    package var destination: Int32
    package var count: Int32
  }

  /// By source, then destination; each way of a full-duplex circuit by itself.
  package private(set) var circuits: [Circuits] = []
  /// Of each region: whether any of its bytes asked for circuits.
  package private(set) var isSet: [Bool]

  /// - Throws: a `ReplayError` when the fabric does not fit the layout.
  /// - Complexity: O(pairs) per phase until all regions have circuits, and the scheduler's per region.
  package init(of workload: Workload, on fabric: FabricSpecification) throws(ReplayError) {
    let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
    isSet = [Bool](repeating: false, count: network.regions.count)
    guard let optical = fabric.optical else { return }
    let plan = try PhasePlan(workload, iterations: nil)
    for phase in plan.phases where phase.opensEpoch && isSet.contains(false) {
      let demand = PhaseDemand(plan.demands[phase.demand], of: workload)
      for (region, matrix) in demand.regionMatrices(on: network).enumerated()
      where !isSet[region] && matrix.total > 0 {
        isSet[region] = true
        let chosen = optical.scheduler.circuits(
          for: matrix, opticalPorts: optical.nicsPerServer,
          electricalPorts: fabric.electricalNICsPerServer)
        add(chosen, between: network.regions[region])
      }
    }
    circuits.sort { ($0.source, $0.destination) < ($1.source, $1.destination) }
  }

  private mutating func add(_ chosen: CircuitMatrix, between servers: [Int]) {
    for (place, source) in servers.enumerated() {
      for (other, destination) in servers.enumerated() where chosen[place, other] > 0 {
        circuits.append(
          Circuits(
            source: Int32(source), destination: Int32(destination),
            count: Int32(chosen[place, other])))
      }
    }
  }
}
