// Logarithms live in libm, which a program without Foundation links only when asked to.
internal import Glibc

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

  /// All p of 1 ..< servers without a common divisor with the servers: φ(servers) of them.
  public static func generators(serverCount: Int) -> [Int] {
    (1..<max(2, serverCount)).filter { step in
      var (left, right) = (step, serverCount)
      while right != 0 { (left, right) = (right, left % right) }
      return left == 1
    }
  }

  /// The p of the rings that are built, ascending.
  func chosenGenerators(serverCount: Int) -> [Int] {
    var candidates = Self.generators(serverCount: serverCount).filter { 2 * $0 <= serverCount }
    if candidates.isEmpty { candidates = [1] }
    let wanted = min(ringCount, candidates.count)
    var chosen: [Int] = []
    // Steps 1, r, r², … with r^wanted the number of servers.
    for ring in 0..<wanted {
      let target = geometricStep(ring, of: wanted, upTo: serverCount)
      let nearest = candidates.min {
        let (left, right) = (abs(Double($0) - target), abs(Double($1) - target))
        return left < right || (left == right && $0 < $1)
      }
      guard let nearest else { break }
      chosen.append(nearest)
      candidates.removeAll { $0 == nearest }
    }
    return chosen.sorted()
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    guard serverCount > 1 else { return graph }
    for step in chosenGenerators(serverCount: serverCount) {
      for server in 0..<(2 * step == serverCount ? step : serverCount) {
        graph.join(server, (server + step) % serverCount)
      }
    }
    return graph
  }
}

/// The `ring`-th of `count` steps that grow by equal factors from 1 towards `end`.
private func geometricStep(_ ring: Int, of count: Int, upTo end: Int) -> Double {
  exp2(log2(Double(end)) * Double(ring) / Double(count))
}
