// Rounding lives in libm, which a program without Foundation links only when asked to.
internal import Glibc

/// How many tiers, ports, links and boxes an electrical tree of equal switches needs.
///
/// A non-blocking tree of radix k reaches k ends with one tier, k²/2 with two and k³/4 with three
/// (Al-Fares et al., SIGCOMM'08). Every tier below the top has one port up for each port down,
/// divided by the oversubscription at the leaves. Only used ports count.
public struct FatTreeTiers: Sendable, Hashable {
  public let endCount: Int
  public let radix: Int
  public let tierCount: Int
  /// Used switch ports over all tiers.
  public let portCount: Int
  /// Cables: one for each end and one for each pair of ports between tiers.
  public let linkCount: Int
  public let boxCount: Int
  /// Ports of all boxes, used or not.
  public var wholePortCount: Int { boxCount * radix }

  public init(endCount: Int, radix: Int, oversubscription: Double = 1) {
    self.endCount = endCount
    self.radix = max(2, radix)
    let radix = self.radix
    let reach = [radix, radix * radix / 2, radix * radix * radix / 4]
    // Beyond three tiers each further tier multiplies the reach by half the radix.
    var tiers = 1
    var reached = reach[0]
    while reached < endCount, tiers < 8 {
      tiers += 1
      reached = tiers <= 3 ? reach[tiers - 1] : reached * radix / 2
    }
    tierCount = endCount == 0 ? 0 : tiers
    var ports = 0
    var links = endCount
    var boxes = 0
    var down = endCount
    for tier in 0..<tierCount {
      let up =
        tier == tiers - 1
        ? 0 : Int((Double(down) / (tier == 0 ? oversubscription : 1)).rounded(.up))
      ports += down + up
      links += up
      boxes += (down + up + radix - 1) / radix
      down = up
    }
    portCount = ports
    linkCount = links
    boxCount = boxes
  }
}
