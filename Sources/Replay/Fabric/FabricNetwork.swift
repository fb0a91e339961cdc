package import TraceModel

/// Which links a pair's bytes can use.
package enum Route: Sendable, Hashable {
  /// Source and destination are one GPU (or the bytes never leave it).
  case local
  /// Inside a server or scale-up domain.
  case scaleUp
  /// Electrical NICs only.
  case electrical
  /// Electrical NICs, or circuits of the region that both servers belong to.
  case regional
}

/// A fabric built for one cluster and grain: its links, and the way between any two ends.
package struct FabricNetwork: Sendable {
  package let fabric: FabricSpecification
  package let layout: Layout
  package let grain: Grain
  package private(set) var links = LinkTable()
  /// Servers of each region; empty without circuits.
  package let regions: [[Int]]
  /// Region and place in it, by server.
  package private(set) var region: [Int32]
  package private(set) var placeInRegion: [Int32]
  private var wiring: any ElectricalWiring = TreeWiring()
  /// Numbers of the first link of each kind; the others follow by rank, server or attachment.
  private var firstOut: Int32 = 0
  private var firstIn: Int32 = 0
  private var firstPool: Int32 = 0
  private var firstUp: Int32 = 0
  private var firstDown: Int32 = 0

  package init(_ fabric: FabricSpecification, layout: Layout, grain: Grain) throws(ReplayError) {
    if let defect = layout.defect { throw ReplayError(defect, at: "layout") }
    if let defect = fabric.defect(for: layout) {
      throw ReplayError(defect, at: "fabric \(fabric.name)")
    }
    if fabric.sharing == .splitOptimal,
      let defect = fabric.splitOptimalDefect(for: layout, grain: grain)
    {
      throw ReplayError(
        defect, at: "fabric \(fabric.name)",
        advice: "use sharing \(SharingMode.splitFair.rawValue) or \(SharingMode.exclusive.rawValue)"
      )
    }
    self.fabric = fabric
    self.layout = layout
    self.grain = grain
    regions = fabric.optical?.regions.regions(serverCount: layout.serverCount) ?? []
    region = [Int32](repeating: -1, count: layout.serverCount)
    placeInRegion = region
    for (number, servers) in regions.enumerated() {
      for (place, server) in servers.enumerated() {
        region[server] = Int32(number)
        placeInRegion[server] = Int32(place)
      }
    }
    addScaleUpLinks()
    addNICs()
  }

  private mutating func addScaleUpLinks() {
    let rate = fabric.scaleUpRate
    let perServer = rate * Double(layout.gpusPerServer)
    if grain == .rank {
      firstOut = Int32(links.count)
      for rank in 0..<layout.rankCount {
        _ = links.append(.gpuOut(rank: rank), tier: .scaleUp, capacity: rate)
      }
      firstIn = Int32(links.count)
      for rank in 0..<layout.rankCount {
        _ = links.append(.gpuIn(rank: rank), tier: .scaleUp, capacity: rate)
      }
      firstPool = Int32(links.count)
      for server in 0..<layout.serverCount {
        _ = links.append(.scaleUpPool(server: server), tier: .scaleUp, capacity: perServer)
      }
    } else {
      firstOut = Int32(links.count)
      for server in 0..<layout.serverCount {
        _ = links.append(.serverOut(server: server), tier: .scaleUp, capacity: perServer)
      }
      firstIn = Int32(links.count)
      for server in 0..<layout.serverCount {
        _ = links.append(.serverIn(server: server), tier: .scaleUp, capacity: perServer)
      }
    }
  }

  private mutating func addNICs() {
    let nics = fabric.electricalNICsPerServer
    var attachments: [Attachment] = []
    for server in 0..<layout.serverCount {
      if policy == .pooled {
        attachments.append(
          Attachment(server: server, nic: nil, capacity: Double(nics) * fabric.nicRate))
      } else {
        for rail in 0..<railsPerServer {
          let owned = (rail + 1) * nics / railsPerServer - rail * nics / railsPerServer
          attachments.append(
            Attachment(server: server, nic: rail, capacity: Double(owned) * fabric.nicRate))
        }
      }
    }
    firstUp = Int32(links.count)
    for end in attachments {
      _ = links.append(
        .nicUp(server: end.server, nic: end.nic), tier: .nic, capacity: end.capacity)
    }
    firstDown = Int32(links.count)
    for end in attachments {
      _ = links.append(
        .nicDown(server: end.server, nic: end.nic), tier: .nic, capacity: end.capacity)
    }
    wiring = fabric.electrical.wire(attachments, into: &links)
  }

  /// The fabric's parameters as they are in force on this cluster and at this grain.
  package var effectiveParameters: [EffectiveParameter] {
    fabric.effectiveParameters.map {
      $0.name == FabricSpecification.nicPolicyName
        ? EffectiveParameter($0.name, policy.rawValue) : $0
    }
  }

  /// The NIC policy in force: only ranks say which GPU bytes come from.
  package var policy: NICPolicy {
    grain == .rank && fabric.electricalNICsPerServer > 0 ? fabric.nicPolicy : .pooled
  }

  package func server(of end: Int) -> Int { layout.server(of: end, at: grain) }

  /// Which links the bytes of a pair can use.
  package func route(from source: Int, to destination: Int, isExpert: Bool) -> Route {
    if grain == .rank && source == destination { return .local }
    let (from, to) = (server(of: source), server(of: destination))
    let domain = layout.serversPerScaleUpDomain
    if from == to || from / domain == to / domain { return .scaleUp }
    return isExpert && !regions.isEmpty && region[from] == region[to] ? .regional : .electrical
  }

  /// Calls `visit` for each scale-up link that a pair's bytes load before and after the network
  /// (or instead of it); `body` stands for the network between them.
  package func forEachLink(
    _ path: PathKind, from source: Int, to destination: Int, _ visit: (Int32) -> Void
  ) {
    let (from, to) = (server(of: source), server(of: destination))
    switch path {
    case .scaleUp:
      let (out, into) = grain == .rank ? (source, destination) : (from, to)
      visit(firstOut + Int32(out))
      if grain == .rank { visit(firstPool + Int32(from)) }
      if grain == .rank && to != from { visit(firstPool + Int32(to)) }
      visit(firstIn + Int32(into))
    case .circuit(let link):
      gather(from: source, visit)
      visit(link)
      scatter(to: destination, visit)
    case .electrical where policy == .pooled:
      gather(from: source, visit)
      visit(firstUp + Int32(from))
      wiring.forEachLink(from: from, to: to, visit)
      visit(firstDown + Int32(to))
      scatter(to: destination, visit)
    case .electrical:
      let rail = self.rail(of: destination)
      var sender = self.rail(of: source)
      if policy == .railForward && sender != rail {
        visit(firstOut + Int32(source))
        visit(firstPool + Int32(from))
        visit(firstIn + Int32(from * layout.gpusPerServer + destination % layout.gpusPerServer))
        sender = rail
      }
      let (left, right) = (from * railsPerServer + sender, to * railsPerServer + rail)
      visit(firstUp + Int32(left))
      wiring.forEachLink(from: left, to: right, visit)
      visit(firstDown + Int32(right))
    }
  }

  /// With more NICs than GPUs, GPU g of G owns NICs ⌊g·N/G⌋ ..< ⌊(g+1)·N/G⌋ as one rail; with fewer,
  /// GPUs share them.
  private var railsPerServer: Int {
    min(fabric.electricalNICsPerServer, layout.gpusPerServer)
  }

  private func rail(of rank: Int) -> Int {
    rank % layout.gpusPerServer * railsPerServer / layout.gpusPerServer
  }

  /// From the sending GPU to the delegates of its server.
  private func gather(from source: Int, _ visit: (Int32) -> Void) {
    guard grain == .rank, layout.gpusPerServer > 1 else { return }
    visit(firstOut + Int32(source))
    visit(firstPool + Int32(server(of: source)))
  }

  /// From the delegates of a server to the receiving GPU.
  private func scatter(to destination: Int, _ visit: (Int32) -> Void) {
    guard grain == .rank, layout.gpusPerServer > 1 else { return }
    visit(firstPool + Int32(server(of: destination)))
    visit(firstIn + Int32(destination))
  }
}

/// One way from end to end.
package enum PathKind: Sendable, Hashable {
  case scaleUp
  case electrical
  /// Over the circuits of the two servers, which are this link.
  case circuit(Int32)
}
