/// The circuits of all regions of a fabric.
package struct CircuitSet: Sendable, Hashable {
  package var regions: [CircuitMatrix]

  package init(_ regions: [CircuitMatrix]) { self.regions = regions }

  /// Circuits from one server to another; 0 across regions.
  package func circuits(from source: Int, to destination: Int, on network: FabricNetwork) -> Int {
    let region = network.region[source]
    guard region >= 0, region == network.region[destination] else { return 0 }
    return regions[Int(region)][
      Int(network.placeInRegion[source]), Int(network.placeInRegion[destination])]
  }
}
