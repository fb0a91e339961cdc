public import TraceModel

/// Bytes by how far they travel.
public struct TierBytes: Sendable, Hashable {
  /// From an end to itself: never on any link (only recorded where the input keeps it).
  public var sameEnd: Int64 = 0
  /// Between ends of one server: scale-up links.
  public var insideServer: Int64 = 0
  /// Between servers of one scale-up (NVLink) domain.
  public var insideDomain: Int64 = 0
  /// Between scale-up domains: the network that a fabric is chosen for.
  public var betweenDomains: Int64 = 0

  /// No bytes, but for what is named; none negative.
  public init(
    sameEnd: Int64 = 0, insideServer: Int64 = 0, insideDomain: Int64 = 0, betweenDomains: Int64 = 0
  ) {
    self.sameEnd = sameEnd
    self.insideServer = insideServer
    self.insideDomain = insideDomain
    self.betweenDomains = betweenDomains
  }

  /// Bytes on scale-up links.
  public var scaleUp: Int64 { saturatingSum(insideServer, insideDomain) }
  /// Bytes that leave their server, by scale-up link or network.
  public var betweenServers: Int64 { saturatingSum(insideDomain, betweenDomains) }
  /// Bytes on any link.
  public var moved: Int64 { saturatingSum(scaleUp, betweenDomains) }
  /// All bytes.
  public var total: Int64 { saturatingSum(moved, sameEnd) }

  mutating func add(_ other: TierBytes, times factor: Int64 = 1) {
    sameEnd = saturatingSum(sameEnd, saturatingProduct(other.sameEnd, factor))
    insideServer = saturatingSum(insideServer, saturatingProduct(other.insideServer, factor))
    insideDomain = saturatingSum(insideDomain, saturatingProduct(other.insideDomain, factor))
    betweenDomains = saturatingSum(betweenDomains, saturatingProduct(other.betweenDomains, factor))
  }
}

/// The bytes of one combination of role, phase, layer and iteration.
public struct TrafficSlice: Sendable, Hashable {
  /// Which combination it is.
  public var key: TrafficKey
  /// Operations in the slice.
  public var operationCount: Int
  /// Its bytes by how far they travel.
  public var bytes: TierBytes

  /// - Parameter operationCount: operations that the bytes belong to.
  public init(key: TrafficKey, operationCount: Int, bytes: TierBytes) {
    self.key = key
    self.operationCount = operationCount
    self.bytes = bytes
  }
}

extension Workload {
  /// Bytes by role, phase, layer or iteration, each by tier; ascending.
  ///
  /// Each distinct demand's pairs are read once, however many operations use it.
  public func trafficBytes(
    _ selection: MatrixSelection = MatrixSelection(), by axes: [TrafficAxis]
  ) -> [TrafficSlice] {
    trafficBytes(selection, by: axes, units: unitsByTier())
  }

  /// The same with what `unitsByTier` gave.
  func trafficBytes(
    _ selection: MatrixSelection = MatrixSelection(), by axes: [TrafficAxis], units: [TierBytes]
  ) -> [TrafficSlice] {
    slices(selection, by: axes).map { key, steps in
      var bytes = TierBytes()
      for step in steps { bytes.add(units[step.demand], times: step.bytesPerUnit) }
      return TrafficSlice(key: key, operationCount: steps.count, bytes: bytes)
    }
  }

  /// The units of each demand by tier: the same in both directions, so transposes need no entry.
  func unitsByTier() -> [TierBytes] {
    let serverOf = (0..<endpointCount).map { Int32(layout.server(of: $0, at: grain)) }
    let domainSize = Int32(clamping: layout.serversPerScaleUpDomain)
    return (0..<demands.count).map { demand in
      var units = TierBytes()
      for pair in demands.pairs(of: demand) {
        let (source, destination) = (demands.source[pair], demands.destination[pair])
        let (from, to) = (serverOf[Int(source)], serverOf[Int(destination)])
        let amount = demands.amount[pair]
        if source == destination {
          units.sameEnd = saturatingSum(units.sameEnd, amount)
        } else if from == to {
          units.insideServer = saturatingSum(units.insideServer, amount)
        } else if from / domainSize == to / domainSize {
          units.insideDomain = saturatingSum(units.insideDomain, amount)
        } else {
          units.betweenDomains = saturatingSum(units.betweenDomains, amount)
        }
      }
      return units
    }
  }
}
