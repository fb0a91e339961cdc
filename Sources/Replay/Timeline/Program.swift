package import TraceModel

/// What every end (rank or server) does in which order.
///
/// A *part* is one end's share of one phase: it computes, sends, and ends at its last receipt. Edges
/// say which parts must have ended before a part's compute begins:
/// - a step without predecessors follows everything that stands before it at the same end;
/// - predecessors of a step replace that order: an end waits for its own part of each, or for all
///   parts of one that it takes no part in;
/// - data-parallel reductions with predecessors stand beside the program: only steps that name them,
///   and the end of the iteration, wait for them.
package struct Program: Sendable {
  /// `phases + 1` offsets into the part columns; parts of a phase ascend by end.
  package private(set) var partOffsets: [Int] = [0]
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

  package init(_ plan: PhasePlan, of workload: Workload) {
    endsPerServer = workload.endpointCount / max(1, workload.layout.serverCount)
    let ends = DemandEnds(workload.demands)
    addParts(plan, of: workload, ends: ends)
    var edges = Edges()
    addEdges(plan, of: workload, ends: ends, to: &edges)
    (successorOffsets, successors) = edges.bySource(count: partEnd.count)
    predecessorCount = [Int32](repeating: 0, count: partEnd.count)
    for part in edges.to { predecessorCount[Int(part)] += 1 }
  }

  package var partCount: Int { partEnd.count }

  package func parts(of phase: Int) -> Range<Int> { partOffsets[phase]..<partOffsets[phase + 1] }

  /// The part of an end in a phase, or nil.
  ///
  /// O(log parts of the phase).
  package func part(of end: Int32, in phase: Int) -> Int? {
    var range = parts(of: phase)
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      if partEnd[middle] == end { return middle }
      range =
        partEnd[middle] < end ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  private mutating func addParts(
    _ plan: PhasePlan, of workload: Workload, ends: DemandEnds
  ) {
    var found: [Int32] = []
    var phaseOfEnd = [Int32](repeating: -1, count: workload.endpointCount)
    for (phase, planned) in plan.phases.enumerated() {
      found.removeAll(keepingCapacity: true)
      for step in planned.steps {
        for end in ends.of(workload.steps[step].demand) where phaseOfEnd[Int(end)] != Int32(phase) {
          phaseOfEnd[Int(end)] = Int32(phase)
          found.append(end)
        }
      }
      found.sort()
      partEnd += found
      partOffsets.append(partEnd.count)
      partPhase += [Int32](repeating: Int32(phase), count: found.count)
      partCompute += [Double](repeating: 0, count: found.count)
      partStart += [Int64](repeating: Operation.unknownTime, count: found.count)
      let compute = planned.compute(of: found, in: workload)
      partCompute.replaceSubrange(parts(of: phase), with: compute)
      for step in planned.steps.lazy.map({ workload.steps[$0] })
      where step.start != Operation.unknownTime {
        for end in ends.of(step.demand) {
          guard let part = part(of: end, in: phase) else { continue }
          partStart[part] =
            partStart[part] == Operation.unknownTime ? step.start : min(partStart[part], step.start)
        }
      }
    }
  }

  private func addEdges(
    _ plan: PhasePlan, of workload: Workload, ends: DemandEnds, to edges: inout Edges
  ) {
    let known = NamedSteps(plan, of: workload)
    // Parts of each end that nothing later at the end is known to wait for yet.
    var tails = [[Int32]](repeating: [], count: workload.endpointCount)
    var iteration: Int32?
    for (phase, planned) in plan.phases.enumerated() {
      if iteration != planned.step.iteration {
        // Iterations follow each other anyway.
        iteration = planned.step.iteration
        for end in tails.indices where !tails[end].isEmpty { tails[end] = [] }
      }
      let named = known.predecessors(of: planned, in: workload, ends: ends)
      for part in parts(of: phase) {
        let end = Int(partEnd[part])
        guard let steps = named[Int32(end)] else {
          for tail in tails[end] { edges.append(from: tail, to: Int32(part)) }
          tails[end] = [Int32(part)]
          continue
        }
        // Of a phase whose groups are all named, an end waits for its own.
        let own = Set(
          steps.filter { ends.contain(Int32(end), in: workload.steps[$0].demand) }
            .map { known.phase(ofStep: $0) })
        for step in steps {
          let other = known.phase(ofStep: step)
          if ends.contain(Int32(end), in: workload.steps[step].demand),
            let earlier = self.part(of: Int32(end), in: other)
          {
            edges.append(from: Int32(earlier), to: Int32(part))
            if planned.step.role != .data { tails[end].removeAll { $0 == Int32(earlier) } }
          } else if !own.contains(other) {
            for other in ends.of(workload.steps[step].demand) {
              if let foreign = self.part(of: other, in: known.phase(ofStep: step)) {
                edges.append(from: Int32(foreign), to: Int32(part))
              }
            }
          }
        }
        if planned.step.role != .data { tails[end].append(Int32(part)) }
      }
    }
  }
}

/// The ends of each distinct demand that send or receive, ascending.
package struct DemandEnds: Sendable {
  private var offsets: [Int] = [0]
  private var ends: [Int32] = []

  package init(_ demands: DemandSet) {
    var found: [Int32] = []
    for demand in 0..<demands.count {
      found.removeAll(keepingCapacity: true)
      for row in demands.pairs(of: demand) where demands.amount[row] > 0 {
        // Pairs come ordered by source, so most repeats are neighbours.
        if found.last != demands.source[row] { found.append(demands.source[row]) }
      }
      for row in demands.pairs(of: demand) where demands.amount[row] > 0 {
        found.append(demands.destination[row])
      }
      found.sort()
      for end in found where offsets.last == self.ends.count || self.ends.last != end {
        self.ends.append(end)
      }
      offsets.append(self.ends.count)
    }
  }

  package func of(_ demand: Int) -> ArraySlice<Int32> {
    ends[offsets[demand]..<offsets[demand + 1]]
  }

  /// Whether an end sends or receives in a demand.
  package func contain(_ end: Int32, in demand: Int) -> Bool {
    var range = offsets[demand]..<offsets[demand + 1]
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      if ends[middle] == end { return true }
      range = ends[middle] < end ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return false
  }
}

/// Steps by operation id, and the phases that they belong to.
private struct NamedSteps {
  private var stepOfOperation = KeyTable()
  private var step: [Int] = []
  private var phaseOfStep: [Int32]
  private let hasPredecessors: Bool

  init(_ plan: PhasePlan, of workload: Workload) {
    phaseOfStep = [Int32](repeating: -1, count: workload.steps.count)
    hasPredecessors = workload.steps.contains { !$0.predecessors.isEmpty }
    guard hasPredecessors else { return }
    for (phase, planned) in plan.phases.enumerated() {
      for index in planned.steps {
        phaseOfStep[index] = Int32(phase)
        let id = UInt64(UInt32(bitPattern: workload.steps[index].operation))
        if stepOfOperation.number(of: id) == step.count { step.append(index) }
      }
    }
  }

  func phase(ofStep step: Int) -> Int { Int(phaseOfStep[step]) }

  /// For each end of a phase whose steps have predecessors in its iteration: those steps.
  func predecessors(
    of phase: PlannedPhase, in workload: Workload, ends: DemandEnds
  ) -> [Int32: [Int]] {
    guard hasPredecessors else { return [:] }
    var named: [Int32: [Int]] = [:]
    for index in phase.steps where !workload.steps[index].predecessors.isEmpty {
      var seen = Set<Int>()
      let steps = steps(
        named: workload.steps[index].predecessors, in: workload,
        iteration: phase.step.iteration, ends: ends, seen: &seen)
      for end in ends.of(workload.steps[index].demand) { named[end, default: []] += steps }
    }
    return named
  }

  /// The steps of some operations in an iteration; one that moves nothing stands for those before it.
  private func steps(
    named operations: [Int32], in workload: Workload, iteration: Int32, ends: DemandEnds,
    seen: inout Set<Int>
  ) -> [Int] {
    var found: [Int] = []
    for id in operations {
      guard let number = stepOfOperation.existingNumber(of: UInt64(UInt32(bitPattern: id))),
        workload.steps[step[number]].iteration == iteration, seen.insert(step[number]).inserted
      else { continue }
      if ends.of(workload.steps[step[number]].demand).isEmpty {
        found += steps(
          named: workload.steps[step[number]].predecessors, in: workload, iteration: iteration,
          ends: ends, seen: &seen)
      } else {
        found.append(step[number])
      }
    }
    return found
  }
}

/// Pairs of parts, the first of which must end before the second begins.
private struct Edges {
  private(set) var from: [Int32] = []
  private(set) var to: [Int32] = []

  mutating func append(from first: Int32, to second: Int32) {
    from.append(first)
    to.append(second)
  }

  /// Offsets and targets by source (counting sort, so that ties keep their order).
  func bySource(count: Int) -> (offsets: [Int32], targets: [Int32]) {
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
