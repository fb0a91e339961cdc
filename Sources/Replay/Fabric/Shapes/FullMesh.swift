/// Every server joined to every other.
///
/// With more neighbours than NICs a link is a part of a NIC, as if ports were broken out.
public struct FullMesh: DirectShape {
  /// Above it a server would have a hundred links per NIC.
  public static let serverLimit = 512

  public init() {}

  public var name: String { "full-mesh" }
  public var effectiveParameters: [EffectiveParameter] { [] }
  public func defect(serverCount: Int) -> String? {
    serverCount <= Self.serverLimit
      ? nil : "\(serverCount) servers are too many for a full mesh; at most \(Self.serverLimit)"
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    for left in 0..<serverCount {
      for right in left + 1..<max(left + 1, serverCount) { graph.join(left, right) }
    }
    return graph
  }
}
