internal import TraceModel

/// Circuits that follow each other by the clock, whatever the demand: a rotor's matchings.
///
/// Every configuration is set up for `darkNanoseconds`, in which no circuit carries anything, and then
/// held. The cycle begins at the start of the replay and never stops; all regions of a size turn as
/// one.
struct CircuitCycle: Sendable {
  /// Numbers of `CircuitChoices.matrices`, in their order.
  let circuits: [Int]
  /// All of them together: which pairs ever meet.
  let union: Int
  let holdNanoseconds: Double
  let darkNanoseconds: Double
  let relaying: CircuitSchedule.Relaying

  /// Where a cycle stands.
  struct Position: Sendable, Hashable {
    /// Configurations since the start, repetitions included.
    var turn: Int
    /// While its circuits are being set up.
    var isDark: Bool
  }

  private var turnNanoseconds: Double { holdNanoseconds + darkNanoseconds }

  func position(at time: Double) -> Position {
    let turn = (time / turnNanoseconds).rounded(.down)
    return Position(turn: Int(turn), isDark: time - turn * turnNanoseconds < darkNanoseconds)
  }

  /// When a position ends.
  func end(of position: Position) -> Double {
    position.isDark
      ? Double(position.turn) * turnNanoseconds + darkNanoseconds
      : Double(position.turn + 1) * turnNanoseconds
  }

  func next(_ position: Position) -> Position {
    if position.isDark { return Position(turn: position.turn, isDark: false) }
    return Position(turn: position.turn + 1, isDark: darkNanoseconds > 0)
  }

  /// The circuits of a position, whether they carry already or not.
  func circuits(at position: Position) -> Int { circuits[position.turn % circuits.count] }
}

extension CircuitChoices {
  /// The cycle of a region's circuits, or nil when they do not turn by the clock.
  ///
  /// - Parameter hasDelays: whether setting up takes time.
  mutating func cycle(of region: Int, hasDelays: Bool) -> CircuitCycle? {
    guard let optical = network.fabric.optical, !optical.scheduler.dependsOnDemand,
      optical.scheduler.answersWithSequence
    else { return nil }
    let size = network.regions[region].count
    let request = optical.request(for: TrafficMatrix(size: size), on: network)
    let schedule = optical.scheduler.schedule(for: request)
    guard let first = schedule.configurations.first else { return nil }
    var union = CircuitMatrix(size: size)
    for configuration in schedule.configurations {
      for one in configuration.circuits
      where union[Int(one.source), Int(one.destination)] == 0 {
        union.addDirected(from: Int(one.source), to: Int(one.destination))
      }
    }
    return CircuitCycle(
      circuits: schedule.configurations.map { number(of: $0.matrix) }, union: number(of: union),
      holdNanoseconds: first.holdNanoseconds,
      darkNanoseconds: hasDelays && schedule.configurations.count > 1
        ? request.reconfigurationDelay : 0, relaying: schedule.relaying)
  }
}
