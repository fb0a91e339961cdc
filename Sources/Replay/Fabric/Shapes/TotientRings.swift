/// Rings i → i + p for several p without a common divisor with the number of servers (TopoOpt's
/// TotientPerms, NSDI'23): every ring passes all servers, so a reduction can run on each.
///
/// p and servers − p are the same ring of duplex links. The first ring is p = 1; each further one is
/// the p nearest to the next power of a ratio that spreads them evenly on a logarithmic scale, which
/// keeps paths short; ties go to the lower p.
public struct TotientRings: DirectShape {
  public var ringCount: Int

  public init(ringCount: Int) { self.ringCount = ringCount }

  public var name: String { "totient-rings" }
  public var effectiveParameters: [EffectiveParameter] {
    [EffectiveParameter("rings, at most", ringCount)]
  }

  public func defect(serverCount: Int) -> String? {
    ringCount >= 1 ? nil : "\(ringCount) rings; at least 1 is needed"
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    guard serverCount > 1 else { return graph }
    let strides = Set(ringStrides(serverCount: serverCount, count: ringCount)).sorted()
    for step in strides {
      for server in 0..<(2 * step == serverCount ? step : serverCount) {
        graph.join(server, (server + step) % serverCount)
      }
    }
    return graph
  }
}
