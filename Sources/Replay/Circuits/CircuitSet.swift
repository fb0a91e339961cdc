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

  package var circuitCount: Int { regions.reduce(0) { $0 + $1.circuitCount } }

  /// Circuits that the busiest region must set up; regions have switches of their own.
  package func newCircuits(since old: CircuitSet?) -> Int {
    guard let old else { return regions.reduce(0) { max($0, $1.circuitCount) } }
    return zip(regions, old.regions).reduce(0) { max($0, $1.0.newCircuits(since: $1.1)) }
  }
}
