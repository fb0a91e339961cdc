internal import TraceModel

/// The sizes that the catalogue's fabrics follow from.
struct CataloguedCluster {
  var layout: Layout
  var nicBitsPerSecond: Double
  var switchRadix: Int
  /// What a user wants instead: optical NICs per server, and servers of a region.
  var declaredOptical: Int?
  var declaredRegion: Int?
  /// NICs of one server of a scale-up island; nil for one per GPU.
  var declaredIslandNICs: Int?
  /// Bytes between servers that circuits can be fitted to.
  var demand: TrafficMatrix?

  /// Ports of the optical switches: a piezo switch, MixNet's second largest.
  static let opticalRadix = 576

  var nics: Int { layout.nicsPerServer }
  /// Optical NICs per server.
  var optical: Int { declaredOptical ?? min(nics - 1, max(nics > 1 ? 1 : 0, nics * 3 / 4)) }
  /// Those that there are: what a user wants may be more.
  var opticalPorts: Int { min(nics, max(0, optical)) }

  /// Servers of a region: an expert group, or what fits one switch.
  var regionServers: Int {
    if let declaredRegion { return min(declaredRegion, layout.serverCount) }
    return min(
      FabricCatalogue.expertGroupServers(of: layout),
      optical > 0 ? max(1, Self.opticalRadix / optical) : layout.serverCount)
  }

  func tree(_ oversubscription: Double = 1, routing: PathRouting = .sprayed) -> FatTree {
    FatTree(
      switchRadix: switchRadix, serverCount: layout.serverCount, nicsPerServer: nics,
      oversubscription: oversubscription, routing: routing)
  }

  var rails: RailOptimised {
    RailOptimised(switchRadix: switchRadix, layout: layout, nicsPerServer: nics)
  }

  /// Servers of each region.
  var regions: [[Int]] {
    RegionDivision.contiguous(servers: regionServers).regions(serverCount: layout.serverCount)
  }

  /// The same where a user wants them, else nil.
  var declaredRegions: [[Int]]? { declaredRegion == nil ? nil : regions }

  var circulant: CircuitShape {
    CircuitShape(
      Circulant(), serverCount: layout.serverCount, opticalPorts: opticalPorts, regions: regions)
  }

  /// Circuits at random between all servers or those of a region, or nil for more servers than are
  /// joined at once.
  func randomRegular(ports: Int, regions: [[Int]]? = nil) -> CircuitShape? {
    let largest = regions?.map(\.count).max() ?? layout.serverCount
    guard largest <= Self.patchedServerLimit else { return nil }
    return CircuitShape(
      RandomRegular(), serverCount: layout.serverCount, opticalPorts: ports, regions: regions)
  }

  /// Above it, working out random circuits takes longer than a replay.
  static let patchedServerLimit = 1024
  var tooManyToPatch: String {
    "\(layout.serverCount) servers; at most \(Self.patchedServerLimit) are patched at random"
  }

  /// All NICs on switches; where too few ports are declared that is said of the fabric, not hidden
  /// with it.
  func electrical(
    _ name: String, _ summary: String, _ network: any ElectricalNetwork,
    policy: NICPolicy = .pooled
  ) -> FabricOffer {
    FabricOffer(
      FabricSpecification(
        name: name, summary: summary, electrical: network, nicsPerServer: nics,
        nicBitsPerSecond: nicBitsPerSecond, nicPolicy: policy, switchRadix: switchRadix))
  }

  /// Links between servers, which not every number of servers can have.
  private func fitting(
    _ name: String, _ summary: String, _ network: any ElectricalNetwork,
    defect: (FabricSpecification) -> String?
  ) -> FabricOffer {
    let offer = electrical(name, summary, network)
    guard let fabric = offer.fabric, let defect = defect(fabric) else { return offer }
    return FabricOffer(name, summary, reason: defect)
  }

  /// Source: MixNet, section on high-radix domains, which uses 64 of 72 GPUs.
  func scaleUpIslands(_ name: String, _ summary: String) -> FabricOffer {
    let nics = declaredIslandNICs ?? layout.gpusPerServer
    let tree = FatTree(
      switchRadix: switchRadix, serverCount: layout.serverCount, nicsPerServer: nics)
    return FabricOffer(
      FabricSpecification(
        name: name, summary: summary, electrical: tree, nicsPerServer: nics,
        nicBitsPerSecond: 800e9, scaleUpBitsPerSecond: 7.2e12, switchRadix: switchRadix,
        serversPerScaleUpDomain: max(1, 64 / layout.gpusPerServer)))
  }

  func direct(
    _ name: String, _ summary: String, _ shape: (any DirectShape)?, isPatched: Bool = false,
    orElse reason: String = ""
  ) -> FabricOffer {
    guard let shape else { return FabricOffer(name, summary, reason: reason) }
    let topology = DirectTopology(shape, isPatched: isPatched)
    return fitting(name, summary, topology) {
      topology.defect(for: layout, nicsPerServer: nics, on: $0, reachesAll: true)
    }
  }

  func torus(_ name: String, _ summary: String, dimensionCount: Int) -> FabricOffer {
    let servers = layout.serverCount
    return direct(
      name, summary, Torus(serverCount: servers, dimensionCount: dimensionCount),
      orElse: "every torus of \(servers) servers has a dimension of one")
  }

  func staticOptical(
    _ name: String, _ summary: String, _ shape: (any DirectShape)?, forwards: Bool = true,
    orElse reason: String = ""
  ) -> FabricOffer {
    guard let shape else { return FabricOffer(name, summary, reason: reason) }
    let network = StaticOptical(
      shape, opticalNICsPerServer: optical, forwardsThroughHosts: forwards)
    return fitting(name, summary, network) { network.defect(for: layout, on: $0) }
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
    let servers = min(
      declaredRegion ?? FabricCatalogue.expertGroupServers(of: layout),
      declaredRegion == nil ? Self.opticalRadix : layout.serverCount)
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

  /// One rotor switch for each optical NIC, as RotorNet has them.
  func rotor(
    _ name: String, _ summary: String, _ relaying: CircuitSchedule.Relaying
  ) -> FabricOffer {
    let technology = OpticalTechnology.named("rotor")
    let radix = technology?.radix ?? Self.opticalRadix
    return regional(
      name, summary,
      OpticalLayer(
        nicsPerServer: optical, scheduler: Rotor(relaying: relaying),
        regions: .contiguous(servers: min(regionServers, radix)),
        delay: technology.flatMap { ReconfigurationDelay($0) } ?? .instant, switchRadix: radix,
        planes: max(1, optical), duplex: .independent))
  }

  private func regional(
    _ name: String, _ summary: String, _ layer: OpticalLayer
  ) -> FabricOffer {
    // What a user declares and does not fit is said of the fabric.
    let isDeclared = declaredOptical != nil || declaredRegion != nil
    if !isDeclared, let defect = layer.portDefect(serverCount: layout.serverCount) {
      return FabricOffer(name, summary, reason: defect)
    }
    return FabricOffer(
      FabricSpecification(
        name: name, summary: summary, optical: layer, nicsPerServer: nics,
        nicBitsPerSecond: nicBitsPerSecond, switchRadix: switchRadix))
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
}
