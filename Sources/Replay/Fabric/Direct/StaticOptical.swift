public import TraceModel

/// Optical circuits that never change on some NICs of every server, an electrical network on the rest.
///
/// A pair uses the circuits when they lead to its destination: over other servers too when these
/// forward, else only directly. All other pairs use the electrical NICs. Where both ways are open the
/// fabric's sharing decides: `exclusive` takes the circuits alone, `split-fair` both. Every role's
/// traffic may use the circuits.
///
/// Which circuits are best for a demand is a scheduler's answer: fit it on operations that are not
/// scored, and give the circuits as a `CircuitShape`.
public struct StaticOptical: ElectricalNetwork {
  /// The circuits, on `opticalNICsPerServer` NICs.
  public var circuits: DirectTopology
  public var opticalNICsPerServer: Int
  public var forwardsThroughHosts: Bool
  /// What joins the other NICs.
  public var packets: any ElectricalNetwork

  public init(
    _ shape: any DirectShape, opticalNICsPerServer: Int, forwardsThroughHosts: Bool = true,
    packets: any ElectricalNetwork = Crossbar(), routing: PathRouting = .sprayed,
    maximumPaths: Int = 16
  ) {
    circuits = DirectTopology(
      shape, routing: routing, maximumPaths: maximumPaths, isPatched: true)
    self.opticalNICsPerServer = opticalNICsPerServer
    self.forwardsThroughHosts = forwardsThroughHosts
    self.packets = packets
  }

  public var name: String { "static-optical" }
  public var joinsWholeServers: Bool { true }
  public func isNonBlocking(serverCount: Int) -> Bool { serverCount <= 1 }
  public func hostsSpares(nicsPerServer: Int) -> Bool { nicsPerServer > opticalNICsPerServer }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("static optical NICs per server", opticalNICsPerServer),
      EffectiveParameter("static circuits", circuits.name),
      EffectiveParameter("servers forward between circuits", forwardsThroughHosts ? "yes" : "no"),
    ] + circuits.effectiveParameters
      + [EffectiveParameter("network of the electrical NICs", packets.name)]
      + packets.effectiveParameters
  }

  public func defect(for layout: Layout, on fabric: FabricSpecification) -> String? {
    guard (0...fabric.nicsPerServer).contains(opticalNICsPerServer) else {
      return "\(opticalNICsPerServer) optical NICs of \(fabric.nicsPerServer) NICs per server"
    }
    if packets.joinsWholeServers { return "the electrical NICs need a packet-switched network" }
    if fabric.sharing == .splitOptimal {
      return "the optimum over circuits and EPS is not known for circuits that servers forward over"
    }
    return circuits.defect(for: layout, nicsPerServer: opticalNICsPerServer, on: fabric)
      ?? packets.defect(for: layout, on: electricalPart(of: fabric))
  }

  /// The fabric of the NICs that circuits do not take.
  private func electricalPart(of fabric: FabricSpecification) -> FabricSpecification {
    var part = fabric
    part.nicsPerServer -= opticalNICsPerServer
    return part
  }

  /// The bill of the circuits' NICs.
  private func circuitBill(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList
  ) -> BillOfMaterials {
    .direct(
      nicCount: layout.serverCount * opticalNICsPerServer,
      litNICCount: circuits.litNICCount(
        layout: layout, nicsPerServer: opticalNICsPerServer, on: fabric),
      isPatched: true, prices: prices)
  }

  public func wire(
    _ site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) -> any ElectricalWiring {
    try StaticOpticalWiring(self, site: site, into: &links)
  }

  public func billOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList, wholeBoxes: Bool
  ) -> BillOfMaterials {
    circuitBill(for: layout, on: fabric, prices: prices).adding(
      packets.billOfMaterials(
        for: layout, on: electricalPart(of: fabric), prices: prices, wholeBoxes: wholeBoxes))
  }

  public func paperBillOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList
  ) -> BillOfMaterials {
    circuitBill(for: layout, on: fabric, prices: prices).adding(
      packets.paperBillOfMaterials(
        for: layout, on: electricalPart(of: fabric), prices: prices))
  }
}

