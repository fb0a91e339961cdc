/// Which servers of a region relay the bytes of which flow, so that a server pair's bytes are spread evenly
/// over all of them (Valiant, "A scheme for fast parallel communication", 1982).
///
/// A flow is divided over as few relays as make those of one server's ends reach all: at server grain
/// every flow uses all relays, at rank grain each uses some, and the next rank's the next ones.
package struct RelaySpread {
  private let servers: Int
  private let endsPerServer: Int
  private let end: Int
  private let relaysPerFlow: Int
  /// By receiving server: flows that were spread.
  private var flows: [Int]

  /// - Parameters:
  ///   - servers: of the region.
  ///   - end: the sender, counted inside its server.
  package init(servers: Int, endsPerServer: Int, end: Int) {
    self.servers = servers
    self.endsPerServer = endsPerServer
    self.end = end
    relaysPerFlow = (servers + endsPerServer - 1) / endsPerServer
    flows = [Int](repeating: 0, count: servers)
  }

  /// Servers of the region, its own ends among them.
  package mutating func nextRelays(ofCell cell: Int) -> [Int] {
    let (source, destination) = (cell / servers, cell % servers)
    let first = (end + flows[destination] * endsPerServer) * relaysPerFlow + source + destination
    flows[destination] += 1
    return (0..<relaysPerFlow).map { (first + $0) % servers }
  }
}
