package import TraceModel

extension PlannedPhase {
  /// Nanoseconds of compute before each of some ends sends: the longest of its operations.
  ///
  /// Where compute follows the bytes, an end has the share of the operation's time that it sends of
  /// what the busiest end sends.
  /// - Parameter ends: ascending, all that take part among them.
  /// - Complexity: O(pairs log ends) of the operations that have compute.
  package func compute(of ends: [Int32], in workload: Workload) -> [Double] {
    var longest = [Double](repeating: 0, count: ends.count)
    var sent = [Int64](repeating: 0, count: ends.count)
    for (place, index) in steps.enumerated() where operations[place].computeNanoseconds > 0 {
      let step = workload.steps[index]
      let time = operations[place].computeNanoseconds
      var most: Int64 = 0
      forEachPair(of: step, in: workload.demands, ends: ends) { sender, _, amount in
        sent[sender] &+= amount
        most = max(most, sent[sender])
      }
      forEachPair(of: step, in: workload.demands, ends: ends) { sender, receiver, _ in
        for end in [sender, receiver] {
          let share = step.computeFollowsBytes && most > 0 ? Double(sent[end]) / Double(most) : 1
          longest[end] = max(longest[end], time * share)
        }
      }
      forEachPair(of: step, in: workload.demands, ends: ends) { sender, _, _ in sent[sender] = 0 }
    }
    return longest
  }

  /// Calls `body` with the places of sender and receiver and the units of each pair of a step.
  private func forEachPair(
    of step: Workload.Step, in demands: DemandSet, ends: [Int32],
    _ body: (_ sender: Int, _ receiver: Int, _ amount: Int64) -> Void
  ) {
    for row in demands.pairs(of: step.demand) where demands.amount[row] > 0 {
      var pair = (demands.source[row], demands.destination[row])
      if step.isTransposed { swap(&pair.0, &pair.1) }
      guard let sender = place(of: pair.0, in: ends), let receiver = place(of: pair.1, in: ends)
      else { continue }
      body(sender, receiver, demands.amount[row])
    }
  }

  private func place(of end: Int32, in ends: [Int32]) -> Int? {
    var range = ends.indices
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      if ends[middle] == end { return middle }
      range = ends[middle] < end ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }
}
