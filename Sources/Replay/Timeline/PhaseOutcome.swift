/// Bytes by what carried them.
public struct CarriedBytes: Sendable, Hashable {
  /// Bytes that never left their GPU.
  public var local = 0.0
  public var scaleUp = 0.0
  public var electrical = 0.0
  /// Over optical circuits, whether or not these ever change; bytes that a server relays over circuits
  /// that change count on both of their hops, over patched ones once.
  public var circuits = 0.0

  public init() {}

  public var total: Double { local + scaleUp + electrical + circuits }

  package mutating func add(_ other: CarriedBytes, scale: Double) {
    local += other.local * scale
    scaleUp += other.scaleUp * scale
    electrical += other.electrical * scale
    circuits += other.circuits * scale
  }
}

/// What one demand does on one set of circuits, at the demand's own scale.
package struct PhaseOutcome: Sendable {
  /// Nanoseconds without latency.
  package var completion = 0.0
  /// Nanoseconds of the fixed-circuit optimum; nil without circuits, and where it is not known.
  package var optimum: Double?
  package var bytes = CarriedBytes()
  /// Bytes over each link of the fabric.
  package var linkBytes: [Double] = []
  package var circuitUses: [CircuitUse] = []
}

/// One server pair's circuits in one direction.
package struct CircuitUse: Sendable {
  package var source: Int
  package var destination: Int
  package var capacity: Double
  /// What the pair has to send, and what went over its circuits.
  package var demand = 0.0
  package var bytes = 0.0
}
