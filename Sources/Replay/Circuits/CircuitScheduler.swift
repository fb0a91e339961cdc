public import TraceModel

/// Chooses the circuits of one region for one demand.
public protocol CircuitScheduler: Sendable {
  /// The word used in tables, flags and files.
  var name: String { get }
  /// What it does, in one line.
  var summary: String { get }
  /// The hardware that its answer needs.
  var duplex: Duplex { get }
  /// False when the answer is the same for every demand, so that it never follows one.
  var dependsOnDemand: Bool { get }
  /// True when it answers with configurations that follow each other while the demand is served,
  /// false when with one set of circuits until further notice.
  var answersWithSequence: Bool { get }
  /// True when bytes may reach their destination over the circuits of other pairs.
  var relays: Bool { get }

  /// The configurations that serve a demand.
  ///
  /// Never more circuits at a server than it has optical ports, in either direction.
  func schedule(for request: CircuitRequest) -> CircuitSchedule

  /// Whether its answer is proven to be the best of its kind; nil for a scheduler that never claims it.
  func isProvenBest(for request: CircuitRequest) -> Bool?
}

/// A scheduler that answers with one set of circuits until further notice.
public protocol StandingCircuitScheduler: CircuitScheduler {
  /// The circuits that serve a demand.
  func circuits(for request: CircuitRequest) -> CircuitMatrix
}

extension StandingCircuitScheduler {
  public var answersWithSequence: Bool { false }
  public var dependsOnDemand: Bool { true }
  public var duplex: Duplex { .paired }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    .standing(circuits(for: request))
  }
}

extension CircuitScheduler {
  public func isProvenBest(for request: CircuitRequest) -> Bool? { nil }
  public var relays: Bool { false }

  /// The circuits that stand for a demand, or the first configuration of a sequence.
  ///
  /// - Parameters:
  ///   - demand: bytes (or any unit) between servers; the diagonal is ignored.
  ///   - opticalPorts: optical NICs of each server, of which none may be used twice.
  ///   - electricalPorts: electrical NICs of each server, for schedulers that count on them.
  public func circuits(
    for demand: TrafficMatrix, opticalPorts: Int, electricalPorts: Int
  ) -> CircuitMatrix {
    let schedule = schedule(
      for: CircuitRequest(
        demand: demand, opticalPorts: opticalPorts, electricalPorts: electricalPorts))
    return schedule.configurations.first?.matrix ?? CircuitMatrix(size: demand.size)
  }
}
