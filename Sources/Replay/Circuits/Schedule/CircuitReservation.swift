/// One circuit: from when its ports are taken, over when it carries bytes, to when it ends.
package struct CircuitReservation: Sendable, Hashable {
  package var source: Int
  package var destination: Int
  package var takenNanoseconds: Double
  package var startNanoseconds: Double
  package var endNanoseconds: Double

  package init(
    from source: Int, to destination: Int, takenNanoseconds: Double, startNanoseconds: Double,
    endNanoseconds: Double
  ) {
    self.source = source
    self.destination = destination
    self.takenNanoseconds = takenNanoseconds
    self.startNanoseconds = startNanoseconds
    self.endNanoseconds = endNanoseconds
  }
}

extension CircuitSchedule {
  /// A laid-out schedule: circuits that begin and end each at its own time.
  ///
  /// A configuration for each interval between two such moments: memory O(moments × circuits in
  /// place together).
  package init(laidOut reservations: [CircuitReservation], size: Int) {
    var moments: [Double] = [0]
    for time in (reservations.flatMap { [$0.startNanoseconds, $0.endNanoseconds] }).sorted()
    where time > moments[moments.count - 1] {
      moments.append(time)
    }
    let order = reservations.indices.sorted {
      (reservations[$0].startNanoseconds, $0) < (reservations[$1].startNanoseconds, $1)
    }
    var next = 0
    var inPlace: [Int] = []
    var configurations: [CircuitConfiguration] = []
    for (start, end) in zip(moments, moments.dropFirst()) {
      inPlace.removeAll { reservations[$0].endNanoseconds <= start }
      while next < order.count, reservations[order[next]].startNanoseconds <= start {
        if reservations[order[next]].endNanoseconds > start { inPlace.append(order[next]) }
        next += 1
      }
      configurations.append(
        CircuitConfiguration(
          size: size,
          circuits: inPlace.map {
            DirectedCircuits(from: reservations[$0].source, to: reservations[$0].destination)
          }, holdNanoseconds: end - start))
    }
    self.init(configurations, setUp: .laidOut)
  }
}

/// Whether no server ever needs more ports than it has, set-up times included.
package func fitPorts(_ reservations: [CircuitReservation], ports: Int) -> Bool {
  for side in 0..<2 {
    var changes: [(server: Int, time: Double, step: Int)] = []
    for one in reservations {
      let server = side == 0 ? one.source : one.destination
      changes.append((server, one.takenNanoseconds, 1))
      changes.append((server, one.endNanoseconds, -1))
    }
    // At equal times a port is released before it is taken.
    changes.sort { ($0.server, $0.time, $0.step) < ($1.server, $1.time, $1.step) }
    var used = 0
    for (index, change) in changes.enumerated() {
      if index == 0 || changes[index - 1].server != change.server { used = 0 }
      used += change.step
      if used > ports { return false }
    }
  }
  return true
}
