/// Which servers share a reconfigurable optical domain.
public struct RegionPlan: Sendable, Hashable {
  /// Servers per region; the last region may hold fewer.
  public var size: Int
  /// Which servers share a region.
  public var grouping: Grouping

  /// - Parameter grouping: of regions with `size` servers, the last one perhaps with fewer.
  public init(size: Int, grouping: Grouping) {
    self.size = size
    self.grouping = grouping
  }

  /// Regions of one server hold no circuit: the electrical network carries everything.
  public var hasCircuits: Bool { size > 1 }

  /// What tables call it.
  public var name: String {
    hasCircuits ? "regions of \(size) servers, \(grouping.name)" : "no circuits between servers"
  }
}

/// What one optical circuit switch, or several used as planes, can connect.
public struct SwitchLimit: Sendable, Hashable {
  /// Duplex ports of one switch.
  public var radix: Int
  /// Switches that serve a region side by side.
  public var planes: Int
  /// Optical NICs of a server (alpha).
  public var opticalNICsPerServer: Int

  /// - Parameter planes: switches side by side, at least 1.
  public init(radix: Int, planes: Int = 1, opticalNICsPerServer: Int) {
    self.radix = radix
    self.planes = planes
    self.opticalNICsPerServer = opticalNICsPerServer
  }

  /// Most servers in a region: ⌊radix · planes / alpha⌋; 500 ports and 6 NICs allow 83.
  public var serversPerRegion: Int {
    let (ports, overflow) = max(0, radix).multipliedReportingOverflow(by: max(0, planes))
    return (overflow ? .max : ports) / max(1, opticalNICsPerServer)
  }
}
