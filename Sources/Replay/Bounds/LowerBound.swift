/// A time below which something cannot end, whatever else is chosen, and what it rests on.
public struct LowerBound: Sendable, Hashable {
  public var nanoseconds: Double
  /// What is full until then: "NIC", "circuit line", "cut" and so on.
  public var name: String
  /// All of these must hold; a table contains only bounds whose assumptions do.
  public var assumptions: [BoundAssumption]
  /// By how much more time, relative to the bound, its own relaxation is known to suffice: 0.02 when
  /// something 2 % slower was found; nil where nobody looked.
  public var certifiedGap: Double?

  public init(
    nanoseconds: Double, name: String, assumptions: [BoundAssumption] = [],
    certifiedGap: Double? = nil
  ) {
    self.nanoseconds = nanoseconds
    self.name = name
    self.assumptions = assumptions
    self.certifiedGap = certifiedGap
  }

  /// What it rests on, as one sentence without its end.
  public var assumptionWords: String { assumptions.map(\.rawValue).joined(separator: "; ") }

  /// What nothing to send is bounded by.
  public static let none = LowerBound(nanoseconds: 0, name: "none")
}

/// What a lower bound takes for granted, in words that are printed beside it.
///
/// All bounds are on fluid bytes: headers and latency come on top.
public enum BoundAssumption: String, Sendable, Hashable, CaseIterable {
  /// Only the declared NICs leave a server.
  case declaredNICs = "a server sends and receives over its declared NICs only"
  /// Pinned, rail-forwarded or pooled.
  case declaredWays = "every pair keeps the way that the NIC policy and the fabric give it"
  /// No scheduler is assumed.
  case anyCircuits = "circuits are free to choose"
  /// One configuration per operation.
  case standingCircuits = "circuits stand while the operation runs"
  /// A circuit joins its two servers and nobody else.
  case singleHop = "no server forwards the bytes of others over its circuits"
  /// Full-duplex circuits.
  case pairedCircuits = "a circuit takes one port of both servers and carries both directions"
  /// Every peer of a port costs a delay.
  case chargedConfigurations = "every configuration of a port costs the delay"
  /// Paths are free.
  case anyRouting = "bytes may be divided over any paths"
  /// Nodes have so many neighbours.
  case limitedDegree = "a node has no more neighbours than ports"
  /// Of one server's experts.
  case serialBatches = "a server's batches run one after the other"
  /// The order of the trace.
  case programOrder =
    "every end sends when what it waits for and its compute have ended; iterations follow each other"
  /// Compute alone.
  case unlimitedRate = "bytes take no time"
}

/// A bound that says nothing here, and why.
public struct ExcludedBound: Sendable, Hashable {
  public var name: String
  public var reason: String

  public init(name: String, reason: String) {
    self.name = name
    self.reason = reason
  }
}

/// Every bound on one demand: those that apply, all true at once, and those that do not.
public struct BoundTable: Sendable, Hashable {
  /// In the order in which they were worked out.
  public private(set) var applicable: [LowerBound] = []
  public private(set) var excluded: [ExcludedBound] = []

  public init() {}

  public mutating func add(_ bound: LowerBound) { applicable.append(bound) }

  public mutating func exclude(_ name: String, because reason: String) {
    excluded.append(ExcludedBound(name: name, reason: reason))
  }

  /// The largest; of those equal to rounding the first, which is the simplest.
  public var tightest: LowerBound {
    var tightest = LowerBound.none
    for bound in applicable where bound.nanoseconds > tightest.nanoseconds * (1 + 1e-12) {
      tightest = bound
    }
    return tightest
  }

  /// The bound of that name, or nil when it does not apply.
  public subscript(name: String) -> LowerBound? { applicable.first { $0.name == name } }
}
