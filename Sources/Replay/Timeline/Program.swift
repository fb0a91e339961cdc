package import TraceModel

/// What every end (rank or server) does in which order.
///
/// A *part* is one end's share of one phase: it computes, sends, and ends at its last receipt. Edges
/// say which parts must have ended before a part's compute begins:
/// - a step without predecessors follows everything that stands before it at the same end;
/// - predecessors of a step replace that order: an end waits for its own part of each, or for all
///   parts of one that it takes no part in (of a phase whose groups are all named, for its own);
/// - an end with steps of both kinds in one phase has one part there, which waits for both;
/// - data-parallel reductions with predecessors stand beside the program: only steps that name them,
///   and the end of the iteration, wait for them;
/// - named operations that move nothing stand for others (see `NamedSteps`).
///
/// Where many parts wait for many parts of a step, a *join* stands between them: a part of nobody,
/// without compute or bytes, that ends when the step has ended everywhere.
package struct Program: Sendable {
  /// `phases + 1` offsets into the part columns; parts of a phase ascend by end, joins come last.
  package private(set) var partOffsets: [Int] = [0]
  /// The end of each part, or `nobody` of a join.
  package private(set) var partEnd: [Int32] = []
  package private(set) var partPhase: [Int32] = []
  /// Compute before the part sends, in nanoseconds.
  package private(set) var partCompute: [Double] = []
  /// Recorded start in nanoseconds, or `Operation.unknownTime`.
  package private(set) var partStart: [Int64] = []
  /// `parts + 1` offsets into `successors`.
  package private(set) var successorOffsets: [Int32] = []
  package private(set) var successors: [Int32] = []
  /// Edges that end at each part.
  package private(set) var predecessorCount: [Int32] = []
  package let endsPerServer: Int

  /// Whose part a join is.
  package static let nobody = Int32.max

  /// - Complexity: O(parts + edges), and O(log ends) for each named predecessor of each end.
  package init(_ plan: PhasePlan, of workload: Workload) {
    endsPerServer = workload.endpointCount / max(1, workload.layout.serverCount)
    let waits = StepWaits(plan, of: workload)
    addParts(plan, of: workload, waits)
    var edges = Edges(partCount: partEnd.count)
    addEdges(plan, of: workload, waits, to: &edges)
    (successorOffsets, successors) = edges.bySource()
    predecessorCount = [Int32](repeating: 0, count: partEnd.count)
    for part in edges.to { predecessorCount[Int(part)] += 1 }
  }

  package var partCount: Int { partEnd.count }

  package func parts(of phase: Int) -> Range<Int> { partOffsets[phase]..<partOffsets[phase + 1] }

  /// All parts that nobody runs.
  package var joins: [Int] {
    (0..<partOffsets.count - 1).flatMap { joins(of: $0) }
  }

  /// Those of a phase's parts that nobody runs.
  package func joins(of phase: Int) -> Range<Int> {
    let parts = parts(of: phase)
    var first = parts.upperBound
    while first > parts.lowerBound, partEnd[first - 1] == Self.nobody { first -= 1 }
    return first..<parts.upperBound
  }

  /// The part of an end in a phase, or nil.
  ///
  /// O(log parts of the phase).
  package func part(of end: Int32, in phase: Int) -> Int? {
    parts(of: phase, between: Int(end), and: Int(end) + 1).first
  }

  /// The parts in a phase of the ends from one to below another.
  ///
  /// O(log parts of the phase), and the parts found.
  package func parts(of phase: Int, between first: Int, and limit: Int) -> Range<Int> {
    let parts = parts(of: phase)
    var range = parts
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      range =
        Int(partEnd[middle]) < first
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    var end = range.lowerBound
    while end < parts.upperBound, Int(partEnd[end]) < limit { end += 1 }
    return range.lowerBound..<end
  }

  // MARK: Parts

  private mutating func addParts(_ plan: PhasePlan, of workload: Workload, _ waits: StepWaits) {
    var found: [Int32] = []
    var phaseOfEnd = [Int32](repeating: -1, count: workload.endpointCount)
    for (phase, planned) in plan.phases.enumerated() {
      found.removeAll(keepingCapacity: true)
      for step in planned.steps {
        for end in waits.ends(of: step) where phaseOfEnd[Int(end)] != Int32(phase) {
          phaseOfEnd[Int(end)] = Int32(phase)
          found.append(end)
        }
      }
      found.sort()
      partEnd += found
      partCompute += planned.compute(of: found, in: workload)
      partStart += [Int64](repeating: Operation.unknownTime, count: found.count)
      for step in planned.steps where waits.hasJoin(step) {
        partEnd.append(Self.nobody)
        partCompute.append(0)
        partStart.append(workload.steps[step].start)
      }
      partPhase += [Int32](repeating: Int32(phase), count: partEnd.count - partPhase.count)
      partOffsets.append(partEnd.count)
      noteStarts(of: planned, phase: phase, in: workload, waits)
    }
  }

  private mutating func noteStarts(
    of planned: PlannedPhase, phase: Int, in workload: Workload, _ waits: StepWaits
  ) {
    for step in planned.steps {
      let start = workload.steps[step].start
      guard start != Operation.unknownTime else { continue }
      for end in waits.ends(of: step) {
        guard let part = part(of: end, in: phase) else { continue }
        partStart[part] =
          partStart[part] == Operation.unknownTime ? start : min(partStart[part], start)
      }
    }
  }

  // MARK: Edges

  private func addEdges(
    _ plan: PhasePlan, of workload: Workload, _ waits: StepWaits, to edges: inout Edges
  ) {
    var order = EndOrder(endCount: workload.endpointCount, partCount: partCount)
    let joins = joinOfStep(plan, waits)
    var iteration: Int32?
    for (phase, planned) in plan.phases.enumerated() {
      if iteration != planned.step.iteration {
        // Iterations follow each other anyway.
        iteration = planned.step.iteration
        order.removeAll()
      }
      let own = parts(of: phase).lowerBound..<self.joins(of: phase).lowerBound
      guard planned.steps.contains(where: waits.isNamed) else {
        for part in own { order.follow(Int32(part), at: Int(partEnd[part]), in: &edges) }
        addJoins(of: planned, phase: phase, waits, joins, to: &edges)
        continue
      }
      for step in planned.steps where waits.isNamed(step) {
        addNamedEdges(to: step, phase: phase, waits, joins, order: &order, edges: &edges)
      }
      // What a phase does unnamed at an end is in the end's order, whatever it does beside that.
      for step in planned.steps where !waits.isNamed(step) {
        for end in waits.ends(of: step) {
          guard let part = part(of: end, in: phase) else { continue }
          order.follow(Int32(part), at: Int(end), in: &edges)
        }
      }
      if planned.step.role != .data {
        for part in own { order.standBeside(Int32(part), at: Int(partEnd[part])) }
      }
      addJoins(of: planned, phase: phase, waits, joins, to: &edges)
    }
  }

  /// The join of each step that has one; empty when there is none.
  private func joinOfStep(_ plan: PhasePlan, _ waits: StepWaits) -> [Int: Int32] {
    var joinOfStep: [Int: Int32] = [:]
    for (phase, planned) in plan.phases.enumerated() {
      var join = joins(of: phase).lowerBound
      for step in planned.steps where waits.hasJoin(step) {
        joinOfStep[step] = Int32(join)
        join += 1
      }
    }
    return joinOfStep
  }

  private func addJoins(
    of planned: PlannedPhase, phase: Int, _ waits: StepWaits, _ joins: [Int: Int32],
    to edges: inout Edges
  ) {
    for step in planned.steps where waits.hasJoin(step) {
      guard let join = joins[step] else { continue }
      for end in waits.ends(of: step) {
        if let part = part(of: end, in: phase) { edges.append(from: Int32(part), to: join) }
      }
    }
  }

  /// What the ends of one step wait for because it names it.
  private func addNamedEdges(
    to step: Int, phase: Int, _ waits: StepWaits, _ joins: [Int: Int32], order: inout EndOrder,
    edges: inout Edges
  ) {
    for end in waits.ends(of: step) {
      guard let part = part(of: end, in: phase) else { continue }
      waits.forEachWait(of: step, at: end) { other, isOwn in
        let before = waits.phase(of: other)
        if isOwn {
          guard let earlier = self.part(of: end, in: before) else { return }
          edges.append(from: Int32(earlier), to: Int32(part))
          // A reduction beside the program holds up nothing that follows.
          if earlier < part, waits.role(of: step) != .data { order.pass(Int32(earlier)) }
        } else if let join = joins[other] {
          edges.append(from: join, to: Int32(part))
        } else {
          for foreign in waits.ends(of: other) {
            guard let earlier = self.part(of: foreign, in: before) else { continue }
            edges.append(from: Int32(earlier), to: Int32(part))
          }
        }
      }
    }
  }
}

