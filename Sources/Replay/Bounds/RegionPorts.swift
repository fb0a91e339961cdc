/// What the servers of one region have to move a demand with, all alike.
public struct RegionPorts: Sendable, Hashable {
  /// Ports of one server to the optical switches, all planes together.
  public var optical: Int
  /// Ports of one server to a packet network that never blocks.
  public var electrical: Int
  /// Bytes per nanosecond of one port and direction (or any demand unit per time unit).
  public var rate: Double
  public var duplex: Duplex

  public init(optical: Int, electrical: Int, rate: Double = 1, duplex: Duplex = .paired) {
    self.optical = optical
    self.electrical = electrical
    self.rate = rate
    self.duplex = duplex
  }

  /// Bytes per nanosecond of a server's electrical ports together.
  package var electricalRate: Double { Double(electrical) * rate }
}

/// How often circuits may change while one demand is moved.
public enum CircuitTiming: Sendable, Hashable {
  /// Never: whatever was chosen stands.
  case standing
  /// As often as wanted; every configuration of a port costs the delay in nanoseconds, also the first
  /// one when `chargesFirst`.
  case changing(delayNanoseconds: Double, chargesFirst: Bool)
}
