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

  public var lines: [Line]
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
  ///   - isSwitched: false when circuits never change, so that patch panels do.
  ///   - wholeBoxes: bill every port of the switches bought, not only those used; patch panels are
  ///     bought by the port.
  public static func regionalOptical(
    regionSizes: [Int], opticalNICsPerServer: Int, electricalNICsPerServer: Int, radix: Int,
    opticalRadix: Int, oversubscription: Double = 1, prices: PriceList, isSwitched: Bool = true,
    wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    let serverCount = regionSizes.reduce(0, +)
    let electrical = serverCount * electricalNICsPerServer
    let optical = serverCount * opticalNICsPerServer
    let tree = FatTreeTiers(endCount: electrical, radix: radix, oversubscription: oversubscription)
    let regionPorts = regionSizes.filter { $0 > 1 }.map { $0 * opticalNICsPerServer }
    let litPorts = regionPorts.reduce(0, +)
    let boxPorts = max(1, opticalRadix)
    let opticalBoxes = regionPorts.reduce(0) { $0 + ($1 + boxPorts - 1) / boxPorts }
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

  private mutating func add(boxes count: Int, kind: String) {
    if count > 0 { boxes.append(Boxes(kind: kind, count: count)) }
  }
}
