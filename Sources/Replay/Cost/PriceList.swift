/// Prices of network parts in US dollars at one NIC rate.
///
/// Source: MixNet (SIGCOMM'25), Table 4, which takes several prices from TopoOpt (NSDI'23); fibre is
/// 0.30 $/m at 500 m each. Only used ports are billed. OCS prices are flat in rate and radix.
public struct PriceList: Sendable, Hashable {
  /// NIC rate in bits per second per direction that the prices are for.
  public var bitsPerSecond: Double
  /// One pluggable transceiver; a link has one at each end that lights it.
  public var transceiver: Double
  /// One NIC with one port.
  public var nic: Double
  /// One port of an electrical switch.
  public var electricalPort: Double
  /// One duplex port of an optical circuit switch.
  public var opticalPort: Double
  /// One duplex port of a patch panel.
  public var patchPanelPort: Double
  /// One fibre link.
  public var fibre: Double

  /// Prices in US dollars; those of optical and panel ports and of fibre are flat in the rate.
  public init(
    bitsPerSecond: Double, transceiver: Double, nic: Double, electricalPort: Double,
    opticalPort: Double = 520, patchPanelPort: Double = 100, fibre: Double = 150
  ) {
    self.bitsPerSecond = bitsPerSecond
    self.transceiver = transceiver
    self.nic = nic
    self.electricalPort = electricalPort
    self.opticalPort = opticalPort
    self.patchPanelPort = patchPanelPort
    self.fibre = fibre
  }

  /// The published prices at 100, 200, 400 and 800 Gb/s.
  public static let published = [
    PriceList(bitsPerSecond: 100e9, transceiver: 99, nic: 659, electricalPort: 187),
    PriceList(bitsPerSecond: 200e9, transceiver: 239, nic: 1_079, electricalPort: 374),
    PriceList(bitsPerSecond: 400e9, transceiver: 659, nic: 1_499, electricalPort: 1_090),
    PriceList(bitsPerSecond: 800e9, transceiver: 1_399, nic: 2_248, electricalPort: 1_400),
  ]

  /// The published prices at the listed rate nearest to `bitsPerSecond` (by ratio); compare its
  /// `bitsPerSecond` to see whether the rate itself is listed.
  public static func nearest(toBitsPerSecond bitsPerSecond: Double) -> PriceList {
    func distance(_ list: PriceList) -> Double {
      max(list.bitsPerSecond / bitsPerSecond, bitsPerSecond / list.bitsPerSecond)
    }
    return published.reduce(published[0]) { distance($1) < distance($0) ? $1 : $0 }
  }
}
