// Rounding lives in libm, which a program without Foundation links only when asked to.
internal import Glibc

/// Switches of one radix in tiers, with the ports and cables that are used, counted as it is built.
public struct SwitchedTree: Sendable, Hashable {
  /// Ports of one switch.
  public let radix: Int
  /// Used switch ports over all tiers.
  public private(set) var portCount = 0
  /// Cables: one for each end, and one for each pair of ports between tiers.
  public private(set) var linkCount = 0
  public private(set) var boxCount = 0

  public init(radix: Int) { self.radix = max(2, radix) }

  /// Ports of all boxes, used or not.
  public var wholePortCount: Int { boxCount * radix }

  /// Adds the switches of one group, such as a leaf or the spines of a pod, and the cables below it.
  public mutating func addGroup(portsDown: Int, portsUp: Int) {
    portCount += portsDown + portsUp
    linkCount += portsDown
    boxCount += (portsDown + portsUp + radix - 1) / radix
  }

  /// Adds what joins groups without blocking: one tier where each of its switches reaches all groups,
  /// else several.
  ///
  /// - Parameter cables: cables of all groups together.
  public mutating func addTop(joining groupCount: Int, cables: Int) {
    guard cables > 0 else { return }
    for _ in 1..<(Self.tierCount(joining: groupCount, radix: radix) ?? 1) {
      addGroup(portsDown: cables, portsUp: cables)
    }
    addGroup(portsDown: cables, portsUp: 0)
  }

  /// Tiers of a non-blocking tree in which each group has one cable, or nil when no number of tiers
  /// joins so many: with fewer than 4 ports a further tier reaches nobody new.
  static func tierCount(joining groupCount: Int, radix: Int) -> Int? {
    tierCount(joining: groupCount, radix: radix, portsDown: radix / 2)
  }

  /// The same for leaves with so many ports down.
  static func tierCount(joining endCount: Int, radix: Int, portsDown: Int) -> Int? {
    if endCount <= radix { return 1 }
    var tiers = 2
    var reached = portsDown * radix
    while reached < endCount {
      guard radix >= 4 else { return nil }
      reached *= radix / 2
      tiers += 1
    }
    return tiers
  }

  /// Ports down of a leaf with k ports down for each port up.
  static func portsDown(radix: Int, oversubscription: Double) -> Int {
    Int((Double(radix) * oversubscription / (oversubscription + 1)).rounded(.down))
  }
}
