/// Servers joined when their numbers differ in one binary digit.
public struct Hypercube: DirectShape {
  public init() {}

  public var name: String { "hypercube" }
  public var effectiveParameters: [EffectiveParameter] { [] }

  public func defect(serverCount: Int) -> String? {
    serverCount > 0 && serverCount & (serverCount - 1) == 0
      ? nil : "\(serverCount) servers are not a power of two"
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var graph = DirectGraph(serverCount: serverCount)
    var digit = 1
    while digit < serverCount {
      for server in 0..<serverCount where server & digit == 0 { graph.join(server, server | digit) }
      digit <<= 1
    }
    return graph
  }
}
