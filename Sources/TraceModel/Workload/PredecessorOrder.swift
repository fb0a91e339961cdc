internal import HeapModule

/// Steps in their given order, but each after those of its iteration that it names as predecessors.
///
/// Kahn's algorithm; of the steps that may stand next, the one that stood first does. Where all that
/// are left of an iteration wait, one of those that wait for each other goes on.
/// - Parameter steps: by iteration.
/// - Complexity: O((n + p) log n) for n steps that name p predecessors; O(n + p) when nothing moves.
package func sortedAfterPredecessors(_ steps: [Workload.Step]) -> [Workload.Step] {
  guard steps.contains(where: { !$0.predecessors.isEmpty }) else { return steps }
  var order = PredecessorOrder(steps)
  return order.isKept ? steps : order.sorted(steps).map { steps[$0] }
}

private struct PredecessorOrder {
  /// By step, in compressed rows: the steps that name it.
  private var offsets: [Int]
  private var successors: [Int32] = []
  /// By step, in compressed rows: the steps that it names.
  private var predecessorOffsets = [0]
  private var predecessors: [Int32] = []
  /// By step: how many named predecessors have not been placed yet.
  private var waits: [Int32]
  /// Whether every step stands after its predecessors already.
  private(set) var isKept = true

  init(_ steps: [Workload.Step]) {
    offsets = [Int](repeating: 0, count: steps.count + 1)
    waits = [Int32](repeating: 0, count: steps.count)
    var places = KeyTable()
    for (place, step) in steps.enumerated() {
      let number = places.number(of: UInt64(UInt32(bitPattern: step.operation)))
      precondition(number == place, "operations have ids of their own")
    }
    var pairs: [(predecessor: Int32, successor: Int32)] = []
    for (place, step) in steps.enumerated() {
      for operation in step.predecessors {
        let key = UInt64(UInt32(bitPattern: operation))
        guard let other = places.existingNumber(of: key),
          steps[other].iteration == step.iteration, other != place
        else { continue }
        pairs.append((Int32(other), Int32(place)))
        offsets[other + 1] += 1
        waits[place] += 1
        if other > place { isKept = false }
      }
      predecessorOffsets.append(pairs.count)
    }
    predecessors = pairs.map(\.predecessor)
    for place in steps.indices { offsets[place + 1] += offsets[place] }
    var next = offsets
    successors = [Int32](repeating: 0, count: pairs.count)
    for pair in pairs {
      successors[next[Int(pair.predecessor)]] = pair.successor
      next[Int(pair.predecessor)] += 1
    }
  }

  /// Places of the steps in their new order.
  ///
  /// - Parameter steps: by iteration, as they were given.
  mutating func sorted(_ steps: [Workload.Step]) -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(steps.count)
    var isPlaced = [Bool](repeating: false, count: steps.count)
    var ready = Heap<Int>()
    var first = 0
    while first < steps.count {
      var end = first
      while end < steps.count, steps[end].iteration == steps[first].iteration { end += 1 }
      for place in first..<end where waits[place] == 0 { ready.insert(place) }
      while order.count < end {
        while isPlaced[first] { first += 1 }
        let place = ready.popMin() ?? placeInRing(before: first, isPlaced)
        guard !isPlaced[place] else { continue }
        isPlaced[place] = true
        order.append(place)
        for successor in successors[offsets[place]..<offsets[place + 1]] {
          waits[Int(successor)] -= 1
          if waits[Int(successor)] == 0 { ready.insert(Int(successor)) }
        }
      }
      first = end
    }
    return order
  }
  /// A step that waits for itself through others, found from one that waits.
  private func placeInRing(before place: Int, _ isPlaced: [Bool]) -> Int {
    var isPassed: Set<Int> = []
    var place = place
    while isPassed.insert(place).inserted {
      let named = predecessors[predecessorOffsets[place]..<predecessorOffsets[place + 1]]
      guard let next = named.first(where: { !isPlaced[Int($0)] }) else { return place }
      place = Int(next)
    }
    return place
  }
}
