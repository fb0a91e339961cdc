package import TraceModel

/// The same cycle of matchings for every demand, so that every pair meets in turn (RotorNet,
/// SIGCOMM'17).
///
/// In its k-th matching server i sends to server i + k, modulo their number; with several optical NICs
/// so many consecutive matchings are in place together, and where there are more NICs than matchings,
/// some of them more than once. The cycle repeats until everything is
/// served. *Direct* sends over a pair's own circuit; *Valiant* spreads all bytes evenly over the
/// servers first, in a pass of their own, and takes no more than about twice the busiest line.
public struct Rotor: CircuitScheduler {
  /// Nanoseconds for which a matching carries bytes; by default nine delays, a duty cycle of 90 %, but
  /// 1 µs at least, and 100 µs without a delay.
  public var holdNanoseconds: Double?
  public var relaying: CircuitSchedule.Relaying

  public init(holdNanoseconds: Double? = nil, relaying: CircuitSchedule.Relaying = .direct) {
    self.holdNanoseconds = holdNanoseconds
    self.relaying = relaying
  }

  public var name: String { relaying == .direct ? "rotor" : "rotor-valiant" }
  public var summary: String {
    relaying == .direct
      ? "every pair in turn whatever the demand, own circuits only"
      : "every pair in turn whatever the demand, bytes spread evenly over all servers first"
  }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { false }
  public var answersWithSequence: Bool { true }
  public var relays: Bool { relaying == .valiant }

  /// Nanoseconds for which a matching carries bytes after a delay.
  package func hold(afterDelay delay: Double) -> Double {
    holdNanoseconds ?? (delay > 0 ? max(9 * delay, 1e3) : 1e5)
  }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    let size = request.serverCount
    guard size > 1, request.opticalPorts > 0 else { return CircuitSchedule([]) }
    let hold = hold(afterDelay: request.reconfigurationDelay)
    let ports = request.opticalPorts
    // With more NICs than matchings some are in place more than once.
    let places = Array(0..<max(size - 1, ports)).map { $0 % (size - 1) + 1 }
    let configurations = stride(from: 0, to: places.count, by: ports).map { first in
      let circuits = places[first..<min(first + ports, places.count)].flatMap { offset in
        (0..<size).map { DirectedCircuits(from: $0, to: ($0 + offset) % size) }
      }
      return CircuitConfiguration(size: size, circuits: circuits, holdNanoseconds: hold)
    }
    return CircuitSchedule(configurations, repeats: true, relaying: relaying)
  }
}

extension TrafficMatrix {
  /// The two demands of Valiant's routing: to a server in between, and from there on.
  ///
  /// Every pair's bytes are divided evenly over all servers, its own ends included (there one of the
  /// two hops falls away); the bytes that do not divide go to servers in turn, beginning at a
  /// different one for each pair.
  package var valiantPasses: (first: TrafficMatrix, second: TrafficMatrix) {
    var first = TrafficMatrix(size: size)
    var second = TrafficMatrix(size: size)
    for source in 0..<size {
      for destination in 0..<size where source != destination {
        let (share, rest) = self[source, destination].quotientAndRemainder(
          dividingBy: Int64(size))
        for step in 0..<size {
          let middle = (source + destination + step) % size
          let bytes = share + (step < rest ? 1 : 0)
          if middle != source { first[source, middle] += bytes }
          if middle != destination { second[middle, destination] += bytes }
        }
      }
    }
    return (first, second)
  }
}
