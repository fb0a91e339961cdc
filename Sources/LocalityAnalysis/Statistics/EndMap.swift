package import TraceModel

/// From the ends of a workload to ends of the same or a coarser grain.
package struct EndMap: Sendable {
  /// What the new ends are; servers also stand for scale-up domains of several.
  package let grain: Grain
  /// Number of ends at `grain`.
  package let count: Int
  /// The new end of each old one.
  package let target: [Int32]

  /// Nil when `grain` is finer than `origin`: ranks are never made up from NICs or servers.
  ///
  /// A rank's NIC is the declared `pinned` one: GPU g of a server with G GPUs and N NICs uses
  /// NIC ⌊g·N/G⌋, so that rails follow GPUs and neighbours share when there are fewer NICs.
  package init?(_ layout: Layout, from origin: Grain, to grain: Grain) {
    self.grain = grain
    count = layout.endpointCount(at: grain)
    let ends = 0..<layout.endpointCount(at: origin)
    switch (origin, grain) {
    case _ where origin == grain:
      target = ends.map { Int32($0) }
    case (_, .server):
      target = ends.map { Int32(layout.server(of: $0, at: origin)) }
    case (.rank, .nic):
      let (gpus, nics) = (layout.gpusPerServer, layout.nicsPerServer)
      target = ends.map { Int32($0 / gpus * nics + $0 % gpus * nics / gpus) }
    default:
      return nil
    }
  }

  /// To the ends of the network: servers, or scale-up domains where a domain holds several servers,
  /// since bytes inside a domain never meet a fabric that is to be chosen.
  package init(networkEndsOf layout: Layout, from origin: Grain) {
    let servers = layout.serversPerNetworkEnd
    grain = .server
    count = layout.serverCount / servers
    target = (0..<layout.endpointCount(at: origin)).map {
      Int32(layout.server(of: $0, at: origin) / servers)
    }
  }
}

extension Layout {
  /// Servers of a scale-up domain; 1 where the declared number does not divide the servers.
  package var serversPerNetworkEnd: Int {
    let servers = serversPerScaleUpDomain
    return servers > 1 && serverCount % servers == 0 ? servers : 1
  }
}
