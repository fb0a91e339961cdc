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
