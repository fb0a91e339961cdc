// Rounding lives in libm, which a program without Foundation links only when asked to.
internal import Glibc

/// Attachments in groups, groups in larger groups; each group has one pooled link up and one down.
///
/// Pooling stands for ideal spraying over a group's uplinks.
public struct TreeWiring: ElectricalWiring {
  private struct Tier {
    var group: [Int32]
    var up: [Int32]
    var down: [Int32]
    /// Groups whose uplinks have all failed.
    var isCut: [Bool]
  }

  private var tiers: [Tier] = []

  public init() {}

  /// Adds a tier above those present: `group[attachment]` is 0 ..< count, and a group's links have
  /// the capacity of its attachments divided by `ratio`, less its failed cables.
  public mutating func addTier(
    _ tier: String, group: [Int], ratio: Double, site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) {
    let count = (group.max() ?? -1) + 1
    var capacity = [Double](repeating: 0, count: count)
    for (attachment, group) in group.enumerated() {
      capacity[group] += site.attachments[attachment].capacity / ratio
    }
    let built = capacity
    for group in 0..<count {
      let cables = cableCount(capacity: built[group], cableRate: site.cableRate)
      let failed = try failedCables(of: tier, group: group, cables: cables, in: site.failures)
      capacity[group] *= Double(cables - failed.count) / Double(cables)
    }
    tiers.append(
      Tier(
        group: group.map { Int32($0) },
        up: (0..<count).map {
          links.append(.up(tier: tier, group: $0), tier: .network, capacity: capacity[$0])
        },
        down: (0..<count).map {
          links.append(.down(tier: tier, group: $0), tier: .network, capacity: capacity[$0])
        }, isCut: capacity.map { !($0 > 0) }))
  }

  public func reaches(from source: Int, to destination: Int) -> Bool {
    for tier in tiers where tier.group[source] != tier.group[destination] {
      if tier.isCut[Int(tier.group[source])] || tier.isCut[Int(tier.group[destination])] {
        return false
      }
    }
    return true
  }

  public func forEachLink(
    from source: Int, to destination: Int, path: Int, flow: UInt64, _ visit: (Int32) -> Void
  ) {
    var climbed = 0
    while climbed < tiers.count
      && tiers[climbed].group[source] != tiers[climbed].group[destination]
    {
      visit(tiers[climbed].up[Int(tiers[climbed].group[source])])
      climbed += 1
    }
    while climbed > 0 {
      climbed -= 1
      visit(tiers[climbed].down[Int(tiers[climbed].group[destination])])
    }
  }
}

/// The fewest cables of one NIC's rate that carry a capacity, at least one.
func cableCount(capacity: Double, cableRate: Double) -> Int {
  max(1, Int((capacity / cableRate - 1e-9).rounded(.up)))
}

/// The failed cables of one group's uplinks, ascending.
/// - Throws: a `ReplayError` for a cable that the group does not have.
func failedCables(
  of tier: String, group: Int, cables: Int, in failures: [Failure]
) throws(ReplayError) -> [Int] {
  var failed = Set<Int>()
  for failure in failures {
    guard case .uplink(tier, group, let cable) = failure else { continue }
    guard (0..<cables).contains(cable) else {
      throw ReplayError(
        "\(tier) \(group) has \(cables) uplinks, 0 to \(cables - 1)", at: "failure \"\(failure)\"")
    }
    failed.insert(cable)
  }
  return failed.sorted()
}
