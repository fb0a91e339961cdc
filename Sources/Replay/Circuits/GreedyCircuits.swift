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
///   - demand: folded demand of a pair (left < right); pairs without any are left out.
///   - endsAtFullPair: stop at the first most urgent pair that lacks a free port, instead of
///     passing over it.
///   - urgency: of a demand that has so many circuits already.
func greedyCircuits(
  size: Int, portsPerServer: Int, endsAtFullPair: Bool, demand: (Int, Int) -> Int64,
  urgency: (Double, Int) -> Double
) -> CircuitMatrix {
  var waiting: [PairUrgency] = []
  for left in 0..<size {
    for right in left + 1..<max(left + 1, size) {
      let demand = demand(left, right)
      guard demand > 0 else { continue }
      waiting.append(
        PairUrgency(
          urgency: urgency(Double(demand), 0), demand: demand, left: Int32(left),
          right: Int32(right), circuits: 0))
    }
  }
  var queue = Heap(waiting)
  var circuits = CircuitMatrix(size: size)
  var free = [Int](repeating: portsPerServer, count: size)
  while var pair = queue.popMax() {
    let (left, right) = (Int(pair.left), Int(pair.right))
    guard free[left] > 0, free[right] > 0 else {
      if endsAtFullPair { break }
      continue
    }
    circuits.addPair(left, right)
    free[left] -= 1
    free[right] -= 1
    pair.circuits += 1
    pair.urgency = urgency(Double(pair.demand), pair.circuits)
    queue.insert(pair)
  }
  return circuits
}
