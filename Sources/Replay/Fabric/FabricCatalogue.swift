public import TraceModel

/// The fabrics that can be named; adding one is a line here.
public enum FabricCatalogue {
  /// Every preset, sized for a cluster.
  ///
  /// Optical presets give three quarters of each server's NICs to circuits (6 of 8, MixNet's split),
  /// but always leave one for packets; a region is the servers of one expert-parallel group.
  public static func presets(
    layout: Layout, nicBitsPerSecond: Double = 400e9, switchRadix: Int = 64
  ) -> [FabricSpecification] {
    let nics = layout.nicsPerServer
    let optical = min(nics - 1, max(nics > 1 ? 1 : 0, nics * 3 / 4))
    func tree(_ oversubscription: Double) -> FatTree {
      FatTree(
        switchRadix: switchRadix, serverCount: layout.serverCount, nicsPerServer: nics,
        oversubscription: oversubscription)
    }
    func electrical(
      _ name: String, _ summary: String, _ network: any ElectricalNetwork,
      policy: NICPolicy = .pooled
    ) -> FabricSpecification {
      FabricSpecification(
        name: name, summary: summary, electrical: network, nicsPerServer: nics,
        nicBitsPerSecond: nicBitsPerSecond, nicPolicy: policy, switchRadix: switchRadix)
    }
    func regional(
      _ name: String, _ summary: String, _ scheduler: any CircuitScheduler
    ) -> FabricSpecification {
      FabricSpecification(
        name: name, summary: summary,
        optical: OpticalLayer(
          nicsPerServer: optical, scheduler: scheduler,
          regions: .contiguous(servers: expertGroupServers(of: layout))),
        nicsPerServer: nics, nicBitsPerSecond: nicBitsPerSecond)
    }
    return [
      electrical("ideal", "one switch for all NICs, never blocking", Crossbar()),
      electrical("fat-tree", "non-blocking fat-tree, ideal spraying", tree(1)),
      electrical(
        "fat-tree-3to1", "fat-tree with 3:1 oversubscribed leaves",
        tree(3)),
      electrical(
        "rail-optimised", "one rail per NIC, forwarding inside the server (PXN)",
        RailOptimised(
          switchRadix: switchRadix,
          nicsPerRail: (nics + layout.gpusPerServer - 1) / max(1, layout.gpusPerServer)),
        policy: .railForward),
      regional(
        "static-circulant", "fixed optical neighbours in each region, the rest packet switched",
        Circulant()),
      regional(
        "mixnet", "MixNet: regional OCS set up by its greedy, the rest packet switched",
        MixNetGreedy(.continue)),
      regional(
        "mixnet-literal", "MixNet with the greedy as printed, which stops early",
        MixNetGreedy(.literal)),
      regional(
        "mixnet-eps-aware", "regional OCS set up by a greedy that counts on the EPS",
        ElectricalAwareGreedy()),
    ]
  }

  /// The preset of that name, or nil.
  public static func preset(
    named name: String, layout: Layout, nicBitsPerSecond: Double = 400e9
  ) -> FabricSpecification? {
    presets(layout: layout, nicBitsPerSecond: nicBitsPerSecond).first { $0.name == name }
  }

  /// Servers from the first to the last rank of an expert-parallel group, tensor lanes included.
  public static func expertGroupServers(of layout: Layout) -> Int {
    let ranks = layout.parallelism.expert * layout.parallelism.expertTensor
    return min(
      layout.serverCount, max(1, (ranks + layout.gpusPerServer - 1) / layout.gpusPerServer))
  }
}
