internal import TraceModel

/// Static optical fabrics whose circuits are chosen for a demand: fit them on operations that are not
/// scored.
///
/// - `topoopt-fitted`: all NICs patched, half of them in rings that pass all servers, the others by
///   rounds of maximum weight matching; servers forward (TopoOpt, NSDI'23).
/// - `best-static`: the circuits that serve the demand soonest beside the electrical NICs, in regions
///   as `mixnet` has them; pairs without a circuit use the EPS.
/// - `best-static-forwarding`: the same circuits, over which servers forward.
extension CataloguedCluster {
  func fittedRings(_ name: String, _ summary: String) -> FabricOffer {
    fitted(name, summary) { demand in
      direct(
        name, summary,
        CircuitShape(
          TopoOpt(ringCount: max(1, nics / 4)), serverCount: layout.serverCount,
          opticalPorts: nics, demand: demand),
        isPatched: true)
    }
  }

  func bestStatic(_ name: String, _ summary: String, forwards: Bool) -> FabricOffer {
    guard opticalPorts > 0 else {
      return FabricOffer(name, summary, reason: "no NIC of a server is optical (alpha)")
    }
    return fitted(name, summary) { demand in
      staticOptical(
        name, summary,
        CircuitShape(
          StaticOptimum(stepLimit: 0), serverCount: layout.serverCount,
          opticalPorts: opticalPorts, electricalPorts: nics - opticalPorts, demand: demand,
          regions: regions),
        forwards: forwards)
    }
  }

  /// What is fitted to the cluster's demand, or why nothing can be.
  private func fitted(
    _ name: String, _ summary: String, build: (TrafficMatrix) -> FabricOffer
  ) -> FabricOffer {
    guard let demand else {
      return FabricOffer(
        name, summary, reason: "its circuits are chosen for a demand, and none is given")
    }
    guard demand.size == layout.serverCount else {
      return FabricOffer(
        name, summary,
        reason: "the demand has \(demand.size) servers, the layout \(layout.serverCount)")
    }
    return build(demand)
  }
}