/// The circuits and the electrical network of a built fabric, and which pair uses which.
struct StaticOpticalWiring: ElectricalWiring {
  private let circuits: DirectWiring
  private let packets: any ElectricalWiring
  private let forwards: Bool
  private let usesBoth: Bool
  private let firstUp: Int32
  private let firstDown: Int32
  /// Whether any electrical NIC works, by server.
  private let hasElectricalNIC: [Bool]

  init(
    _ network: StaticOptical, site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) {
    let total = site.attachments.first?.nicCount ?? 0
    let electrical = total - network.opticalNICsPerServer
    var optical = site
    var packet = site
    for server in site.attachments.indices {
      let failed = Set(
        site.failures.compactMap { failure -> Int? in
          guard case .nic(server, let nic) = failure else { return nil }
          return nic
        })
      let failedElectrical = failed.count { $0 < electrical }
      let isReplaced = site.failures.contains(.server(server))
      func part(_ nics: Int, failed: Int) -> Attachment {
        var part = site.attachments[server]
        part.capacity = Double(nics) * site.cableRate
        part.nicCount = nics
        part.healthyShare = nics > 0 ? Double(nics - failed) / Double(nics) : 0
        return part
      }
      optical.attachments[server] = part(
        network.opticalNICsPerServer,
        failed: isReplaced ? network.opticalNICsPerServer : failed.count - failedElectrical)
      packet.attachments[server] = part(electrical, failed: isReplaced ? 0 : failedElectrical)
    }
    forwards = network.forwardsThroughHosts
    usesBoth = site.sharing == .splitFair
    hasElectricalNIC = packet.attachments.map { $0.healthyShare > 0 }
    firstUp = Int32(links.count)
    for end in packet.attachments {
      _ = links.append(
        .packetUp(server: end.server), tier: .nic, capacity: end.capacity * end.healthyShare)
    }
    firstDown = Int32(links.count)
    for end in packet.attachments {
      _ = links.append(
        .packetDown(server: end.server), tier: .nic, capacity: end.capacity * end.healthyShare)
    }
    circuits = DirectWiring(network.circuits, site: optical, into: &links)
    packets = try network.packets.wire(packet, into: &links)
  }

  private func hasCircuits(from source: Int, to destination: Int) -> Bool {
    guard let hops = circuits.distance(from: source, to: destination) else { return false }
    return forwards || hops == 1
  }

  private func hasPackets(from source: Int, to destination: Int) -> Bool {
    hasElectricalNIC[source] && hasElectricalNIC[destination]
      && packets.reaches(from: source, to: destination)
  }

  func reaches(from source: Int, to destination: Int) -> Bool {
    hasCircuits(from: source, to: destination) || hasPackets(from: source, to: destination)
  }

  var hasOnePathPerPair: Bool { false }

  func pathCount(from source: Int, to destination: Int) -> Int {
    guard hasCircuits(from: source, to: destination) else {
      return packets.pathCount(from: source, to: destination)
    }
    let circuitPaths = circuits.pathCount(from: source, to: destination)
    return usesBoth && hasPackets(from: source, to: destination)
      ? circuitPaths + packets.pathCount(from: source, to: destination) : circuitPaths
  }

  func forEachLink(
    from source: Int, to destination: Int, path: Int, flow: UInt64, _ visit: (Int32) -> Void
  ) {
    var path = path
    if hasCircuits(from: source, to: destination) {
      let circuitPaths = circuits.pathCount(from: source, to: destination)
      if path < circuitPaths {
        circuits.forEachLink(from: source, to: destination, path: path, flow: flow, visit)
        return
      }
      path -= circuitPaths
    }
    visit(firstUp + Int32(source))
    packets.forEachLink(from: source, to: destination, path: path, flow: flow, visit)
    visit(firstDown + Int32(destination))
  }
}
