internal import HeapModule

/// A pair of servers in the queue for its next circuit.
private struct PairUrgency: Comparable {
  var urgency: Double
  var demand: Int64
  var left: Int32
  var right: Int32
  var circuits: Int

  /// The most urgent pair is the largest; ties go to the larger demand, then to the lowest pair.
  static func < (left: PairUrgency, right: PairUrgency) -> Bool {
    (left.urgency, left.demand, right.left, right.right)
      < (right.urgency, right.demand, left.left, left.right)
  }
}

/// Gives the most urgent pair the next circuit until no pair can have one.
///
/// A pair's urgency depends on its own demand and circuits alone, so only the pair that was served
/// goes back into the queue. O((pairs + circuits) log pairs).
/// - Parameters:
///   - duplex: paired circuits between left < right, or directed ones from left to right.
///   - endsAtFullPair: stop at the first most urgent pair that lacks a free port, instead of
///     passing over it.
///   - demand: of a pair, folded if paired; pairs without any are left out.
///   - urgency: of a demand that has so many circuits already.
///   - start: circuits that are there already and stay; none unless said.
package func greedyCircuits(
  size: Int, portsPerServer: Int, duplex: Duplex = .paired, endsAtFullPair: Bool = false,
  demand: (Int, Int) -> Int64, urgency: (Double, Int) -> Double,
  startingFrom start: CircuitMatrix? = nil
) -> CircuitMatrix {
  var circuits = start ?? CircuitMatrix(size: size)
  var waiting: [PairUrgency] = []
  for left in 0..<size {
    for right in (duplex == .paired ? left + 1 : 0)..<max(left + 1, size) where left != right {
      let demand = demand(left, right)
      guard demand > 0 else { continue }
      let count = circuits[left, right]
      waiting.append(
        PairUrgency(
          urgency: urgency(Double(demand), count), demand: demand, left: Int32(left),
          right: Int32(right), circuits: count))
    }
  }
  var queue = Heap(waiting)
  var ports = FreePorts(of: circuits, portsPerServer: portsPerServer, duplex: duplex)
  while var pair = queue.popMax() {
    let (left, right) = (Int(pair.left), Int(pair.right))
    guard ports.take(left, right) else {
      if endsAtFullPair { break }
      continue
    }
    switch duplex {
    case .paired: circuits.addPair(left, right)
    case .independent: circuits.addDirected(from: left, to: right)
    }
    pair.circuits += 1
    pair.urgency = urgency(Double(pair.demand), pair.circuits)
    queue.insert(pair)
  }
  return circuits
}

/// Time per circuit: what a pair without any waits for never ends.
package func finishTime(of demand: Double, circuits: Int) -> Double {
  circuits == 0 ? .infinity : demand / Double(circuits)
}
