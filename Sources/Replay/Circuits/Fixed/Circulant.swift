/// The same circuits for every demand: each server joined to its neighbours at offsets 1, 2 and so on.
///
/// Offset n / 2 costs one port, every other offset two; offsets are taken in turn while they fit,
/// and again from 1 when ports are left over.
public struct Circulant: StandingCircuitScheduler {
  public init() {}

  public var name: String { "circulant" }
  public var summary: String { "neighbours at offsets 1, 2, … whatever the demand; never changes" }
  public var dependsOnDemand: Bool { false }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let size = request.serverCount
    var circuits = CircuitMatrix(size: size)
    guard size > 1 else { return circuits }
    var free = request.opticalPorts
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
