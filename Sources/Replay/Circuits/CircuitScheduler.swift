public import TraceModel

/// Whether a circuit joins both directions of two ports.
public enum Duplex: String, Sendable, Hashable, CaseIterable {
  /// One full-duplex circuit between two NICs (MixNet).
  case paired
  /// A directed crossbar: transmitters and receivers are matched apart.
  case independent
}

/// Chooses the circuits of one region for one demand.
public protocol CircuitScheduler: Sendable {
  /// The word used in tables, flags and files.
  var name: String { get }
  /// What it does, in one line.
  var summary: String { get }
  /// The hardware that its answer needs.
  var duplex: Duplex { get }
  /// False when the answer is the same for every demand, so that nothing is ever reconfigured.
  var dependsOnDemand: Bool { get }

  /// Circuits for a demand between the servers of a region.
  ///
  /// - Parameters:
  ///   - demand: bytes (or any unit) between servers; the diagonal is ignored.
  ///   - opticalPorts: optical NICs of each server, of which none may be used twice.
  ///   - electricalPorts: electrical NICs of each server, for schedulers that count on them.
  func circuits(
    for demand: TrafficMatrix, opticalPorts: Int, electricalPorts: Int
  ) -> CircuitMatrix
}

/// Every scheduler, by name; adding one is a file and a line here.
public enum CircuitSchedulers {
  public static let all: [any CircuitScheduler] = [
    MixNetGreedy(.continue), MixNetGreedy(.literal), MixNetGreedy(.code), ElectricalAwareGreedy(),
    Circulant(),
  ]

  /// The scheduler of that name, or nil.
  public static func named(_ name: String) -> (any CircuitScheduler)? {
    all.first { $0.name == name }
  }
}
