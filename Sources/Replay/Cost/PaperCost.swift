/// The cost formula that reproduces MixNet's published ratios: preset `mixnet-paper`.
///
/// Per NIC of a three-tier fat-tree: 6 transceivers, 5 switch ports, 3 fibres; an optical NIC: 1
/// transceiver, 1 OCS port, 1 fibre; a TopoOpt NIC: 1 transceiver, 1 patch-panel port, 1 fibre
/// (MixNet, section 7.2 and Table 4).
public enum PaperCost {
  /// Fat-tree and rail-optimised networks.
  public static func fatTree(nicCount: Int, prices: PriceList) -> BillOfMaterials {
    mixNet(opticalNICCount: 0, electricalNICCount: nicCount, prices: prices)
  }

  /// Regional optical switches beside a fat-tree.
  public static func mixNet(
    opticalNICCount: Int, electricalNICCount: Int, prices: PriceList
  ) -> BillOfMaterials {
    BillOfMaterials(lines: [
      .init("NIC", count: opticalNICCount + electricalNICCount, unitPriceUSD: prices.nic),
      .init(
        "transceiver", count: opticalNICCount + 6 * electricalNICCount,
        unitPriceUSD: prices.transceiver),
      .init(
        "electrical switch port", count: 5 * electricalNICCount,
        unitPriceUSD: prices.electricalPort),
      .init("optical switch port", count: opticalNICCount, unitPriceUSD: prices.opticalPort),
      .init("fibre", count: opticalNICCount + 3 * electricalNICCount, unitPriceUSD: prices.fibre),
    ])
  }

  /// All NICs on one flat patch panel.
  public static func topoOpt(nicCount: Int, prices: PriceList) -> BillOfMaterials {
    BillOfMaterials(lines: [
      .init("NIC", count: nicCount, unitPriceUSD: prices.nic),
      .init("transceiver", count: nicCount, unitPriceUSD: prices.transceiver),
      .init("patch-panel port", count: nicCount, unitPriceUSD: prices.patchPanelPort),
      .init("fibre", count: nicCount, unitPriceUSD: prices.fibre),
    ])
  }
}
