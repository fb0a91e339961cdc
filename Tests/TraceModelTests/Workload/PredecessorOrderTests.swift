import Testing
import TraceModel

/// Steps stand after those they name, and otherwise where they stood.
@Suite struct PredecessorOrderTests {
  private func step(
    _ operation: Int32, after predecessors: [Int32] = [], iteration: Int32 = 0
  ) -> Workload.Step {
    Workload.Step(
      operation: operation, kind: .allToAll, role: .other, phase: .unspecified,
      iteration: iteration, layer: Operation.unknown, demand: 0, predecessors: predecessors)
  }

  private func order(_ steps: [Workload.Step]) -> [Int32] {
    sortedAfterPredecessors(steps).map(\.operation)
  }

  @Test func whatWaitsStandsAfterWhatItWaitsForAndNoLater() {
    #expect(order([step(0, after: [2]), step(1), step(2), step(3)]) == [1, 2, 0, 3])
    #expect(order([step(5, after: [-3]), step(4, after: [5]), step(-3)]) == [-3, 5, 4])
  }

  @Test func anOrderThatHoldsIsKept() {
    #expect(
      order([step(9), step(3, after: [9]), step(1), step(2, after: [3, 9])]) == [9, 3, 1, 2])
  }

  @Test func whatIsNotInTheIterationIsNotWaitedFor() {
    let steps = [step(0, after: [2, 77]), step(1), step(2, iteration: 1)]
    #expect(order(steps) == [0, 1, 2])
  }

  @Test func ofStepsThatWaitForEachOtherTheFirstGoesOn() {
    #expect(
      order([step(0, after: [1]), step(1, after: [0]), step(2, after: [1]), step(3)])
        == [3, 0, 1, 2])
    #expect(order([step(0, after: [0]), step(1)]) == [0, 1])
    // What waits behind them keeps its order.
    #expect(
      order([step(0, after: [1]), step(1, after: [2]), step(2, after: [3]), step(3, after: [2])])
        == [2, 1, 0, 3])
  }

  @Test func iterationsStayApartWhereStepsWaitForEachOther() {
    let steps = [
      step(0, after: [1]), step(1, after: [2]), step(2, after: [1]), step(3, iteration: 1),
    ]
    let sorted = sortedAfterPredecessors(steps)
    #expect(sorted.map(\.iteration) == [0, 0, 0, 1])
    #expect(Set(sorted.map(\.operation)) == [0, 1, 2, 3])
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func everyStepStandsAfterItsPredecessors(seed: UInt64) {
    var random = RandomStream(seed: seed)
    for _ in 0..<50 {
      let count = Int.random(in: 1...30, using: &random)
      let ids = (0..<Int32(count)).shuffled(using: &random)
      var steps: [Workload.Step] = []
      for place in 0..<count {
        let named = (0..<place).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        steps.append(step(ids[place], after: named.map { ids[$0] }.sorted()))
      }
      let given = steps.shuffled(using: &random)
      let sorted = sortedAfterPredecessors(given)
      #expect(Set(sorted) == Set(given))
      var placed = Set<Int32>()
      var waiting = given
      for step in sorted {
        // The first of the given steps that need not wait any longer.
        #expect(waiting.first { placed.isSuperset(of: $0.predecessors) } == step)
        placed.insert(step.operation)
        waiting.removeAll { $0 == step }
      }
    }
  }
}
