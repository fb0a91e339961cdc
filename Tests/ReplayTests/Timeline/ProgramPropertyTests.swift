import Replay
import Testing
import TraceModel

/// The order between parts against its definition, on random programs.
@Suite struct ProgramPropertyTests {
  private typealias Move = NamedOrderTests.Move

  @Test(arguments: 0..<60)
  func partsWaitForWhatTheDefinitionSays(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    let workload = NamedOrderTests.workload(servers: 7, Self.moves(&random))
    let plan = try PhasePlan(workload, iterations: nil)
    let program = Program(plan, of: workload)
    let definition = OrderByDefinition(plan, workload)
    #expect(
      Set((0..<program.partCount).filter { program.partEnd[$0] != Program.nobody }.map(program.key))
        == Set(definition.parts))
    let expected = definition.closure()
    let edges = (0..<program.partCount).flatMap { part in
      (program.successorOffsets[part]..<program.successorOffsets[part + 1]).map {
        (part, Int(program.successors[Int($0)]))
      }
    }
    #expect(edges.count == program.predecessorCount.reduce(0) { $0 + Int($1) })
    for (part, waited) in program.closure(edges) where program.partEnd[part] != Program.nobody {
      #expect(Set(waited.map(program.key)) == expected[program.key(part)] ?? [])
    }
  }

  private static func moves(_ random: inout RandomStream) -> [Move] {
    let count = 6 + random.below(14)
    let named = random.below(4)
    return (0..<count).map { index in
      var move = Move(pairs: [], layer: Int32(index / 3), group: Int32(random.below(3)))
      for _ in 0..<random.below(5) {
        move.pairs.append((random.below(7), random.below(7), 1 + Int64(random.below(9))))
      }
      if random.below(4) < named {
        // Now and then a later one.
        let limit = random.below(8) == 0 ? count : max(1, index)
        move.predecessors = (0..<1 + random.below(3)).map { _ in Int32(random.below(limit)) }
      }
      if random.below(6) == 0 { move.role = .data }
      move.iteration = index < count / 2 ? 0 : 1
      return move
    }
  }
}

/// One end's share of a phase.
private struct PartKey: Hashable {
  var phase: Int
  var end: Int32
}

extension Program {
  fileprivate func key(_ part: Int) -> PartKey {
    PartKey(phase: Int(partPhase[part]), end: partEnd[part])
  }

  /// Everything that each part waits for, through others too; joins left out.
  fileprivate func closure(_ edges: [(Int, Int)]) -> [Int: Set<Int>] {
    var before = [Int: Set<Int>](
      uniqueKeysWithValues: (0..<partCount).map { ($0, Set<Int>()) })
    for (from, to) in edges { before[to]?.insert(from) }
    return closed(before).mapValues { $0.filter { partEnd[$0] != Self.nobody } }
  }
}

private func closed<Part: Hashable>(_ before: [Part: Set<Part>]) -> [Part: Set<Part>] {
  var before = before
  var isGrowing = true
  while isGrowing {
    isGrowing = false
    for (part, waited) in before {
      let all = waited.reduce(into: waited) { $0.formUnion(before[$1] ?? []) }
      if all.count > waited.count {
        before[part] = all
        isGrowing = true
      }
    }
  }
  return before
}

/// Waits read off the steps one by one.
private struct OrderByDefinition {
  let plan: PhasePlan
  let workload: Workload
  private var endsOfStep: [Int: Set<Int32>] = [:]

  init(_ plan: PhasePlan, _ workload: Workload) {
    self.plan = plan
    self.workload = workload
    for step in workload.steps.indices { endsOfStep[step] = ownEnds(of: step) }
    for step in workload.steps.indices {
      for other in named(by: step) where ownEnds(of: other).isEmpty {
        let lent = ownEnds(of: step)
        endsOfStep[other]?.formUnion(lent)
      }
    }
  }

  private func ownEnds(of step: Int) -> Set<Int32> {
    let demands = workload.demands
    return Set(
      demands.pairs(of: workload.steps[step].demand).flatMap {
        [demands.source[$0], demands.destination[$0]]
      })
  }

  private func ends(of step: Int) -> Set<Int32> { endsOfStep[step] ?? [] }

  var parts: [PartKey] {
    plan.phases.indices.flatMap { phase in
      Set(plan.phases[phase].steps.flatMap { ends(of: $0) }).map { PartKey(phase: phase, end: $0) }
    }
  }

  /// The steps that one waits for; others that move nothing are looked through.
  private func named(by step: Int) -> Set<Int> {
    var found = Set<Int>()
    var passed = Set<Int>()
    func look(at operations: [Int32]) {
      for operation in operations {
        let other = Int(operation)
        guard workload.steps[other].iteration == workload.steps[step].iteration,
          passed.insert(other).inserted
        else { continue }
        if !ownEnds(of: other).isEmpty {
          found.insert(other)
        } else if !workload.steps[other].predecessors.isEmpty {
          look(at: workload.steps[other].predecessors)
        } else if other < step {
          found.insert(other)
        }
      }
    }
    look(at: workload.steps[step].predecessors)
    return found
  }

  private func phase(of step: Int) -> Int {
    plan.phases.firstIndex { $0.steps.contains(step) } ?? -1
  }

  func closure() -> [PartKey: Set<PartKey>] {
    var before: [PartKey: Set<PartKey>] = [:]
    for part in parts {
      before[part] = []
      for step in plan.phases[part.phase].steps where ends(of: step).contains(part.end) {
        before[part]?.formUnion(
          workload.steps[step].predecessors.isEmpty
            ? inOrder(before: part) : byName(before: part, in: step))
      }
    }
    return closed(before)
  }

  /// Every earlier part of the end that is in its program.
  private func inOrder(before part: PartKey) -> [PartKey] {
    parts.filter { other in
      guard other.end == part.end, other.phase < part.phase else { return false }
      let (planned, now) = (plan.phases[other.phase], plan.phases[part.phase])
      guard planned.step.iteration == now.step.iteration else { return false }
      return planned.step.role != .data
        || planned.steps.contains {
          ends(of: $0).contains(part.end) && workload.steps[$0].predecessors.isEmpty
        }
    }
  }

  private func byName(before part: PartKey, in step: Int) -> [PartKey] {
    let waited = named(by: step)
    let own = waited.filter { ends(of: $0).contains(part.end) }
    let ownPhases = Set(own.map(phase))
    return own.map { PartKey(phase: phase(of: $0), end: part.end) }
      + waited.filter { !ownPhases.contains(phase(of: $0)) }.flatMap { other in
        ends(of: other).map { PartKey(phase: phase(of: other), end: $0) }
      }
  }
}
