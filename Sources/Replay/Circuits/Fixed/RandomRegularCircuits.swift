internal import TraceModel

/// The same random circuits for every demand: the graph of `RandomRegular`.
///
/// Ports beyond one circuit to every other server first go to full meshes. An odd number of ports in
/// all leaves one free.
public struct RandomRegularCircuits: StandingCircuitScheduler {
  public var seed: UInt64

  public init(seed: UInt64 = 1) { self.seed = seed }

  public var name: String { "random-regular-\(seed)" }
  public var summary: String {
    "random neighbours whatever the demand, seed \(seed); never changes"
  }
  public var dependsOnDemand: Bool { false }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let size = request.serverCount
    var circuits = CircuitMatrix(size: size)
    guard size > 1 else { return circuits }
    let (meshes, degree) = request.opticalPorts.quotientAndRemainder(dividingBy: size - 1)
    for edge in RandomRegular(degree: degree, seed: seed).graph(serverCount: size).edges
    where edge.source < edge.destination {
      circuits.addPair(edge.source, edge.destination)
    }
    for left in 0..<size {
      for right in 0..<left where meshes > 0 { circuits.addPair(left, right, count: meshes) }
    }
    return circuits
  }
}
