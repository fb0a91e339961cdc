// Rounding lives in libm, which a program without Foundation links only when asked to.
internal import Glibc

/// Groups of fully joined servers, every two groups joined by one link (Kim et al., ISCA'08, with
/// servers in the place of routers).
///
/// The q-th global link of group i leads to group i + q + 1 and hangs on its server q / h, where h is
/// the least number of global links per server that suffices.
public struct Dragonfly: DirectShape {
  public var serversPerGroup: Int

  public init(serversPerGroup: Int) { self.serversPerGroup = serversPerGroup }

  /// The balanced dragonfly (twice as many servers in a group as global links per server), as nearly as
  /// the servers can be divided; nil when they cannot be divided into several groups of several.
  public init?(serverCount: Int) {
    let ideal = cbrt(2 * Double(serverCount))
    var best: Int?
    for size in 2..<max(3, serverCount) where serverCount % size == 0 && size < serverCount {
      if best.map({ abs(Double(size) - ideal) < abs(Double($0) - ideal) }) ?? true { best = size }
    }
    guard let best else { return nil }
    serversPerGroup = best
  }

  public var name: String { "dragonfly" }
  public var effectiveParameters: [EffectiveParameter] {
    [EffectiveParameter("servers per group", serversPerGroup)]
  }

  public func defect(serverCount: Int) -> String? {
    serversPerGroup >= 1 && serverCount % serversPerGroup == 0
      ? nil : "\(serverCount) servers cannot be divided into groups of \(serversPerGroup)"
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    let groups = serverCount / serversPerGroup
    for group in 0..<groups {
      let first = group * serversPerGroup
      for left in 0..<serversPerGroup {
        for right in left + 1..<max(left + 1, serversPerGroup) {
          graph.join(first + left, first + right)
        }
      }
    }
    let perServer = max(1, (groups - 1 + serversPerGroup - 1) / serversPerGroup)
    for group in 0..<groups {
      for port in 0..<max(0, groups - 1) where group + port + 1 < groups {
        let other = group + port + 1
        // Group i is the other group's neighbour number groups − 2 − port.
        graph.join(
          group * serversPerGroup + port / perServer,
          other * serversPerGroup + (groups - 2 - port) / perServer)
      }
    }
    return graph
  }
}
