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
  private let failures: FailureEffects
  private let serversPerScaleUpDomain: Int
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
    serversPerScaleUpDomain = fabric.serversPerScaleUpDomain ?? layout.serversPerScaleUpDomain
    failures = try FailureEffects(fabric, layout: layout, regionCount: regions.count)
    addScaleUpLinks()
    try addNICs()
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

  private mutating func addNICs() throws(ReplayError) {
    let attachments = attachments
    for isUp in [true, false] {
      if isUp { firstUp = Int32(links.count) } else { firstDown = Int32(links.count) }
      for (number, end) in attachments.enumerated() {
        // Links bear the name of the server whose bytes they carry, also on a spare.
        let server = number / (policy == .pooled ? 1 : railsPerServer)
        _ = links.append(
          isUp ? .nicUp(server: server, nic: end.nic) : .nicDown(server: server, nic: end.nic),
          tier: .nic, capacity: end.capacity * end.healthyShare)
      }
    }
    wiring = try fabric.electrical.wire(
      WiringSite(
        attachments: attachments, cableRate: fabric.nicRate,
        payloadEfficiency: fabric.payloadEfficiency, sharing: fabric.sharing,
        failures: fabric.failures), into: &links)
    try checkFailedLinks()
  }

  /// Where servers join the electrical network, server by server.
  private var attachments: [Attachment] {
    let nics = fabric.electricalNICsPerServer
    var attachments: [Attachment] = []
    for server in 0..<layout.serverCount {
      let rails = policy == .pooled ? 1 : railsPerServer
      let failed = failures.failedElectricalNICs[server]
      for rail in 0..<rails {
        let owned = rail * nics / rails..<(rail + 1) * nics / rails
        let working = owned.count - failed.count { owned.contains($0) }
        attachments.append(
          Attachment(
            server: failures.sparePlace[server] ?? server, nic: policy == .pooled ? nil : rail,
            nicCount: owned.count, capacity: Double(owned.count) * fabric.nicRate,
            healthyShare: owned.isEmpty ? 0 : Double(working) / Double(owned.count)))
      }
    }
    return attachments
  }

  /// - Throws: a `ReplayError` for a failed uplink or direct link that was never built.
  private func checkFailedLinks() throws(ReplayError) {
    for failure in fabric.failures {
      let isBuilt =
        switch failure {
        case .uplink(let tier, let group, let cable):
          links.name.contains(.up(tier: tier, group: group))
            || links.name.contains(.cable(tier: tier, group: group, cable: cable, isUp: true))
        case .link(let left, let right):
          links.name.contains(.direct(source: left, destination: right))
            || links.name.contains(.direct(source: right, destination: left))
        default: true
        }
      if !isBuilt {
        throw ReplayError("the fabric has no such link", at: "failure \"\(failure)\"")
      }
    }
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
    grain == .rank && fabric.electricalNICsPerServer > 0 && !fabric.electrical.joinsWholeServers
      ? fabric.nicPolicy : .pooled
  }

  package func server(of end: Int) -> Int { layout.server(of: end, at: grain) }

  /// Which links the bytes of a pair can use.
  package func route(from source: Int, to destination: Int, isExpert: Bool) -> Route {
    if grain == .rank && source == destination { return .local }
    let (from, to) = (server(of: source), server(of: destination))
    if from == to { return .scaleUp }
    let isInDomain = from / serversPerScaleUpDomain == to / serversPerScaleUpDomain
    if isInDomain, failures.sparePlace[from] == nil, failures.sparePlace[to] == nil {
      return .scaleUp
    }
    return isExpert && circuitRate(from: from, to: to) > 0 ? .regional : .electrical
  }

  /// Bytes per nanosecond of one circuit between two servers; 0 when none can join them.
  package func circuitRate(from source: Int, to destination: Int) -> Double {
    guard !regions.isEmpty, region[source] >= 0, region[source] == region[destination] else {
      return 0
    }
    return fabric.nicRate
      * failures.circuitShare(from: source, to: destination, region: Int(region[source]))
  }

  /// False when electrical NICs cannot carry bytes between two ends of different servers.
  package func reachesElectrically(from source: Int, to destination: Int) -> Bool {
    guard fabric.electricalNICsPerServer > 0 else { return false }
    let (left, right) = attachments(from: source, to: destination)
    return links.capacity[Int(firstUp) + left] > 0 && links.capacity[Int(firstDown) + right] > 0
      && wiring.reaches(from: left, to: right)
  }

  /// False when some pairs use several paths at once.
  package var hasOnePathPerPair: Bool { wiring.hasOnePathPerPair }

  /// Paths that the bytes of a pair take at once.
  package func pathCount(_ path: PathKind, from source: Int, to destination: Int) -> Int {
    guard path == .electrical else { return 1 }
    let (left, right) = attachments(from: source, to: destination)
    return wiring.pathCount(from: left, to: right)
  }

  /// Calls `visit` for each link that all paths of a pair share, so that all its bytes load them: the
  /// whole path where there is one only.
  package func forEachLink(
    _ path: PathKind, from source: Int, to destination: Int, _ visit: (Int32) -> Void
  ) {
    let paths = pathCount(path, from: source, to: destination)
    forEachLink(path, from: source, to: destination, subflow: paths == 1 ? 0 : nil, visit)
  }

  /// Calls `visit` for each link of one of a pair's paths, scale-up links before and after included.
  package func forEachLink(
    _ path: PathKind, from source: Int, to destination: Int, subflow: Int,
    _ visit: (Int32) -> Void
  ) {
    forEachLink(path, from: source, to: destination, subflow: Optional(subflow), visit)
  }

  private func forEachLink(
    _ path: PathKind, from source: Int, to destination: Int, subflow: Int?,
    _ visit: (Int32) -> Void
  ) {
    switch path {
    case .scaleUp:
      let (from, to) = (server(of: source), server(of: destination))
      let (out, into) = grain == .rank ? (source, destination) : (from, to)
      visit(firstOut + Int32(out))
      if grain == .rank { visit(firstPool + Int32(from)) }
      if grain == .rank && to != from { visit(firstPool + Int32(to)) }
      visit(firstIn + Int32(into))
    case .circuit(let link):
      gather(from: source, visit)
      visit(link)
      scatter(to: destination, visit)
    case .electrical:
      let (left, right) = attachments(from: source, to: destination)
      if policy == .pooled { gather(from: source, visit) }
      if policy == .railForward { forward(from: source, to: destination, visit) }
      visit(firstUp + Int32(left))
      if let subflow {
        let flow = UInt64(source) << 32 | UInt64(destination)
        wiring.forEachLink(from: left, to: right, path: subflow, flow: flow, visit)
      }
      visit(firstDown + Int32(right))
      if policy == .pooled { scatter(to: destination, visit) }
    }
  }

  /// The attachments at which a pair's bytes leave and enter.
  private func attachments(from source: Int, to destination: Int) -> (Int, Int) {
    let (from, to) = (server(of: source), server(of: destination))
    guard policy != .pooled else { return (from, to) }
    let rail = rail(of: destination)
    let sender = policy == .railForward ? rail : self.rail(of: source)
    return (from * railsPerServer + sender, to * railsPerServer + rail)
  }

  /// Inside the sending server to the GPU on the receiver's rail, unless that is the sender's.
  private func forward(from source: Int, to destination: Int, _ visit: (Int32) -> Void) {
    guard rail(of: source) != rail(of: destination) else { return }
    let server = server(of: source)
    visit(firstOut + Int32(source))
    visit(firstPool + Int32(server))
    visit(
      firstIn + Int32(server * layout.gpusPerServer + destination % layout.gpusPerServer))
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
