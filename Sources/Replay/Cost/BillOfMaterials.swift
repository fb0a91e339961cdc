/// What a network is built of and what it costs.
public struct BillOfMaterials: Sendable, Hashable {
  /// One kind of part.
  public struct Line: Sendable, Hashable {
    public var item: String
    public var count: Int
    public var unitPriceUSD: Double

    public init(_ item: String, count: Int, unitPriceUSD: Double) {
      self.item = item
      self.count = count
      self.unitPriceUSD = unitPriceUSD
    }

    public var totalUSD: Double { Double(count) * unitPriceUSD }
  }

  /// Switches of one kind.
  public struct Boxes: Sendable, Hashable {
    public var kind: String
    public var count: Int
  }

  public private(set) var lines: [Line]
  /// Boxes that hold the ports, as information: ports are what is billed, used ones or all.
  public private(set) var boxes: [Boxes] = []

  public init(lines: [Line]) { self.lines = lines.filter { $0.count > 0 } }

  public var totalUSD: Double { lines.reduce(0) { $0 + $1.totalUSD } }

  /// NICs on an electrical fat-tree of switches of one radix.
  ///
  /// - Parameters:
  ///   - oversubscription: k of k:1 at the leaves; 1 for a non-blocking tree.
  ///   - wholeBoxes: bill every port of the boxes bought, not only those used.
  public static func electrical(
    nicCount: Int, radix: Int, oversubscription: Double = 1, prices: PriceList,
    wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    let tree = FatTreeTiers(endCount: nicCount, radix: radix, oversubscription: oversubscription)
    var bill = BillOfMaterials(lines: [
      Line("NIC", count: nicCount, unitPriceUSD: prices.nic),
      Line(
        "transceiver", count: nicCount + tree.portCount, unitPriceUSD: prices.transceiver),
      Line(
        "electrical switch port", count: wholeBoxes ? tree.wholePortCount : tree.portCount,
        unitPriceUSD: prices.electricalPort),
      Line("fibre", count: tree.linkCount, unitPriceUSD: prices.fibre),
    ])
    bill.add(boxes: tree.boxCount, kind: "electrical switch, \(radix) ports")
    return bill
  }

  /// Servers with some NICs on regional optical switches and the others on an electrical tree.
  ///
  /// - Parameters:
  ///   - regionSizes: servers of each region; a region of one server has no optical switch, its
  ///     optical NICs stay dark but are bought, without transceivers and fibres.
  ///   - opticalRadix: ports of one optical switch; regions never share a box.
  ///   - planes: parallel switches of each region, each with its part of the optical NICs.
  ///   - isSwitched: false when circuits never change, so that patch panels do.
  ///   - wholeBoxes: bill every port of the switches bought, not only those used; patch panels are
  ///     bought by the port.
  public static func regionalOptical(
    regionSizes: [Int], opticalNICsPerServer: Int, electricalNICsPerServer: Int, radix: Int,
    opticalRadix: Int, oversubscription: Double = 1, prices: PriceList, isSwitched: Bool = true,
    planes: Int = 1, wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    let serverCount = regionSizes.reduce(0, +)
    let electrical = serverCount * electricalNICsPerServer
    let optical = serverCount * opticalNICsPerServer
    let tree = FatTreeTiers(endCount: electrical, radix: radix, oversubscription: oversubscription)
    let regionPorts = regionSizes.filter { $0 > 1 }.map { $0 * opticalNICsPerServer }
    let litPorts = regionPorts.reduce(0, +)
    let boxPorts = max(1, opticalRadix)
    let opticalBoxes = regionPorts.reduce(0) {
      $0 + planes * (($1 / planes + boxPorts - 1) / boxPorts)
    }
    var bill = BillOfMaterials(lines: [
      Line("NIC", count: electrical + optical, unitPriceUSD: prices.nic),
      Line(
        "transceiver", count: electrical + litPorts + tree.portCount,
        unitPriceUSD: prices.transceiver),
      Line(
        "electrical switch port", count: wholeBoxes ? tree.wholePortCount : tree.portCount,
        unitPriceUSD: prices.electricalPort),
      isSwitched
        ? Line(
          "optical switch port", count: wholeBoxes ? opticalBoxes * boxPorts : litPorts,
          unitPriceUSD: prices.opticalPort)
        : Line("patch-panel port", count: litPorts, unitPriceUSD: prices.patchPanelPort),
      Line("fibre", count: tree.linkCount + litPorts, unitPriceUSD: prices.fibre),
    ])
    bill.add(boxes: tree.boxCount, kind: "electrical switch, \(radix) ports")
    if isSwitched { bill.add(boxes: opticalBoxes, kind: "optical switch, \(opticalRadix) ports") }
    return bill
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

  /// The parts of two networks together; equal parts at equal prices share a line.
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
    return sum
  }

  private mutating func add(boxes count: Int, kind: String) {
    if count > 0 { boxes.append(Boxes(kind: kind, count: count)) }
  }
}
