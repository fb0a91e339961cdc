// Rounding lives in libm, which a program without Foundation links only when asked to.
internal import Glibc

/// How many tiers, ports, links and boxes a tree of equal switches needs whose leaves are all full.
///
/// A non-blocking tree of radix k reaches k ends with one tier, k²/2 with two and k³/4 with three
/// (Al-Fares et al., SIGCOMM'08). Every tier below the top has one port up for each port down,
/// divided by the oversubscription at the leaves, which then hold more ends. Only used ports count.
public struct FatTreeTiers: Sendable, Hashable {
  /// NICs that the tree joins.
  public let endCount: Int
  /// Tiers of switches; 0 without ends.
  public let tierCount: Int
  /// What it is built of.
  public let tree: SwitchedTree

  /// Ports of one switch.
  public var radix: Int { tree.radix }
  /// Used switch ports over all tiers.
  public var portCount: Int { tree.portCount }
  /// Cables: one for each end and one for each pair of ports between tiers.
  public var linkCount: Int { tree.linkCount }
  /// Switches that hold the ports.
  public var boxCount: Int { tree.boxCount }
  /// Ports of all boxes, used or not.
  public var wholePortCount: Int { tree.wholePortCount }

  /// Counts the tree; ends for which `defect(endCount:radix:)` has words are counted as if two tiers
  /// joined them.
  ///
  /// - Parameters:
  ///   - endCount: NICs to join.
  ///   - radix: ports of one switch, at least 2.
  ///   - oversubscription: k of k:1 at the leaves; 1 for a non-blocking tree.
  public init(endCount: Int, radix: Int, oversubscription: Double = 1) {
    var tree = SwitchedTree(radix: radix)
    let portsDown = max(
      1, SwitchedTree.portsDown(radix: tree.radix, oversubscription: oversubscription))
    let tiers =
      SwitchedTree.tierCount(joining: endCount, radix: tree.radix, portsDown: portsDown) ?? 2
    self.endCount = endCount
    tierCount = endCount == 0 ? 0 : tiers
    var down = endCount
    for tier in 0..<tierCount {
      let isTop = tier == tiers - 1
      let ratio = tier == 0 ? oversubscription : 1
      let up = isTop ? 0 : Int((Double(down) / ratio - 1e-9).rounded(.up))
      tree.addGroup(portsDown: down, portsUp: up)
      down = up
    }
    self.tree = tree
  }

  /// Why no tree of such switches joins so many ends without blocking, in words, or nil.
  public static func defect(endCount: Int, radix: Int) -> String? {
    SwitchedTree.tierCount(joining: endCount, radix: radix) == nil
      ? "switches of \(radix) ports join at most \(radix) NICs, not \(endCount): declare a larger "
        + "switch radix"
      : nil
  }
}
