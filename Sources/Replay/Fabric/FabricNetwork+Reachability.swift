internal import TraceModel

extension FabricNetwork {
  /// Refuses a demand of which some pair has no way to go, before anything is replayed.
  ///
  /// A pair that circuits may join is left out: whether they do depends on which are chosen.
  /// - Throws: a `ReplayError` that names the first such pair.
  package func checkReachable(_ demand: PhaseDemand) throws(ReplayError) {
    for pair in demand.pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      guard route(from: source, to: destination, isExpert: pair.isExpert) == .electrical,
        !reachesElectrically(from: source, to: destination)
      else { continue }
      throw unreachable(
        "fabric \(fabric.name), \(grain.name) \(source) → \(grain.name) \(destination)")
    }
  }

  /// Refuses pairs whose paths together are more than are numbered.
  ///
  /// Counted are the links of all paths; three times those of pairs that circuits may join, whose paths
  /// are held with and without them and together.
  /// - Throws: a `ReplayError` that says how to have fewer.
  /// - Complexity: O(1) for few pairs with one path each, else O(pairs · links of a path).
  package func checkPathCount(
    of pairs: [DemandPair], limit: Int = Int(Int32.max)
  ) throws(ReplayError) {
    // Scale-up links at both ends, NICs, two tiers up and down again.
    let longestSinglePath = 16
    if hasOnePathPerPair, pairs.count * 3 * longestSinglePath <= limit { return }
    let links = pairs.reduce(0) { $0 + linksOfPaths($1) }
    guard links > limit else { return }
    throw ReplayError(
      "\(pairs.count) pairs with all their paths cross \(links) links; at most \(limit) are held",
      at: "fabric \(fabric.name)",
      advice: "use fewer queue pairs or paths per pair, sprayed routing, or a coarser grain")
  }

  private func linksOfPaths(_ pair: DemandPair) -> Int {
    let (source, destination) = (Int(pair.source), Int(pair.destination))
    let route = route(from: source, to: destination, isExpert: pair.isExpert)
    guard route != .local else { return 0 }
    let path: PathKind = route == .scaleUp ? .scaleUp : .electrical
    let count = pathCount(path, from: source, to: destination)
    var longest = 0
    for subflow in [0, count - 1] {
      var links = 0
      forEachLink(path, from: source, to: destination, subflow: subflow) { _ in links += 1 }
      longest = max(longest, links)
    }
    return count * longest * (route == .regional ? 3 : 1)
  }

  /// The error for a pair without a way, and what can be done about it.
  package func unreachable(_ pair: String) -> ReplayError {
    let advice =
      if !fabric.failures.isEmpty {
        "take fewer parts out of service: nothing relays what lost its last way"
      } else if fabric.optical != nil {
        "give the circuits fewer NICs (alpha) or make the region larger"
      } else {
        "add the links that are missing between them"
      }
    return ReplayError(
      fabric.optical != nil && fabric.electricalNICsPerServer == 0
        ? "no circuit joins them and no electrical NIC is left" : "no path joins them",
      at: pair, advice: advice)
  }
}
