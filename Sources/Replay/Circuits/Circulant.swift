public import TraceModel

/// The same circuits for every demand: each server joined to its neighbours at offsets 1, 2 and so on.
///
/// Offset n / 2 costs one port, every other offset two; offsets are taken in turn while they fit,
/// and again from 1 when ports are left over.
public struct Circulant: CircuitScheduler {
  public init() {}

  public var name: String { "circulant" }
  public var summary: String { "neighbours at offsets 1, 2, … whatever the demand; never changes" }
  public var duplex: Duplex { .paired }
  public var dependsOnDemand: Bool { false }

  public func circuits(
    for demand: TrafficMatrix, opticalPorts: Int, electricalPorts: Int
  ) -> CircuitMatrix {
    let size = demand.size
    var circuits = CircuitMatrix(size: size)
    guard size > 1 else { return circuits }
    var free = opticalPorts
    var hasAdded = true
    while hasAdded {
      hasAdded = false
      for offset in 1...size / 2 {
        let isOpposite = 2 * offset == size
        guard free >= (isOpposite ? 1 : 2) else { continue }
        for server in 0..<(isOpposite ? offset : size) {
          circuits.addPair(server, (server + offset) % size)
        }
        free -= isOpposite ? 1 : 2
        hasAdded = true
      }
    }
    return circuits
  }
}
