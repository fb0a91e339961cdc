import Replay
import Testing
import TraceModel

/// What ends wait for when some steps name their predecessors and others do not.
@Suite struct NamedOrderTests {
  /// A step of one group of one layer, over NICs of one byte per nanosecond.
  struct Move {
    var pairs: [(Int, Int, Int64)]
    var layer: Int32
    var group: Int32 = 0
    var operation: Int32?
    var predecessors: [Int32] = []
    var role = Role.expert
    var phase = Phase.dispatchForward
    var iteration: Int32 = 0
  }

  static func workload(servers: Int, _ moves: [Move]) -> Workload {
    var demands = DemandSet()
    let steps = moves.enumerated().map { index, move in
      let demand = demands.append(
        source: move.pairs.map { Int32($0.0) }, destination: move.pairs.map { Int32($0.1) },
        amount: move.pairs.map(\.2))
      return Workload.Step(
        operation: move.operation ?? Int32(index), kind: .allToAll, role: move.role,
        phase: move.phase, iteration: move.iteration, microBatch: 0, layer: move.layer,
        group: move.group, demand: demand, predecessors: move.predecessors)
    }
    return Workload(
      grain: .server, layout: Layout(serverCount: servers, gpusPerServer: 1), demands: demands,
      steps: steps)
  }

  private func starts(servers: Int, _ moves: [Move]) throws -> [Double] {
    let workload = Self.workload(servers: servers, moves)
    let result = try replay(workload, on: unitFabric(nil, nics: 1))
    #expect(result.total.boundNanoseconds <= result.completionNanoseconds * (1 + 1e-12))
    return result.phases.map(\.startNanoseconds)
  }

  @Test func anEndWithNamedAndUnnamedStepsInOnePhaseWaitsForBoth() throws {
    // Groups 0 and 1 meet at server 1 in the last phase: one names the short step, the other follows
    // the long one.
    let short = Move(pairs: [(3, 1, 10)], layer: 0)
    let long = Move(pairs: [(0, 1, 100)], layer: 1)
    let unnamed = Move(pairs: [(1, 2, 5)], layer: 2, group: 0)
    let named = Move(pairs: [(1, 3, 5)], layer: 2, group: 1, predecessors: [0])
    // The NIC of server 1 carries 10 and 100; server 3 sends nothing in the last phase.
    #expect(try starts(servers: 4, [short, long, unnamed, named]) == [0, 0, 110])
    // Both named: the short one is enough (both share the NIC at first).
    var both = [short, long, unnamed, named]
    both[2].predecessors = [0]
    #expect(try starts(servers: 4, both) == [0, 0, 20])
  }

