/// A stretch of time in which the same circuits carry bytes.
struct ScheduleSegment {
  var circuits: [DirectedCircuits]
  var nanoseconds: Double
  /// Which configuration it belongs to, its set-up included.
  var configuration: Int
  var isSetUp: Bool
}

extension CircuitSchedule {
  /// The configurations in order, each after its set-up, once round.
  ///
  /// - Parameters:
  ///   - before: what is in place at the beginning; nil for nothing.
  ///   - isFirstFree: whether the first configuration is there from the start, without a delay.
  func segments(
    delay: Double, scope: ReconfigurationScope, before: CircuitConfiguration?, isFirstFree: Bool
  ) -> [ScheduleSegment] {
    var segments: [ScheduleSegment] = []
    var inPlace = before?.circuits ?? []
    for (number, configuration) in configurations.enumerated() {
      if setUp == .beforeEach, !(number == 0 && isFirstFree), delay > 0 {
        let kept =
          scope == .allStop ? [] : circuitsInBoth(inPlace, configuration.circuits)
        if scope == .allStop || kept != configuration.circuits {
          segments.append(
            ScheduleSegment(
              circuits: kept, nanoseconds: delay, configuration: number, isSetUp: true))
        }
      }
      segments.append(
        ScheduleSegment(
          circuits: configuration.circuits, nanoseconds: configuration.holdNanoseconds,
          configuration: number, isSetUp: false))
      inPlace = configuration.circuits
    }
    return segments
  }
}

/// What two lists in the order of (source, destination) have in common, circuit by circuit.
private func circuitsInBoth(
  _ old: [DirectedCircuits], _ new: [DirectedCircuits]
) -> [DirectedCircuits] {
  var common: [DirectedCircuits] = []
  var place = 0
  for one in new {
    while place < old.count,
      (old[place].source, old[place].destination) < (one.source, one.destination)
    {
      place += 1
    }
    guard place < old.count, old[place].source == one.source,
      old[place].destination == one.destination
    else { continue }
    var kept = one
    kept.count = min(one.count, old[place].count)
    common.append(kept)
  }
  return common
}
