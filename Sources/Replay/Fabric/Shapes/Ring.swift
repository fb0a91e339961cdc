/// Server i joined to i + 1, the last to the first.
public struct Ring: DirectShape {
  /// True when bytes travel in one direction only.
  public var isOneWay: Bool

  public init(isOneWay: Bool = false) { self.isOneWay = isOneWay }

  public var name: String { "ring" }
  public var effectiveParameters: [EffectiveParameter] {
    [EffectiveParameter("ring directions", isOneWay ? 1 : 2)]
  }
  public func defect(serverCount: Int) -> String? { nil }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    guard serverCount > 1 else { return graph }
    if isOneWay {
      for server in 0..<serverCount {
        graph.addEdge(from: server, to: (server + 1) % serverCount)
      }
    } else {
      // Two servers are neighbours once, not twice.
      for server in 0..<(serverCount == 2 ? 1 : serverCount) {
        graph.join(server, (server + 1) % serverCount)
      }
    }
    return graph
  }
}
