internal import TraceModel

/// Free optical ports of a region's servers while a greedy scheduler hands them out.
struct PortLedger {
  private(set) var circuits: CircuitMatrix
  private var free: [Int]

  init(size: Int, portsPerServer: Int) {
    circuits = CircuitMatrix(size: size)
    free = [Int](repeating: max(0, portsPerServer), count: size)
  }

  func canJoin(_ left: Int, _ right: Int) -> Bool { free[left] > 0 && free[right] > 0 }

  mutating func join(_ left: Int, _ right: Int) {
    circuits.addPair(left, right)
    free[left] -= 1
    free[right] -= 1
  }

  /// The pair i < j with the largest (key, demand) among those for which `key` answers; ties go to
  /// the lowest pair.
  func best(
    demand: (Int, Int) -> Int64, key: (Int, Int, Int64) -> Double?
  ) -> (Int, Int)? {
    var best: (key: Double, demand: Int64, pair: (Int, Int))?
    for left in 0..<circuits.size {
      for right in left + 1..<max(left + 1, circuits.size) {
        let demand = demand(left, right)
        guard demand > 0, let key = key(left, right, demand) else { continue }
        if let best, (key, demand) <= (best.key, best.demand) { continue }
        best = (key, demand, (left, right))
      }
    }
    return best?.pair
  }
}
