internal import TraceModel

/// The optimum for fixed circuits: bytes are divided between circuits and electrical NICs so that
/// no server's line ends later than it must, and every flow is paced to end with the last.
///
/// Sending at a constant rate is feasible exactly when no link has more bytes than it carries until
/// then, so the completion is the largest ratio of bytes to capacity over all links.
package struct PacedReplay {
  package private(set) var outcome = PhaseOutcome()

  package init(_ routes: RoutedDemand) {
    let network = routes.network
    let time = Self.lineOptimum(routes)
    outcome.bytes = routes.fixedBytes
    outcome.circuitUses = routes.circuitUses
    for index in outcome.circuitUses.indices {
      let use = outcome.circuitUses[index]
      let bytes = min(use.demand, time * use.capacity)
      outcome.circuitUses[index].bytes = bytes
      outcome.bytes.circuits += bytes
      outcome.bytes.electrical += use.demand - bytes
    }
    var loads = [Double](repeating: 0, count: network.links.count)
    for (pair, route, use) in routes.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      let onCircuits =
        use.map { outcome.circuitUses[$0].bytes / outcome.circuitUses[$0].demand * pair.bytes } ?? 0
      if onCircuits > 0 {
        network.forEachLink(.circuit(-1), from: source, to: destination) {
          if $0 >= 0 { loads[Int($0)] += onCircuits }
        }
      }
      if pair.bytes > onCircuits {
        network.forEachLink(
          route == .scaleUp ? .scaleUp : .electrical, from: source, to: destination
        ) { loads[Int($0)] += pair.bytes - onCircuits }
      }
    }
    outcome.completion = time
    for (link, load) in loads.enumerated() where load > 0 {
      outcome.completion = max(outcome.completion, load / network.links.capacity[link])
    }
    outcome.linkBytes = loads
    outcome.optimum = outcome.completion
  }

  /// The least time in which every server can send and receive over its circuits and NICs.
  private static func lineOptimum(_ routes: RoutedDemand) -> Double {
    let network = routes.network
    let servers = network.layout.serverCount
    var lines = [ServerLine](repeating: ServerLine(), count: 2 * servers)
    for use in routes.circuitUses {
      lines[use.source].add(bytes: use.demand, circuitRate: use.capacity)
      lines[servers + use.destination].add(bytes: use.demand, circuitRate: use.capacity)
    }
    for (pair, route, _) in routes.pairs where route == .electrical {
      lines[network.server(of: Int(pair.source))].electricalBytes += pair.bytes
      lines[servers + network.server(of: Int(pair.destination))].electricalBytes += pair.bytes
    }
    let rate = Double(network.fabric.electricalNICsPerServer) * network.fabric.nicRate
    return lines.reduce(0) { max($0, $1.optimum(electricalRate: rate)) }
  }
}
