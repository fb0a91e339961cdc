/// A point at which servers join the electrical network: one NIC, or all of a server's together.
public struct Attachment: Sendable, Hashable {
  public var server: Int
  /// The rail inside its server: one NIC, or those that one GPU owns; nil for all NICs pooled.
  public var nic: Int?
  /// Bytes per nanosecond and direction.
  public var capacity: Double
}

/// The packet-switched network above the NICs.
///
/// Adding one is a file and a line in `FabricCatalogue`.
public protocol ElectricalNetwork: Sendable {
  /// The word used in tables, flags and files.
  var name: String { get }
  var effectiveParameters: [EffectiveParameter] { get }
  /// k of k:1 at the leaves, for the bill of materials.
  var oversubscription: Double { get }
  /// Why these parameters describe no network, or nil.
  var defect: String? { get }

  /// Adds the network's links and says which of them lie between two attachments.
  func wire(_ attachments: [Attachment], into links: inout LinkTable) -> any ElectricalWiring
}

/// The links between attachments of a built electrical network.
public protocol ElectricalWiring: Sendable {
  /// Calls `visit` for each network link from one attachment to another, in order.
  func forEachLink(from source: Int, to destination: Int, _ visit: (Int32) -> Void)
}

/// No links: any attachment reaches any other at full rate.
public struct Crossbar: ElectricalNetwork {
  public init() {}
  public var name: String { "crossbar" }
  public var effectiveParameters: [EffectiveParameter] { [] }
  public var oversubscription: Double { 1 }
  public var defect: String? { nil }

  public func wire(_ attachments: [Attachment], into links: inout LinkTable)
    -> any ElectricalWiring
  {
    TreeWiring()
  }
}

/// Attachments in groups, groups in larger groups; each group has one pooled link up and one down.
///
/// Pooling stands for ideal spraying over a group's uplinks.
public struct TreeWiring: ElectricalWiring {
  private struct Tier {
    var group: [Int32]
    var up: [Int32]
    var down: [Int32]
  }

  private var tiers: [Tier] = []

  public init() {}

  /// Adds a tier above those present: `group[attachment]` is 0 ..< count, and a group's links have
  /// the capacity of its attachments divided by `ratio`.
  public mutating func addTier(
    _ tier: String, group: [Int], ratio: Double, attachments: [Attachment],
    into links: inout LinkTable
  ) {
    let count = (group.max() ?? -1) + 1
    var capacity = [Double](repeating: 0, count: count)
    for (attachment, group) in group.enumerated() {
      capacity[group] += attachments[attachment].capacity / ratio
    }
    tiers.append(
      Tier(
        group: group.map { Int32($0) },
        up: (0..<count).map {
          links.append(.up(tier: tier, group: $0), tier: .network, capacity: capacity[$0])
        },
        down: (0..<count).map {
          links.append(.down(tier: tier, group: $0), tier: .network, capacity: capacity[$0])
        }))
  }

  public func forEachLink(from source: Int, to destination: Int, _ visit: (Int32) -> Void) {
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
