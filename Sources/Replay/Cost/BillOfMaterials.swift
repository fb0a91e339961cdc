/// What a network is built of and what it costs.
public struct BillOfMaterials: Sendable, Hashable {
  /// One kind of part at one price.
  public struct Line: Sendable, Hashable {
    /// What it is, in the singular: "transceiver".
    public var item: String
    public var count: Int
    /// US dollars for one.
    public var unitPriceUSD: Double

    public init(_ item: String, count: Int, unitPriceUSD: Double) {
      self.item = item
      self.count = count
      self.unitPriceUSD = unitPriceUSD
    }

    /// US dollars for all of them.
    public var totalUSD: Double { Double(count) * unitPriceUSD }
  }

  /// Switches of one kind.
  public struct Boxes: Sendable, Hashable {
    /// "electrical switch, 64 ports".
    public var kind: String
    public var count: Int
  }

  /// What is paid for; no line counts 0.
  public private(set) var lines: [Line]
  /// Boxes that hold the ports, as information: ports are what is billed, used ones or all.
  public private(set) var boxes: [Boxes] = []

  public init(lines: [Line]) { self.lines = lines.filter { $0.count > 0 } }

  /// US dollars for everything.
  public var totalUSD: Double { lines.reduce(0) { $0 + $1.totalUSD } }

  /// NICs on an electrical fat-tree of switches of one radix, with full leaves.
  ///
  /// - Parameters:
  ///   - oversubscription: k of k:1 at the leaves; 1 for a non-blocking tree.
  ///   - wholeBoxes: bill every port of the boxes bought, not only those used.
  public static func electrical(
    nicCount: Int, radix: Int, oversubscription: Double = 1, prices: PriceList,
    wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    switched(
      nicCount: nicCount,
      tree: FatTreeTiers(endCount: nicCount, radix: radix, oversubscription: oversubscription)
        .tree, prices: prices, wholeBoxes: wholeBoxes)
  }

  /// NICs on a tree of electrical switches as it was built: a transceiver at each end of each cable.
  public static func switched(
    nicCount: Int, tree: SwitchedTree, prices: PriceList, wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    var bill = BillOfMaterials(lines: [
      Line("NIC", count: nicCount, unitPriceUSD: prices.nic),
      Line(
        "transceiver", count: nicCount + tree.portCount, unitPriceUSD: prices.transceiver),
      Line(
        "electrical switch port", count: wholeBoxes ? tree.wholePortCount : tree.portCount,
        unitPriceUSD: prices.electricalPort),
      Line("fibre", count: tree.linkCount, unitPriceUSD: prices.fibre),
    ])
    bill.add(boxes: tree.boxCount, kind: "electrical switch, \(tree.radix) ports")
    return bill
  }

  /// The optical NICs of servers and the switches or patch panels between them, region by region.
  ///
  /// Per lit NIC: a transceiver, a port and a fibre.
  /// - Parameters:
  ///   - regionSizes: servers of each region; a region of one server has no optical switch, its
  ///     optical NICs stay dark but are bought, without transceivers and fibres.
  ///   - switchRadix: ports of one optical switch; regions never share a box.
  ///   - planes: parallel switches of each region, each with its part of the optical NICs.
  ///   - isSwitched: false when circuits never change, so that patch panels do.
  ///   - wholeBoxes: bill every port of the switches bought, not only those used; patch panels are
  ///     bought by the port.
  public static func optical(
    regionSizes: [Int], nicsPerServer: Int, switchRadix: Int, prices: PriceList,
    isSwitched: Bool = true, planes: Int = 1, wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    let regionPorts = regionSizes.filter { $0 > 1 }.map { $0 * nicsPerServer }
    let litPorts = regionPorts.reduce(0, +)
    let boxPorts = max(1, switchRadix)
    let boxes = regionPorts.reduce(0) {
      $0 + planes * (($1 / planes + boxPorts - 1) / boxPorts)
    }
    var bill = BillOfMaterials(lines: [
      Line(
        "NIC", count: regionSizes.reduce(0, +) * nicsPerServer, unitPriceUSD: prices.nic),
      Line("transceiver", count: litPorts, unitPriceUSD: prices.transceiver),
      isSwitched
        ? Line(
          Self.opticalPort, count: wholeBoxes ? boxes * boxPorts : litPorts,
          unitPriceUSD: prices.opticalPort)
        : Line("patch-panel port", count: litPorts, unitPriceUSD: prices.patchPanelPort),
      Line("fibre", count: litPorts, unitPriceUSD: prices.fibre),
    ])
    if isSwitched { bill.add(boxes: boxes, kind: "optical switch, \(switchRadix) ports") }
    return bill
  }

  private static let opticalPort = "optical switch port"

  /// US dollars for a port of optical switches; nil where there are none.
  package var opticalPortPriceUSD: Double? {
    lines.first { $0.item == Self.opticalPort && $0.count > 0 }?.unitPriceUSD
  }

  /// Servers joined without switches, by cables or through patch panels.
  ///
  /// Per lit NIC: a transceiver, and half a cable or a panel port with its fibre (the formula for
  /// TopoOpt in MixNet, section 7.2).
  /// - Parameters:
  ///   - litNICCount: NICs with a link, of `nicCount` bought.
  ///   - isPatched: true when fibres meet in patch panels, bought by the port.
  public static func direct(
    nicCount: Int, litNICCount: Int, isPatched: Bool, prices: PriceList
  ) -> BillOfMaterials {
    BillOfMaterials(lines: [
      Line("NIC", count: nicCount, unitPriceUSD: prices.nic),
      Line("transceiver", count: litNICCount, unitPriceUSD: prices.transceiver),
      Line(
        "patch-panel port", count: isPatched ? litNICCount : 0,
        unitPriceUSD: prices.patchPanelPort),
      Line(
        "fibre", count: isPatched ? litNICCount : (litNICCount + 1) / 2,
        unitPriceUSD: prices.fibre),
    ])
  }

  /// The parts of two networks together; equal parts at equal prices share a line, in one order.
  public func adding(_ other: BillOfMaterials) -> BillOfMaterials {
    var sum = self
    for line in other.lines {
      let same = sum.lines.firstIndex {
        $0.item == line.item && $0.unitPriceUSD == line.unitPriceUSD
      }
      if let same {
        sum.lines[same].count += line.count
      } else {
        sum.lines.append(line)
      }
    }
    sum.boxes += other.boxes
    let places = sum.lines.map { Self.order.firstIndex(of: $0.item) ?? Self.order.count }
    sum.lines = sum.lines.indices.sorted { (places[$0], $0) < (places[$1], $1) }
      .map { sum.lines[$0] }
    return sum
  }

  private static let order = [
    "NIC", "transceiver", "electrical switch port", "optical switch port", "patch-panel port",
    "fibre",
  ]

  private mutating func add(boxes count: Int, kind: String) {
    if count > 0 { boxes.append(Boxes(kind: kind, count: count)) }
  }
}
