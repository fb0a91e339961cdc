internal import TraceModel

/// The optimum for fixed circuits: bytes are divided between circuits and electrical NICs so that
/// no server's line ends later than it must, and every flow is paced to end with the last.
///
/// Sending at a constant rate is feasible exactly when no link has more bytes than it carries until
/// then, so the completion is the largest ratio of bytes to capacity over all links. It is the
/// optimum when a server's line or a link that every division loads as much needs that long: always
/// with pooled NICs and a non-blocking electrical network. Elsewhere another division may be faster,
/// and `outcome.optimum` is nil.
package struct PacedReplay {
  package private(set) var outcome = PhaseOutcome()

  package init(_ routes: RoutedDemand) {
    let network = routes.network
    let time = Self.lineOptimum(routes)
    let hasElectricalNICs = network.fabric.electricalNICsPerServer > 0
    outcome.bytes = routes.fixedBytes
    outcome.circuitUses = routes.circuitUses
    for index in outcome.circuitUses.indices {
      let use = outcome.circuitUses[index]
      // Without electrical NICs there is no rest, whatever rounding says.
      let bytes =
        hasElectricalNICs ? min(use.demand, time * use.capacity) : use.demand
      outcome.circuitUses[index].bytes = bytes
      outcome.bytes.circuits += bytes
      outcome.bytes.electrical += use.demand - bytes
    }
    var loads = [Double](repeating: 0, count: network.links.count)
    var sureLoads = loads
    var shared: [Int32] = []
    for (pair, route, use) in routes.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      let onCircuits =
        use.map { outcome.circuitUses[$0].bytes / outcome.circuitUses[$0].demand * pair.bytes } ?? 0
      if onCircuits > 0 {
        network.forEachLink(.circuit(-1), from: source, to: destination) {
          if $0 >= 0 { loads[Int($0)] += onCircuits }
        }
      }
      Self.addSureLoads(
        of: pair, route: route, hasCircuits: use != nil, hasElectricalNICs: hasElectricalNICs,
        on: network, to: &sureLoads, &shared)
      if pair.bytes > onCircuits {
        network.forEachLink(
          route == .scaleUp ? .scaleUp : .electrical, from: source, to: destination
        ) { loads[Int($0)] += pair.bytes - onCircuits }
      }
    }
    outcome.completion = time
    var least = time
    for (link, load) in loads.enumerated() where load > 0 {
      outcome.completion = max(outcome.completion, load / network.links.capacity[link])
      least = max(least, sureLoads[link] / network.links.capacity[link])
    }
    outcome.linkBytes = loads
    if outcome.completion <= least * (1 + 1e-9) { outcome.optimum = least }
  }

  /// Adds the bytes that a pair puts on links however they are divided.
  ///
  /// - Parameter shared: memory for the links of a circuit's path.
  private static func addSureLoads(
    of pair: DemandPair, route: Route, hasCircuits: Bool, hasElectricalNICs: Bool,
    on network: FabricNetwork, to loads: inout [Double], _ shared: inout [Int32]
  ) {
    let (source, destination) = (Int(pair.source), Int(pair.destination))
    shared.removeAll(keepingCapacity: true)
    if hasCircuits {
      network.forEachLink(.circuit(-1), from: source, to: destination) { shared.append($0) }
      if !hasElectricalNICs {
        for link in shared where link >= 0 { loads[Int(link)] += pair.bytes }
        return
      }
    }
    network.forEachLink(
      route == .scaleUp ? .scaleUp : .electrical, from: source, to: destination
    ) {
      if !hasCircuits || shared.contains($0) { loads[Int($0)] += pair.bytes }
    }
  }

  /// The least time in which every server can send and receive over its circuits and NICs.
  private static func lineOptimum(_ routes: RoutedDemand) -> Double {
    let network = routes.network
    let servers = network.layout.serverCount
    // Lines are what a server sends, then what it receives.
    var offsets = [Int32](repeating: 0, count: 2 * servers + 1)
    for use in routes.circuitUses {
      offsets[use.source + 1] += 1
      offsets[servers + use.destination + 1] += 1
    }
    for line in 0..<2 * servers { offsets[line + 1] += offsets[line] }
    var next = offsets
    var pairs = [(bytes: Double, circuitRate: Double)](
      repeating: (0, 0), count: 2 * routes.circuitUses.count)
    for use in routes.circuitUses {
      for line in [use.source, servers + use.destination] {
        pairs[Int(next[line])] = (use.demand, use.capacity)
        next[line] += 1
      }
    }
    var electricalBytes = [Double](repeating: 0, count: 2 * servers)
    for (pair, route, _) in routes.pairs where route == .electrical {
      electricalBytes[network.server(of: Int(pair.source))] += pair.bytes
      electricalBytes[servers + network.server(of: Int(pair.destination))] += pair.bytes
    }
    let rate = Double(network.fabric.electricalNICsPerServer) * network.fabric.nicRate
    var longest = 0.0
    for line in 0..<2 * servers {
      longest = max(
        longest,
        ServerLine.optimum(
          of: pairs[Int(offsets[line])..<Int(offsets[line + 1])],
          electricalBytes: electricalBytes[line], electricalRate: rate))
    }
    return longest
  }
}