/// Parts of each end that a later part in the end's order waits for.
private struct EndOrder {
  private var tails: [[Int32]]
  /// Whether a part of the same end in its program waits for it already.
  private var isFollowed: [Bool]

  init(endCount: Int, partCount: Int) {
    tails = [[Int32]](repeating: [], count: endCount)
    isFollowed = [Bool](repeating: false, count: partCount)
  }

  mutating func removeAll() {
    for end in tails.indices where !tails[end].isEmpty { tails[end] = [] }
  }

  /// A part that waits for everything before it at its end.
  mutating func follow(_ part: Int32, at end: Int, in edges: inout Edges) {
    // Two steps of its phase may say so.
    if tails[end].last == part { return }
    for tail in tails[end] where !isFollowed[Int(tail)] { edges.append(from: tail, to: part) }
    tails[end] = [part]
  }

  /// A part that has said itself what it waits for, and that what follows waits for.
  mutating func standBeside(_ part: Int32, at end: Int) {
    if tails[end].last != part { tails[end].append(part) }
  }

  /// A later part at its end, for which what follows waits, waits for it.
  mutating func pass(_ part: Int32) { isFollowed[Int(part)] = true }
}

/// Pairs of parts, the first of which must end before the second begins.
private struct Edges {
  private(set) var from: [Int32] = []
  private(set) var to: [Int32] = []
  /// The part that each was last joined to.
  ///
  /// Most repeats follow each other; others do no harm.
  private var lastTarget: [Int32]

  init(partCount: Int) { lastTarget = [Int32](repeating: -1, count: partCount) }

  /// Adds an edge unless it was the last from there.
  mutating func append(from first: Int32, to second: Int32) {
    guard lastTarget[Int(first)] != second else { return }
    lastTarget[Int(first)] = second
    from.append(first)
    to.append(second)
  }

  /// Offsets and targets by source (counting sort, so that ties keep their order).
  func bySource() -> (offsets: [Int32], targets: [Int32]) {
    let count = lastTarget.count
    var offsets = [Int32](repeating: 0, count: count + 1)
    for part in from { offsets[Int(part) + 1] += 1 }
    for part in 0..<count { offsets[part + 1] += offsets[part] }
    var next = offsets
    var targets = [Int32](repeating: 0, count: to.count)
    for (edge, part) in from.enumerated() {
      targets[Int(next[Int(part)])] = to[edge]
      next[Int(part)] += 1
    }
    return (offsets, targets)
  }
}
