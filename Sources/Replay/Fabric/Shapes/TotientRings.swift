internal import TraceModel

/// Rings i → i + p for several p without a common divisor with the number of servers (TopoOpt's
/// TotientPerms, NSDI'23): every ring passes all servers, so a reduction can run on each.
///
/// p and servers − p are the same ring of duplex links. Those p are taken that lie nearest to a
/// geometric sequence from 1, which keeps paths short; when there are fewer, there are fewer rings.
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
    var seen = Set<Int>()
    for step in ringStrides(serverCount: serverCount, count: ringCount)
    where seen.insert(step).inserted {
      for server in 0..<(2 * step == serverCount ? step : serverCount) {
        graph.join(server, (server + step) % serverCount)
      }
    }
    return graph
  }
}
