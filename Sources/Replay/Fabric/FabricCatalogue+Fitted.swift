public import TraceModel

extension FabricCatalogue {
  /// Static optical fabrics whose circuits are chosen for a demand: fit them on operations that are
  /// not scored.
  ///
  /// - `topoopt-fitted`: all NICs patched, half of them in rings that pass all servers, the others by
  ///   rounds of maximum weight matching; servers forward (TopoOpt, NSDI'23).
  /// - `best-static`: the circuits that serve the demand soonest beside the electrical NICs, in regions
  ///   as `mixnet` has them; pairs without a circuit use the EPS.
  /// - `best-static-forwarding`: the same circuits, over which servers forward.
  ///
  /// - Parameter demand: bytes between servers.
  public static func fitted(
    to demand: TrafficMatrix, layout: Layout, nicBitsPerSecond: Double = 400e9,
    switchRadix: Int = 64
  ) -> [FabricOffer] {
    let cluster = CataloguedCluster(
      layout: layout, nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix)
    let servers = layout.serverCount
    guard demand.size == servers else {
      let reason = "the demand has \(demand.size) servers, the layout \(servers)"
      return ["topoopt-fitted", "best-static", "best-static-forwarding"].map {
        FabricOffer($0, "static circuits for a demand", reason: reason)
      }
    }
    let rings = CircuitShape(
      TopoOpt(ringCount: max(1, cluster.nics / 4)), serverCount: servers,
      opticalPorts: cluster.nics, demand: demand)
    let best = CircuitShape(
      StaticOptimum(stepLimit: 0), serverCount: servers, opticalPorts: cluster.optical,
      electricalPorts: cluster.nics - cluster.optical, demand: demand, regions: cluster.regions)
    return [
      cluster.direct(
        "topoopt-fitted", "patched in rings, then for a demand (TopoOpt), servers forward", rings,
        isPatched: true),
      cluster.staticOptical(
        "best-static", "the best fixed circuits for a demand, the rest packet switched", best,
        forwards: false),
      cluster.staticOptical(
        "best-static-forwarding", "the best fixed circuits for a demand, servers forward", best),
    ]
  }
}
