/// Equal circuits from one server to another.
public struct DirectedCircuits: Sendable, Hashable {
  public var source: Int32
  public var destination: Int32
  public var count: Int32

  public init(from source: Int, to destination: Int, count: Int = 1) {
    self.source = Int32(source)
    self.destination = Int32(destination)
    self.count = Int32(count)
  }
}

/// Circuits that are in place together, and for how long.
public struct CircuitConfiguration: Sendable, Hashable {
  public let size: Int
  /// By source, then destination; each pair once.
  public private(set) var circuits: [DirectedCircuits]
  /// Nanoseconds for which the circuits carry bytes; infinite for "until further notice".
  public var holdNanoseconds: Double

  public init(_ matrix: CircuitMatrix, holdNanoseconds: Double = .infinity) {
    size = matrix.size
    self.holdNanoseconds = holdNanoseconds
    circuits = []
    for source in 0..<size {
      for destination in 0..<size where matrix[source, destination] > 0 {
        circuits.append(
          DirectedCircuits(from: source, to: destination, count: matrix[source, destination]))
      }
    }
  }

  /// Each server with one receiver: `receiver[source]`, −1 or itself for none.
  package init(receiver: [Int32], count: Int, holdNanoseconds: Double) {
    size = receiver.count
    self.holdNanoseconds = holdNanoseconds
    circuits = []
    for source in receiver.indices
    where count > 0 && receiver[source] >= 0 && Int(receiver[source]) != source {
      circuits.append(DirectedCircuits(from: source, to: Int(receiver[source]), count: count))
    }
  }

  /// Circuits in any order; those of one pair are added up.
  package init(size: Int, circuits: [DirectedCircuits], holdNanoseconds: Double) {
    self.size = size
    self.holdNanoseconds = holdNanoseconds
    self.circuits = []
    for one in circuits.sorted(by: { ($0.source, $0.destination) < ($1.source, $1.destination) }) {
      if let last = self.circuits.last, last.source == one.source,
        last.destination == one.destination
      {
        self.circuits[self.circuits.count - 1].count += one.count
      } else {
        self.circuits.append(one)
      }
    }
  }

  public var matrix: CircuitMatrix {
    var matrix = CircuitMatrix(size: size)
    for one in circuits {
      matrix.addDirected(
        from: Int(one.source), to: Int(one.destination), count: Int(one.count))
    }
    return matrix
  }
}

/// The configurations that serve a demand, in order.
public struct CircuitSchedule: Sendable, Hashable {
  /// Where the time goes in which ports change.
  public enum SetUp: String, Sendable, Hashable {
    /// Every configuration is preceded by a delay, which is not part of its hold.
    case beforeEach = "before-each"
    /// The delays lie inside the timeline: a configuration lists the circuits that carry, and ports
    /// that are being changed are dark meanwhile. Ports change each at its own time.
    case laidOut = "laid-out"
  }

  /// How bytes reach their destination.
  public enum Relaying: String, Sendable, Hashable {
    /// Over a circuit of their own pair.
    case direct
    /// Spread evenly over all servers first, then on to their destination (Valiant).
    case valiant
  }

  public var configurations: [CircuitConfiguration]
  /// Begins anew after its last configuration, until everything is served.
  public var repeats: Bool
  public var setUp: SetUp
  public var relaying: Relaying

  public init(
    _ configurations: [CircuitConfiguration], repeats: Bool = false, setUp: SetUp = .beforeEach,
    relaying: Relaying = .direct
  ) {
    self.configurations = configurations
    self.repeats = repeats
    self.setUp = setUp
    self.relaying = relaying
  }

  /// One set of circuits until further notice.
  public static func standing(_ circuits: CircuitMatrix) -> CircuitSchedule {
    CircuitSchedule([CircuitConfiguration(circuits)])
  }

  /// The circuits of a standing answer, or nil.
  public var standingCircuits: CircuitMatrix? {
    guard configurations.count == 1, configurations[0].holdNanoseconds == .infinity else {
      return nil
    }
    return configurations[0].matrix
  }

  /// Nanoseconds of all holds together; once round if it repeats.
  public var holdNanoseconds: Double { configurations.reduce(0) { $0 + $1.holdNanoseconds } }
}
