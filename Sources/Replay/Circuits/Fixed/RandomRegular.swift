internal import TraceModel

/// The same random circuits for every demand: every server with as many, to different servers.
///
/// Random pairing of free ports that avoids a server itself and pairs that are joined already
/// (Steger and Wormald, 1999), begun anew when it is stuck; a random regular graph is an expander
/// with high probability (Jellyfish, NSDI'12). Ports beyond one circuit to every other server first
/// go to full meshes. An odd number of ports in all leaves one free.
public struct RandomRegular: StandingCircuitScheduler {
  public var seed: UInt64

  public init(seed: UInt64 = 1) { self.seed = seed }

  public var name: String { "random-regular-\(seed)" }
  public var summary: String {
    "random neighbours whatever the demand, seed \(seed); never changes"
  }
  public var dependsOnDemand: Bool { false }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let size = request.serverCount
    guard size > 1 else { return CircuitMatrix(size: size) }
    let (meshes, degree) = request.opticalPorts.quotientAndRemainder(dividingBy: size - 1)
    var random = RandomStream(seed: seed, purpose: UInt64(size))
    var best = CircuitMatrix(size: size)
    let attempts = 200
    for _ in 0..<attempts {
      let graph = Self.graph(size: size, degree: degree, &random)
      if graph.circuitCount > best.circuitCount { best = graph }
      if best.circuitCount == size * degree / 2 { break }
    }
    for left in 0..<size {
      for right in 0..<left where meshes > 0 { best.addPair(left, right, count: meshes) }
    }
    return best
  }

  /// Random pairs of free ports, until none fits.
  private static func graph(size: Int, degree: Int, _ random: inout RandomStream) -> CircuitMatrix {
    var graph = CircuitMatrix(size: size)
    var ports = (0..<size * degree).map { $0 / max(1, degree) }
    while ports.count > 1 {
      var isJoined = false
      // Enough draws to meet a pair that fits if there is one, nearly surely.
      for _ in 0..<8 * ports.count {
        let first = random.below(ports.count)
        let second = random.below(ports.count)
        guard ports[first] != ports[second], graph[ports[first], ports[second]] == 0 else {
          continue
        }
        graph.addPair(ports[first], ports[second])
        for place in [first, second].sorted(by: >) { ports.remove(at: place) }
        isJoined = true
        break
      }
      if !isJoined { break }
    }
    return graph
  }
}
