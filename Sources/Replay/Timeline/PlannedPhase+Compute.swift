package import TraceModel

extension PlannedPhase {
  /// Nanoseconds of compute before each of some ends sends: the longest of its operations.
  ///
  /// Where compute follows the bytes, an end has the share of the operation's time that it sends of
  /// what the busiest end sends.
  /// - Parameter ends: ascending, all that take part among them.
  /// - Complexity: O(pairs) of the operations that have compute, and O(highest end).
  package func compute(of ends: [Int32], in workload: Workload) -> [Double] {
    var longest = [Double](repeating: 0, count: ends.count)
    guard operations.contains(where: { $0.computeNanoseconds > 0 }) else { return longest }
    let places = PlacesOfEnds(ends)
    var sent = [Int64](repeating: 0, count: ends.count)
    for (place, index) in steps.enumerated() where operations[place].computeNanoseconds > 0 {
      let step = workload.steps[index]
      let time = operations[place].computeNanoseconds
      var most: Int64 = 0
      if step.computeFollowsBytes {
        forEachPair(of: step, in: workload.demands, places) { sender, _, amount in
          sent[sender] &+= amount
          most = max(most, sent[sender])
        }
      }
      forEachPair(of: step, in: workload.demands, places) { sender, receiver, _ in
        for end in [sender, receiver] {
          let share = most > 0 ? Double(sent[end]) / Double(most) : 1
          longest[end] = max(longest[end], time * share)
        }
      }
      guard step.computeFollowsBytes else { continue }
      forEachPair(of: step, in: workload.demands, places) { sender, _, _ in sent[sender] = 0 }
    }
    return longest
  }

  /// Calls `body` with the places of sender and receiver and the units of each pair of a step.
  private func forEachPair(
    of step: Workload.Step, in demands: DemandSet, _ places: PlacesOfEnds,
    _ body: (_ sender: Int, _ receiver: Int, _ amount: Int64) -> Void
  ) {
    for row in demands.pairs(of: step.demand) where demands.amount[row] > 0 {
      var pair = (demands.source[row], demands.destination[row])
      if step.isTransposed { swap(&pair.0, &pair.1) }
      guard let sender = places.place(of: pair.0), let receiver = places.place(of: pair.1) else {
        continue
      }
      body(sender, receiver, demands.amount[row])
    }
  }
}

/// Where each end stands in a list; ends lie close together, so a table is smaller than a search is slow.
private struct PlacesOfEnds {
  private var places: [Int32]

  init(_ ends: [Int32]) {
    places = [Int32](repeating: -1, count: Int((ends.max() ?? -1) + 1))
    for (place, end) in ends.enumerated() { places[Int(end)] = Int32(place) }
  }

  func place(of end: Int32) -> Int? {
    guard Int(end) < places.count, places[Int(end)] >= 0 else { return nil }
    return Int(places[Int(end)])
  }
}
