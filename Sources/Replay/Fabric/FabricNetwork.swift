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
  private(set) var wiring: any ElectricalWiring = TreeWiring()
  let failures: FailureEffects
  let serversPerScaleUpDomain: Int
  /// Numbers of the first link of each kind; the others follow by rank, server or attachment.
  private(set) var firstOut: Int32 = 0
  private(set) var firstIn: Int32 = 0
  /// What all GPUs of a server send and receive over scale-up links, at rank grain.
  ///
  /// In a domain of one server whatever is sent is received there: one link is both.
  private(set) var firstPoolOut: Int32 = 0
  private(set) var firstPoolIn: Int32 = 0
  private(set) var firstUp: Int32 = 0
  private(set) var firstDown: Int32 = 0
  /// The rail that carries the bytes of each rail, server by server: another one when all its NICs
  /// have failed.
  private(set) var railInForce: [Int32] = []

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
      if serversPerScaleUpDomain > 1 {
        (firstPoolOut, firstPoolIn) = addServerLinks(capacity: perServer)
      } else {
        firstPoolOut = Int32(links.count)
        firstPoolIn = firstPoolOut
        for server in 0..<layout.serverCount {
          _ = links.append(.scaleUpPool(server: server), tier: .scaleUp, capacity: perServer)
        }
      }
    } else {
      (firstOut, firstIn) = addServerLinks(capacity: perServer)
    }
  }

  /// One link out of and one into every server; the numbers of the first of each.
  private mutating func addServerLinks(capacity: Double) -> (out: Int32, into: Int32) {
    let out = Int32(links.count)
    for server in 0..<layout.serverCount {
      _ = links.append(.serverOut(server: server), tier: .scaleUp, capacity: capacity)
    }
    let into = Int32(links.count)
    for server in 0..<layout.serverCount {
      _ = links.append(.serverIn(server: server), tier: .scaleUp, capacity: capacity)
    }
    return (out, into)
  }

  private mutating func addNICs() throws(ReplayError) {
    let attachments = attachments
    railInForce = railsInForce(attachments)
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

  /// For each rail of each server the next at or after it, in a circle, that has a working NIC; the
  /// rail itself where none has.
  private func railsInForce(_ attachments: [Attachment]) -> [Int32] {
    guard policy != .pooled else { return [] }
    let rails = railsPerServer
    return attachments.indices.map { number in
      let (server, rail) = number.quotientAndRemainder(dividingBy: rails)
      let next = (rail..<rail + rails).first {
        attachments[server * rails + $0 % rails].healthyShare > 0
      }
      return Int32((next ?? rail) % rails)
    }
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
}

/// One way from end to end.
package enum PathKind: Sendable, Hashable {
  case scaleUp
  case electrical
  /// Over the circuits of the two servers, which are this link.
  case circuit(Int32)
}
