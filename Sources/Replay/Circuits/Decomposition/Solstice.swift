internal import TraceModel

/// Long-lived matchings first, the rest to the packet network (Liu et al., CoNEXT'15).
///
/// The demand is stuffed to equal lines; among cells of at least a threshold, a power of two, a
/// perfect matching is held for its smallest cell, and the threshold is halved when there is none.
/// It ends when the packet network can take what is left in the time so far. The threshold never
/// falls below 1 byte, where equal line sums guarantee a matching, so that it always ends.
/// O(n² + log largest) matchings.
public struct Solstice: CircuitScheduler {
  public init() {}

  public var name: String { "solstice" }
  public var summary: String { "big slices by falling threshold, the rest on the packet network" }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    guard request.opticalPorts > 0 else { return CircuitSchedule([]) }
    let size = request.serverCount
    var cells = quickStuffed(request.demand).cells
    var sums = LineSums(cells, size: size)
    var schedule = CircuitSchedule([])
    var nanoseconds = 0.0
    var threshold: Int64 = 1
    while threshold <= (cells.max() ?? 0) / 2 { threshold *= 2 }
    while sums.largest > 0, !request.packetNetworkTakes(sums, within: nanoseconds) {
      guard let receiver = perfectMatching(size: size, cells: cells.span, atLeast: threshold)
      else {
        guard threshold > 1 else { break }
        threshold /= 2
        continue
      }
      let smallest = (0..<size).map { cells[$0 * size + Int(receiver[$0])] }.min() ?? 0
      let term = WeightedPermutation(bytes: smallest, receiver: receiver)
      _ = serve(term, from: &cells, sums: &sums)
      schedule.configurations.append(request.configuration(term))
      nanoseconds += Double(smallest) / request.opticalRate + request.reconfigurationDelay
    }
    return schedule
  }
}
