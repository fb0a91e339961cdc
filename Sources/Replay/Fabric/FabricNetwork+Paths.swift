internal import TraceModel

extension FabricNetwork {
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
    let hasOne =
      hasOnePathPerPair || pathCount(path, from: source, to: destination) == 1
    forEachLink(path, from: source, to: destination, subflow: hasOne ? 0 : nil, visit)
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
      if grain == .rank && to == from { pool(from, visit) }
      if grain == .rank && to != from {
        visit(firstPoolOut + Int32(from))
        visit(firstPoolIn + Int32(to))
      }
      visit(firstIn + Int32(into))
    case .circuit(let link):
      gather(from: source, visit)
      visit(link)
      scatter(to: destination, visit)
    case .electrical:
      let (left, right) = attachments(from: source, to: destination)
      if policy == .pooled {
        gather(from: source, visit)
      } else {
        forward(from: source, to: destination, onto: left, visit)
      }
      visit(firstUp + Int32(left))
      if let subflow {
        let flow = UInt64(source) << 32 | UInt64(destination)
        wiring.forEachLink(from: left, to: right, path: subflow, flow: flow, visit)
      }
      visit(firstDown + Int32(right))
      if policy == .pooled {
        scatter(to: destination, visit)
      } else {
        handOver(to: destination, from: right, visit)
      }
    }
  }

  /// The attachments at which a pair's bytes leave and enter.
  private func attachments(from source: Int, to destination: Int) -> (Int, Int) {
    let (from, to) = (server(of: source), server(of: destination))
    guard policy != .pooled else { return (from, to) }
    let receiver = Int(railInForce[to * railsPerServer + rail(of: destination)])
    let wanted = policy == .railForward ? receiver : rail(of: source)
    let sender = Int(railInForce[from * railsPerServer + wanted])
    return (from * railsPerServer + sender, to * railsPerServer + receiver)
  }

  /// Inside the sending server to a GPU on the rail that the bytes leave on, unless that is the
  /// sender's: to the receiver's peer where it is on that rail.
  private func forward(
    from source: Int, to destination: Int, onto attachment: Int, _ visit: (Int32) -> Void
  ) {
    let rail = attachment % railsPerServer
    guard self.rail(of: source) != rail else { return }
    let server = server(of: source)
    visit(firstOut + Int32(source))
    pool(server, visit)
    let delegate =
      self.rail(of: destination) == rail ? destination % layout.gpusPerServer : firstGPU(of: rail)
    visit(firstIn + Int32(server * layout.gpusPerServer + delegate))
  }

  /// Inside the receiving server from the rail that the bytes came on, unless that is the receiver's.
  private func handOver(
    to destination: Int, from attachment: Int, _ visit: (Int32) -> Void
  ) {
    let rail = attachment % railsPerServer
    guard self.rail(of: destination) != rail else { return }
    let server = server(of: destination)
    visit(firstOut + Int32(server * layout.gpusPerServer + firstGPU(of: rail)))
    pool(server, visit)
    visit(firstIn + Int32(destination))
  }

  private func rail(of rank: Int) -> Int {
    rank % layout.gpusPerServer * railsPerServer / layout.gpusPerServer
  }

  /// The first GPU in its server whose rail it is.
  private func firstGPU(of rail: Int) -> Int {
    (rail * layout.gpusPerServer + railsPerServer - 1) / railsPerServer
  }

  /// What stays among a server's GPUs is sent there and received there.
  private func pool(_ server: Int, _ visit: (Int32) -> Void) {
    visit(firstPoolOut + Int32(server))
    if firstPoolIn != firstPoolOut { visit(firstPoolIn + Int32(server)) }
  }

  /// From the sending GPU to the delegates of its server.
  private func gather(from source: Int, _ visit: (Int32) -> Void) {
    guard grain == .rank, layout.gpusPerServer > 1 else { return }
    visit(firstOut + Int32(source))
    pool(server(of: source), visit)
  }

  /// From the delegates of a server to the receiving GPU.
  private func scatter(to destination: Int, _ visit: (Int32) -> Void) {
    guard grain == .rank, layout.gpusPerServer > 1 else { return }
    pool(server(of: destination), visit)
    visit(firstIn + Int32(destination))
  }
}
