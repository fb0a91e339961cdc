internal import TraceModel

/// Replays one phase's demand on one set of circuits.
package struct PhaseSolver: Sendable {
  package let network: FabricNetwork

  package init(_ network: FabricNetwork) { self.network = network }

  package func solve(
    _ demand: PhaseDemand, circuits: CircuitSet?
  ) throws(ReplayError) -> PhaseOutcome {
    let routes = RoutedDemand(demand, on: network, circuits: circuits)
    try routes.checkReachable()
    try network.checkPathCount(of: demand.pairs)
    guard circuits != nil else { return try fluid(routes) }
    let paced = PacedReplay(routes)
    if network.fabric.sharing == .splitOptimal { return paced.outcome }
    var outcome = try fluid(routes)
    // The paced division takes one path per pair.
    if network.hasOnePathPerPair { outcome.optimum = paced.outcome.optimum }
    return outcome
  }

  private func fluid(_ routes: RoutedDemand) throws(ReplayError) -> PhaseOutcome {
    var outcome = PhaseOutcome()
    outcome.bytes = routes.fixedBytes
    outcome.circuitUses = routes.circuitUses
    let problem = routes.fluidProblem()
    if let defect = problem.defect {
      throw ReplayError(
        defect.reason, at: defect.flow.map { routes.name(ofFlow: $0) } ?? network.fabric.name)
    }
    let solution = problem.solveUnchecked()
    outcome.completion = solution.completion
    outcome.linkBytes = Array(solution.linkBytes.prefix(network.links.count))
    for (index, bytes) in solution.linkBytes.dropFirst(network.links.count).enumerated() {
      outcome.circuitUses[index].bytes = bytes
      outcome.bytes.circuits += bytes
      outcome.bytes.electrical += outcome.circuitUses[index].demand - bytes
    }
    return outcome
  }
}

/// A demand with the route of each pair, for one set of circuits.
package struct RoutedDemand: Sendable {
  package let network: FabricNetwork
  /// Pairs that use a network or scale-up link, with their route and the circuits they may use.
  package private(set) var pairs: [(pair: DemandPair, route: Route, use: Int?)] = []
  package private(set) var circuitUses: [CircuitUse] = []
  /// Bytes whose tier does not depend on sharing.
  package private(set) var fixedBytes = CarriedBytes()

  package init(_ demand: PhaseDemand, on network: FabricNetwork, circuits: CircuitSet?) {
    self.network = network
    var uses = KeyTable()
    pairs.reserveCapacity(demand.pairs.count)
    for pair in demand.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      var route = network.route(from: source, to: destination, isExpert: pair.isExpert)
      var use: Int?
      if route == .regional {
        let (from, to) = (network.server(of: source), network.server(of: destination))
        let count = circuits?.circuits(from: from, to: to, on: network) ?? 0
        if count > 0 {
          let number = uses.number(of: UInt64(from) << 32 | UInt64(to))
          if number == circuitUses.count {
            circuitUses.append(
              CircuitUse(
                source: from, destination: to,
                capacity: Double(count) * network.circuitRate(from: from, to: to)))
          }
          circuitUses[number].demand += pair.bytes
          use = number
        } else {
          route = .electrical
        }
      }
      switch route {
      case .local: fixedBytes.local += pair.bytes
      case .scaleUp: fixedBytes.scaleUp += pair.bytes
      case .electrical: fixedBytes.electrical += pair.bytes
      case .regional: break
      }
      if route != .local { pairs.append((pair, route, use)) }
    }
  }

  package func name(ofFlow flow: Int) -> String {
    let grain = network.grain.name
    let pair = pairs[flow].pair
    return "fabric \(network.fabric.name), \(grain) \(pair.source) → \(grain) \(pair.destination)"
  }

  package func checkReachable() throws(ReplayError) {
    for (flow, (pair, route, _)) in pairs.enumerated() where route == .electrical {
      if network.reachesElectrically(from: Int(pair.source), to: Int(pair.destination)) { continue }
      throw network.unreachable(name(ofFlow: flow))
    }
  }

  /// One flow per pair; circuits follow the fabric's own links.
  package func fluidProblem() -> FluidProblem {
    var problem = FluidProblem(linkCapacity: network.links.capacity)
    for use in circuitUses { problem.appendLink(capacity: use.capacity) }
    let splits =
      network.fabric.sharing == .splitFair && network.fabric.electricalNICsPerServer > 0
    for (pair, route, use) in pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      if let use {
        let link = Int32(network.links.count + use)
        network.forEachLink(.circuit(link), from: source, to: destination) {
          problem.appendPathLink($0)
        }
        problem.endPath()
      }
      if use == nil || splits {
        let path: PathKind = route == .scaleUp ? .scaleUp : .electrical
        for subflow in 0..<network.pathCount(path, from: source, to: destination) {
          network.forEachLink(path, from: source, to: destination, subflow: subflow) {
            problem.appendPathLink($0)
          }
          problem.endPath()
        }
      }
      problem.endFlow(bytes: pair.bytes)
    }
    return problem
  }
}
