internal import TraceModel

/// A tree of leaves, pods and a core with real cables, of which each subflow takes one path.
///
/// A leaf has one cable to each spine switch of its pod; spine s of every pod has a cable to each
/// core of plane s. A path up is the choice of a spine and, between pods, of a core; the path
/// down follows from them. When a chosen cable has failed the next one that works is taken.
struct RoutedTreeWiring: ElectricalWiring {
  private let routing: PathRouting
  private let leaf: [Int]
  private let pod: [Int]
  /// NICs of each attachment, and the number of its first one.
  private let nicCount: [Int]
  private let firstNIC: [Int]
  private let spineCount: Int
  private let coreCount: Int
  private let leafUp: CableTable
  private let leafDown: CableTable
  private let podUp: CableTable
  private let podDown: CableTable

  /// The links of all groups of a tier in one direction.
  private struct CableTable {
    var first: Int32
    var cablesPerGroup: Int
    var hasFailed: [Bool]

    func link(_ group: Int, _ cable: Int) -> Int32 {
      first + Int32(group * cablesPerGroup + cable)
    }

    func works(_ group: Int, _ cable: Int) -> Bool {
      !hasFailed[group * cablesPerGroup + cable]
    }
  }

  init(
    _ tree: FatTree, site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) {
    routing = tree.routing
    let leaf = site.attachments.map { $0.server / tree.serversPerLeaf }
    let pod = leaf.map { $0 / tree.leavesPerPod }
    (self.leaf, self.pod) = (leaf, pod)
    nicCount = site.attachments.map { max(1, $0.nicCount) }
    var next = 0
    var firstNIC: [Int] = []
    for count in nicCount {
      firstNIC.append(next)
      next += count
    }
    self.firstNIC = firstNIC

    /// The cables of the fullest group, and the rate at which they carry that group's capacity.
    func cables(_ group: [Int], ratio: Double, steps: Int) -> (count: Int, rate: Double) {
      var capacity = [Double](repeating: 0, count: (group.max() ?? -1) + 1)
      for (attachment, group) in group.enumerated() {
        capacity[group] += site.attachments[attachment].capacity / ratio
      }
      let largest = capacity.max() ?? 0
      let perStep = cableCount(capacity: largest / Double(steps), cableRate: site.cableRate)
      return (perStep, largest / Double(steps * perStep))
    }
    let up = cables(leaf, ratio: tree.leafOversubscription, steps: 1)
    spineCount = up.count
    let top = cables(pod, ratio: tree.podOversubscription, steps: up.count)
    coreCount = top.count

    func add(
      _ tier: String, groups: Int, cables: Int, rate: Double
    ) throws(ReplayError) -> (up: CableTable, down: CableTable) {
      var hasFailed = [Bool](repeating: false, count: groups * cables)
      for group in 0..<groups {
        for cable in try failedCables(of: tier, group: group, cables: cables, in: site.failures) {
          hasFailed[group * cables + cable] = true
        }
      }
      func direction(isUp: Bool) -> CableTable {
        let first = Int32(links.count)
        for cable in hasFailed.indices {
          _ = links.append(
            .cable(tier: tier, group: cable / cables, cable: cable % cables, isUp: isUp),
            tier: .network, capacity: hasFailed[cable] ? 0 : rate)
        }
        return CableTable(first: first, cablesPerGroup: cables, hasFailed: hasFailed)
      }
      return (direction(isUp: true), direction(isUp: false))
    }
    // Nothing lies above a group that is the only one.
    func severalGroups(_ group: [Int]) -> Int {
      let last = group.max() ?? 0
      return last > 0 ? last + 1 : 0
    }
    (leafUp, leafDown) = try add(
      "leaf", groups: severalGroups(leaf), cables: up.count, rate: up.rate)
    (podUp, podDown) = try add(
      "pod", groups: severalGroups(pod), cables: up.count * top.count, rate: top.rate)
  }

  var hasOnePathPerPair: Bool { false }

  func pathCount(from source: Int, to destination: Int) -> Int {
    guard leaf[source] != leaf[destination] else { return 1 }
    return switch routing {
    case .sprayed: spineCount * (pod[source] == pod[destination] ? 1 : coreCount)
    case .destinationModulo: nicCount[destination]
    case .hashed(_, let queuePairs):
      queuePairs * min(nicCount[source], nicCount[destination])
    }
  }

  func reaches(from source: Int, to destination: Int) -> Bool {
    leaf[source] == leaf[destination]
      || workingPath(from: source, to: destination, spine: 0, core: 0) != nil
  }

  func forEachLink(
    from source: Int, to destination: Int, path: Int, flow: UInt64, _ visit: (Int32) -> Void
  ) {
    guard leaf[source] != leaf[destination] else { return }
    let wanted = choice(to: destination, path: path, flow: flow)
    // Pairs that no path joins are refused before they are asked for.
    let taken =
      workingPath(from: source, to: destination, spine: wanted.spine, core: wanted.core) ?? wanted
    visit(leafUp.link(leaf[source], taken.spine))
    if pod[source] != pod[destination] {
      let cable = taken.spine * coreCount + taken.core
      visit(podUp.link(pod[source], cable))
      visit(podDown.link(pod[destination], cable))
    }
    visit(leafDown.link(leaf[destination], taken.spine))
  }

  private func choice(to destination: Int, path: Int, flow: UInt64) -> (spine: Int, core: Int) {
    switch routing {
    case .sprayed:
      return (path % spineCount, path / spineCount % coreCount)
    case .destinationModulo:
      let nic = firstNIC[destination] + path
      return (nic % spineCount, nic / spineCount % coreCount)
    case .hashed(let seed, _):
      var stream = RandomStream(seed: seed ^ flow, purpose: UInt64(path))
      return (stream.below(spineCount), stream.below(coreCount))
    }
  }

  /// The first working path at or after the wanted one, cores first, then spines.
  private func workingPath(
    from source: Int, to destination: Int, spine: Int, core: Int
  ) -> (spine: Int, core: Int)? {
    for spineStep in 0..<spineCount {
      let spine = (spine + spineStep) % spineCount
      guard leafUp.works(leaf[source], spine), leafDown.works(leaf[destination], spine) else {
        continue
      }
      if pod[source] == pod[destination] { return (spine, core) }
      for coreStep in 0..<coreCount {
        let core = (core + coreStep) % coreCount
        let cable = spine * coreCount + core
        if podUp.works(pod[source], cable), podDown.works(pod[destination], cable) {
          return (spine, core)
        }
      }
    }
    return nil
  }
}
