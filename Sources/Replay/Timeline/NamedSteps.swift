internal import TraceModel

/// For each step that names predecessors: the steps of its iteration that it waits for.
///
/// An operation that moves nothing takes place at no end of its own. One that names predecessors
/// stands for those. One that names none stands for what precedes it in the order of the steps: it
/// counts as a step without bytes at every end that waits for it, unless it stands after the step
/// that names it and so cannot hold it up.
struct NamedSteps: Sendable {
  /// `steps + 1` offsets into `waited`; empty when no step names any.
  private var offsets: [Int] = []
  private var waited: [Int32] = []

  /// - Complexity: O(steps + named predecessors); a named step that moves nothing is passed once for
  ///   each step with bytes that names it, directly or through others of its kind.
  init(_ workload: Workload) {
    guard workload.steps.contains(where: { !$0.predecessors.isEmpty }) else { return }
    var search = PredecessorSearch(workload)
    offsets = [0]
    offsets.reserveCapacity(workload.steps.count + 1)
    for step in workload.steps.indices {
      search.appendSteps(before: step, of: workload, to: &waited)
      offsets.append(waited.count)
    }
  }

  /// False when the order of the steps says everything.
  var isNamed: Bool { !offsets.isEmpty }

  /// The steps that one waits for, each once; they may stand after it.
  func steps(before step: Int) -> ArraySlice<Int32> {
    offsets.isEmpty ? [] : waited[offsets[step]..<offsets[step + 1]]
  }
}

/// Follows named predecessors through operations that move nothing.
private struct PredecessorSearch {
  private var numberOfOperation = KeyTable()
  /// By number of the operation: the first step of that id.
  private var stepOfNumber: [Int] = []
  private let movesNothing: [Bool]
  /// For which step each was last seen, so that a ring of operations ends.
  private var lastSeenFor: [Int32]
  private var stack: [Int32] = []

  init(_ workload: Workload) {
    let demands = workload.demands
    movesNothing = (0..<demands.count).map { demand in
      demands.pairs(of: demand).allSatisfy { demands.amount[$0] <= 0 }
    }
    lastSeenFor = [Int32](repeating: -1, count: workload.steps.count)
    for (index, step) in workload.steps.enumerated() {
      let number = numberOfOperation.number(of: Self.key(of: step.operation))
      if number == stepOfNumber.count { stepOfNumber.append(index) }
    }
  }

  /// Every id has a key of its own, negative ones too.
  private static func key(of operation: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: operation))
  }

  mutating func appendSteps(before step: Int, of workload: Workload, to found: inout [Int32]) {
    // Nobody waits at a step that moves nothing.
    if movesNothing[workload.steps[step].demand] { return }
    push(workload.steps[step].predecessors)
    while let operation = stack.popLast() {
      guard let number = numberOfOperation.existingNumber(of: Self.key(of: operation)) else {
        continue
      }
      let other = stepOfNumber[number]
      guard workload.steps[other].iteration == workload.steps[step].iteration,
        lastSeenFor[other] != Int32(step)
      else { continue }
      lastSeenFor[other] = Int32(step)
      if !movesNothing[workload.steps[other].demand] {
        found.append(Int32(other))
      } else if !workload.steps[other].predecessors.isEmpty {
        push(workload.steps[other].predecessors)
      } else if other < step {
        found.append(Int32(other))
      }
    }
  }

  /// The first of them is looked at first.
  private mutating func push(_ operations: [Int32]) { stack += operations.reversed() }
}
