internal import TraceModel

/// Which ends take part in each step of a plan, and whom they wait for by name.
struct StepWaits {
  private let steps: [Workload.Step]
  private let named: NamedSteps
  private var ends: DemandEnds
  /// By step, where any is named: its phase, and the number of its ends.
  private var phaseOfStep: [Int32] = []
  private var endsOfStep: [Int] = []
  private var hasJoins: [Bool] = []

  init(_ plan: PhasePlan, of workload: Workload) {
    steps = workload.steps
    named = plan.named
    ends = DemandEnds(workload.demands)
    guard named.isNamed else { return }
    phaseOfStep = [Int32](repeating: -1, count: steps.count)
    for (phase, planned) in plan.phases.enumerated() {
      for step in planned.steps { phaseOfStep[step] = Int32(phase) }
    }
    endsOfStep = steps.map(\.demand)
    lendEnds(plan)
    addJoins(plan)
  }

  /// The ends that take part in a step, ascending.
  func ends(of step: Int) -> ArraySlice<Int32> {
    ends.of(endsOfStep.isEmpty ? steps[step].demand : endsOfStep[step])
  }

  /// Whether a step says itself what it waits for.
  func isNamed(_ step: Int) -> Bool { !steps[step].predecessors.isEmpty }

  func role(of step: Int) -> Role { steps[step].role }

  func phase(of step: Int) -> Int { Int(phaseOfStep[step]) }

  /// Whether a join stands between the parts of a step and those that wait for all of them.
  func hasJoin(_ step: Int) -> Bool { !hasJoins.isEmpty && hasJoins[step] }

  /// Calls `body` for each step that an end of `step` waits for: its own part of those in which it
  /// takes part, then all parts of those in whose phases it takes part in no other one.
  func forEachWait(of step: Int, at end: Int32, _ body: (_ step: Int, _ isOwn: Bool) -> Void) {
    let waited = named.steps(before: step)
    if waited.count == 1, let only = waited.first.map({ Int($0) }) {
      return body(only, ends.contain(end, in: endsOfStep[only]))
    }
    var ownPhases: [Int32] = []
    for other in waited where ends.contain(end, in: endsOfStep[Int(other)]) {
      ownPhases.append(phaseOfStep[Int(other)])
      body(Int(other), true)
    }
    guard ownPhases.count < waited.count else { return }
    for other in waited where !ownPhases.contains(phaseOfStep[Int(other)]) {
      body(Int(other), false)
    }
  }

  /// Gives steps that move nothing and name nothing the ends that wait for them.
  private mutating func lendEnds(_ plan: PhasePlan) {
    var borrowed: [Int: [Int32]] = [:]
    for step in plan.phases.lazy.flatMap(\.steps) {
      for other in named.steps(before: step) where ends.of(endsOfStep[Int(other)]).isEmpty {
        borrowed[Int(other), default: []] += ends.of(endsOfStep[step])
      }
    }
    for step in borrowed.keys.sorted() {
      endsOfStep[step] = ends.append(borrowed[step] ?? [])
    }
  }

  /// A join saves edges where (waiting parts − 1) · (parts waited for − 1) > 1.
  private mutating func addJoins(_ plan: PhasePlan) {
    var waiting = [Int](repeating: 0, count: steps.count)
    for step in plan.phases.lazy.flatMap(\.steps) where isNamed(step) {
      for end in ends(of: step) {
        forEachWait(of: step, at: end) { other, isOwn in
          if !isOwn { waiting[other] += 1 }
        }
      }
    }
    hasJoins = waiting.indices.map { (waiting[$0] - 1) * (ends(of: $0).count - 1) > 1 }
  }
}
