public import TraceModel

/// The links between the NICs of different servers, other than reconfigurable circuits.
///
/// Adding one is a file and a line in `FabricCatalogue`.
public protocol ElectricalNetwork: Sendable {
  /// The word used in tables, flags and files.
  var name: String { get }
  var effectiveParameters: [EffectiveParameter] { get }
  /// True when links end at servers, whose NICs then count as one.
  var joinsWholeServers: Bool { get }
  /// True when a spare server can take the place of a failed one.
  func hostsSpares(nicsPerServer: Int) -> Bool

  /// Why these parameters describe no network for a cluster, or nil.
  func defect(for layout: Layout, on fabric: FabricSpecification) -> String?
  /// True when the NICs are the only thing that can be in the way.
  func isNonBlocking(serverCount: Int) -> Bool
  /// Adds the network's links and says which of them lie between two attachments.
  /// - Throws: a `ReplayError` when a failure names a part that the network does not have.
  func wire(
    _ site: WiringSite, into links: inout LinkTable
  ) throws(ReplayError) -> any ElectricalWiring
  /// NICs, switches, transceivers and fibres of the network as it is built, spare servers included.
  func billOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList, wholeBoxes: Bool
  ) -> BillOfMaterials
  /// The same by the formulas of `PaperCost`.
  func paperBillOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList
  ) -> BillOfMaterials
}

extension ElectricalNetwork {
  public var joinsWholeServers: Bool { false }
  public func hostsSpares(nicsPerServer: Int) -> Bool { !joinsWholeServers }

  public func billOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList, wholeBoxes: Bool
  ) -> BillOfMaterials {
    .electrical(
      nicCount: fabric.electricalNICCount(for: layout), radix: fabric.switchRadix,
      prices: prices, wholeBoxes: wholeBoxes)
  }

  /// A fat-tree's: the paper counts any packet-switched network as one.
  public func paperBillOfMaterials(
    for layout: Layout, on fabric: FabricSpecification, prices: PriceList
  ) -> BillOfMaterials {
    PaperCost.fatTree(nicCount: fabric.electricalNICCount(for: layout), prices: prices)
  }
}

/// A point at which servers join the electrical network: one NIC, or all of a server's together.
public struct Attachment: Sendable, Hashable {
  /// The place in the network; that of a spare server comes after all others.
  public var server: Int
  /// The rail inside its server: one NIC, or those that one GPU owns; nil for all NICs pooled.
  public var nic: Int?
  public var nicCount: Int
  /// Bytes per nanosecond and direction, as built.
  public var capacity: Double
  /// The part of its NICs that works.
  public var healthyShare = 1.0
}

/// What an electrical network is wired to.
public struct WiringSite: Sendable {
  public var attachments: [Attachment]
  /// Bytes per nanosecond and direction of one NIC, and of one cable inside the network.
  public var cableRate: Double
  /// Payload as a part of what the wire carries, for links whose rate is declared.
  public var payloadEfficiency: Double
  /// How a pair uses optical and electrical links where it has both.
  public var sharing: SharingMode
  public var failures: [Failure]
}

/// The links between attachments of a built network.
///
/// A flow's bytes take one or more paths at once; each is a subflow with a rate of its own.
public protocol ElectricalWiring: Sendable {
  /// False when no bytes get from one attachment to another.
  func reaches(from source: Int, to destination: Int) -> Bool
  /// True when no flow uses several paths at once.
  var hasOnePathPerPair: Bool { get }
  /// Paths that a flow uses at once; at least 1 between attachments that reach each other.
  func pathCount(from source: Int, to destination: Int) -> Int
  /// Calls `visit` for each network link of one path, in order.
  /// - Parameter flow: a number of the flow's own, for networks that choose paths by a hash.
  func forEachLink(
    from source: Int, to destination: Int, path: Int, flow: UInt64, _ visit: (Int32) -> Void)
}

extension ElectricalWiring {
  public func reaches(from source: Int, to destination: Int) -> Bool { true }
  public var hasOnePathPerPair: Bool { true }
  public func pathCount(from source: Int, to destination: Int) -> Int { 1 }
}

/// No links: any attachment reaches any other at full rate.
///
/// Billed as a non-blocking fat-tree.
public struct Crossbar: ElectricalNetwork {
  public init() {}
  public var name: String { "crossbar" }
  public var effectiveParameters: [EffectiveParameter] { [] }
  public func defect(for layout: Layout, on fabric: FabricSpecification) -> String? {
    FatTreeTiers.defect(
      endCount: fabric.electricalNICCount(for: layout), radix: fabric.switchRadix)
  }
  public func isNonBlocking(serverCount: Int) -> Bool { true }

  public func wire(
    _ site: WiringSite, into links: inout LinkTable
  ) -> any ElectricalWiring {
    TreeWiring()
  }
}