  @Test func suchAnEndAlsoWaitsForWhatIsNamedElsewhere() throws {
    // The named step belongs to servers 3 and 4 alone and lasts longer than the order of server 1.
    #expect(
      try starts(
        servers: 5,
        [
          Move(pairs: [(3, 4, 70)], layer: 0), Move(pairs: [(0, 1, 10)], layer: 1),
          Move(pairs: [(1, 2, 5)], layer: 2, group: 0),
          Move(pairs: [(1, 0, 5)], layer: 2, group: 1, predecessors: [0]),
        ]) == [0, 0, 70])
  }

  @Test func whatFollowsSuchAPhaseWaitsForIt() throws {
    #expect(
      try starts(
        servers: 3,
        [
          Move(pairs: [(0, 1, 10)], layer: 0),
          Move(pairs: [(1, 2, 20)], layer: 1, group: 0),
          Move(pairs: [(0, 2, 20)], layer: 1, group: 1, predecessors: [0]),
          Move(pairs: [(2, 0, 5)], layer: 2),
        ]) == [0, 0, 50])
  }

  @Test func chainsWithoutBytesMayBeLong() throws {
    // Deeper than any stack: each of 40,000 operations that move nothing names the one before.
    let count: Int32 = 40_000
    var moves = [Move(pairs: [(0, 1, 100)], layer: 0)]
    moves += (1...count).map { Move(pairs: [], layer: $0, predecessors: [$0 - 1]) }
    moves.append(Move(pairs: [(1, 0, 10)], layer: count + 1, predecessors: [count]))
    let workload = Self.workload(servers: 2, moves)
    let program = Program(try PhasePlan(workload, iterations: nil), of: workload)
    #expect(program.partCount == 4)
    // Both ends take part in both.
    #expect(program.predecessorCount == [0, 0, 1, 1])
  }

  @Test func ringsWithoutBytesHoldUpNobody() throws {
    #expect(
      try starts(
        servers: 2,
        [
          Move(pairs: [], layer: 0, predecessors: [1]),
          Move(pairs: [], layer: 1, predecessors: [0]),
          Move(pairs: [(0, 1, 10)], layer: 2, predecessors: [1]),
        ]
      ).last == 0)
  }

  @Test func oneWithoutBytesOrNamesStandsForWhatPrecedesIt() throws {
    let first = Move(pairs: [(0, 1, 100)], layer: 0)
    let nothing = Move(pairs: [], layer: 1)
    let other = Move(pairs: [(2, 1, 300)], layer: 2, predecessors: [])
    func last(_ names: Int32) -> Move {
      Move(pairs: [(1, 3, 10)], layer: 3, predecessors: [names])
    }
    // Server 1 has the first step's bytes before the operation without any, those of the other after.
    let all = [first, nothing, other, last(1)]
    let workload = Self.workload(servers: 4, all)
    let program = Program(try PhasePlan(workload, iterations: nil), of: workload)
    // At server 1: first → nothing → other, and nothing → last. At server 3 it stands before nothing.
    #expect(program.partCount == 8)
    let times = try starts(servers: 4, [first, nothing, last(1)])
    #expect(times[2] == 100)
    // Through another that moves nothing, which names it.
    let chained = try starts(
      servers: 4, [first, nothing, Move(pairs: [], layer: 2, predecessors: [1]), last(2)])
    #expect(chained[3] == 100)
    // One that stands later cannot hold it up.
    let later = try starts(
      servers: 4, [first, Move(pairs: [(1, 3, 10)], layer: 1, predecessors: [2]), nothing])
    #expect(later[1] == 0)
  }

  @Test(arguments: [[Int32.max, Int32.min, -1], [-2, -1, 0], [Int32.max, Int32.max - 1, 7]])
  func operationIdsMayBeAnyNumber(ids: [Int32]) throws {
    let moves = [
      Move(pairs: [(0, 1, 10)], layer: 0, operation: ids[0]),
      Move(pairs: [(2, 3, 100)], layer: 1, operation: ids[1]),
      Move(pairs: [(1, 0, 5)], layer: 2, operation: ids[2], predecessors: [ids[0]]),
    ]
    #expect(try starts(servers: 4, moves) == [0, 0, 10])
    var other = moves
    other[2].predecessors = [ids[1]]
    #expect(try starts(servers: 4, other) == [0, 0, 100])
  }

  @Test func anOperationAndWhatItWaitsForThroughOthersAreTwoPhases() throws {
    // The second group names an operation without bytes that stands first and names the first group's.
    #expect(
      try starts(
        servers: 2,
        [
          Move(pairs: [], layer: 0, operation: 9, predecessors: [1]),
          Move(pairs: [(0, 1, 10)], layer: 1, group: 0, operation: 1),
          Move(pairs: [(1, 0, 5)], layer: 1, group: 1, operation: 2, predecessors: [9]),
        ]
      ).suffix(2) == [0, 10])
  }

  // MARK: Many that wait for many

  @Test func manyThatWaitForAllOfManyNeedAnEdgeEach() throws {
    func ring(_ ends: Range<Int>) -> [(Int, Int, Int64)] {
      ends.map { ($0, $0 + 1 < ends.upperBound ? $0 + 1 : ends.lowerBound, 1) }
    }
    let workload = Self.workload(
      servers: 2048,
      [
        Move(pairs: ring(0..<1024), layer: 0),
        Move(pairs: ring(1024..<2048), layer: 1, predecessors: [0]),
        Move(pairs: ring(1024..<2048), layer: 2, predecessors: [0]),
      ])
    let program = Program(try PhasePlan(workload, iterations: nil), of: workload)
    #expect(program.successors.count == 3 * 1024)
    let result = try replay(workload, on: unitFabric(nil, nics: 1))
    #expect(result.phases.map(\.startNanoseconds) == [0, 1, 1])
    #expect(result.completionNanoseconds == 3)
  }

  @Test func theLastOfManyHoldsUpAllThatWaitForThem() throws {
    let slow: [(Int, Int, Int64)] = [(0, 1, 10), (1, 2, 10), (2, 0, 70)]
    let fast: [(Int, Int, Int64)] = [(3, 4, 10), (4, 5, 10), (5, 3, 10)]
    let moves = [Move(pairs: slow, layer: 0), Move(pairs: fast, layer: 1, predecessors: [0])]
    #expect(try starts(servers: 6, moves) == [0, 70])
    // Recorded times decide without it.
    let plain = Self.workload(servers: 6, moves)
    let recorded = Workload(
      grain: .server, layout: plain.layout, demands: plain.demands,
      steps: plain.steps.enumerated().map { index, step in
        var step = step
        step.start = 1000 + Int64(index) * 20
        step.end = step.start + 10
        return step
      })
    let result = try replay(
      recorded, on: unitFabric(nil, nics: 1), options: ReplayOptions(pacing: .recorded))
    #expect(result.phases.map(\.startNanoseconds) == [0, 20])
    #expect(result.completionNanoseconds == 70)
  }

  /// The bound must see through what stands between the two steps.
  @Test func theBoundFollowsThoseThatWaitForMany() throws {
    let slow: [(Int, Int, Int64)] = [(0, 1, 70), (1, 2, 70), (2, 0, 70)]
    let fast: [(Int, Int, Int64)] = [(3, 4, 10), (4, 5, 10), (5, 3, 10)]
    let bound = try completionBound(
      of: Self.workload(
        servers: 6,
        [Move(pairs: slow, layer: 0), Move(pairs: fast, layer: 1, predecessors: [0])]),
      on: unitFabric(nil, nics: 1))
    #expect(bound == 80)
  }
}
