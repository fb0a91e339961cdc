internal import TraceModel

/// The sizes that the catalogue's fabrics follow from.
struct CataloguedCluster {
  var layout: Layout
  var nicBitsPerSecond: Double
  var switchRadix: Int

  /// Ports of the optical switches: a piezo switch, MixNet's second largest.
  static let opticalRadix = 576

  var nics: Int { layout.nicsPerServer }
  /// Optical NICs per server.
  var optical: Int { min(nics - 1, max(nics > 1 ? 1 : 0, nics * 3 / 4)) }

  /// Servers of a region: an expert group, or what fits one switch.
  var regionServers: Int {
    min(
      FabricCatalogue.expertGroupServers(of: layout),
      optical > 0 ? max(1, Self.opticalRadix / optical) : layout.serverCount)
  }

  func tree(_ oversubscription: Double = 1, routing: PathRouting = .sprayed) -> FatTree {
    FatTree(
      switchRadix: switchRadix, serverCount: layout.serverCount, nicsPerServer: nics,
      oversubscription: oversubscription, routing: routing)
  }

  var rails: RailOptimised {
    RailOptimised(
      switchRadix: switchRadix,
      nicsPerRail: (nics + layout.gpusPerServer - 1) / max(1, layout.gpusPerServer))
  }

  /// Servers of each region.
  var regions: [[Int]] {
    RegionDivision.contiguous(servers: regionServers).regions(serverCount: layout.serverCount)
  }

  var circulant: CircuitShape {
    CircuitShape(
      Circulant(), serverCount: layout.serverCount, opticalPorts: optical, regions: regions)
  }

  /// Circuits at random between all servers, or nil for more servers than are joined at once.
  func randomRegular(ports: Int) -> CircuitShape? {
    guard layout.serverCount <= Self.patchedServerLimit else { return nil }
    return CircuitShape(
      RandomRegular(), serverCount: layout.serverCount, opticalPorts: ports)
  }

  /// Above it, working out random circuits takes longer than a replay.
  static let patchedServerLimit = 1024
  var tooManyToPatch: String {
    "\(layout.serverCount) servers; at most \(Self.patchedServerLimit) are patched at random"
  }

  func electrical(
    _ name: String, _ summary: String, _ network: any ElectricalNetwork,
    policy: NICPolicy = .pooled
  ) -> FabricOffer {
    offer(
      FabricSpecification(
        name: name, summary: summary, electrical: network, nicsPerServer: nics,
        nicBitsPerSecond: nicBitsPerSecond, nicPolicy: policy, switchRadix: switchRadix))
  }

  /// Source: MixNet, section on high-radix domains, which uses 64 of 72 GPUs.
  func scaleUpIslands(_ name: String, _ summary: String) -> FabricOffer {
    let tree = FatTree(
      switchRadix: switchRadix, serverCount: layout.serverCount,
      nicsPerServer: layout.gpusPerServer)
    return offer(
      FabricSpecification(
        name: name, summary: summary, electrical: tree, nicsPerServer: layout.gpusPerServer,
        nicBitsPerSecond: 800e9, scaleUpBitsPerSecond: 7.2e12, switchRadix: switchRadix,
        serversPerScaleUpDomain: max(1, 64 / layout.gpusPerServer)))
  }

  func direct(
    _ name: String, _ summary: String, _ shape: (any DirectShape)?, isPatched: Bool = false,
    orElse reason: String = ""
  ) -> FabricOffer {
    guard let shape else { return FabricOffer(name, summary, reason: reason) }
    let servers = layout.serverCount
    if servers <= DirectGraph.serverLimit, shape.defect(serverCount: servers) == nil,
      !shape.graph(serverCount: servers).isConnected
    {
      return FabricOffer(
        name, summary, reason: "\(nics) NICs per server leave servers without a path")
    }
    return electrical(name, summary, DirectTopology(shape, isPatched: isPatched))
  }

  func staticOptical(
    _ name: String, _ summary: String, _ shape: (any DirectShape)?, orElse reason: String = ""
  ) -> FabricOffer {
    guard let shape else { return FabricOffer(name, summary, reason: reason) }
    return electrical(name, summary, StaticOptical(shape, opticalNICsPerServer: optical))
  }

  func regional(
    _ name: String, _ summary: String, _ scheduler: any CircuitScheduler
  ) -> FabricOffer {
    regional(
      name, summary,
      OpticalLayer(
        nicsPerServer: optical, scheduler: scheduler,
        regions: .contiguous(servers: regionServers), switchRadix: Self.opticalRadix))
  }

  func planes(_ name: String, _ summary: String) -> FabricOffer {
    let servers = min(FabricCatalogue.expertGroupServers(of: layout), Self.opticalRadix)
    return regional(
      name, summary,
      OpticalLayer(
        nicsPerServer: optical, scheduler: MixNetGreedy(.continue),
        regions: .contiguous(servers: servers), switchRadix: Self.opticalRadix,
        planes: max(1, optical)))
  }

  func globalOCS(_ name: String, _ summary: String) -> FabricOffer {
    // As few planes as suffice: a plane joins any of its ports, planes cannot join each other's.
    let planes = (1...max(1, optical)).first {
      optical % $0 == 0 && layout.serverCount * (optical / $0) <= Self.opticalRadix
    }
    guard let planes else {
      return FabricOffer(
        name, summary,
        reason: "\(layout.serverCount) servers do not fit optical switches of "
          + "\(Self.opticalRadix) ports")
    }
    return regional(
      name, summary,
      OpticalLayer(
        nicsPerServer: optical, scheduler: MixNetGreedy(.continue),
        regions: .contiguous(servers: layout.serverCount), switchRadix: Self.opticalRadix,
        planes: planes))
  }

  private func regional(
    _ name: String, _ summary: String, _ layer: OpticalLayer
  ) -> FabricOffer {
    offer(
      FabricSpecification(
        name: name, summary: summary, optical: layer, nicsPerServer: nics,
        nicBitsPerSecond: nicBitsPerSecond))
  }

  private func offer(_ fabric: FabricSpecification) -> FabricOffer {
    // What a user declares wrong (a rate of 0) is said of the fabric, not hidden with it.
    let size = fabric.electrical.defect(for: layout, on: fabric)
    if let defect = size ?? fabric.optical?.portDefect(serverCount: layout.serverCount) {
      return FabricOffer(fabric.name, fabric.summary, reason: defect)
    }
    return FabricOffer(fabric)
  }
}

extension FabricOffer {
  init(_ fabric: FabricSpecification) {
    self.init(
      name: fabric.name, summary: fabric.summary, fabric: fabric, reason: nil,
      isComparedByDefault: false)
  }

  init(_ name: String, _ summary: String, reason: String) {
    self.init(
      name: name, summary: summary, fabric: nil, reason: reason, isComparedByDefault: false)
  }

  func compared() -> FabricOffer {
    var offer = self
    offer.isComparedByDefault = true
    return offer
  }
}
