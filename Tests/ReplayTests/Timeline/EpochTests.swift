import Replay
import Testing
import TraceModel

/// Which phases keep whose circuits.
@Suite struct EpochTests {
  private typealias Move = NamedOrderTests.Move

  private func plan(_ moves: [Move]) throws -> PhasePlan {
    try PhasePlan(NamedOrderTests.workload(servers: 4, moves), iterations: nil)
  }

  private func expert(_ phase: Phase, group: Int32) -> Move {
    Move(pairs: [(0, 1, 1)], layer: 0, group: group, phase: phase)
  }

  private let between = Move(pairs: [(2, 3, 1)], layer: 0, role: .tensor, phase: .unspecified)

  /// A phase for each, in any order.
  @Test func groupsKeepTheCircuitsOfTheirOwnDispatch() throws {
    let moves = [
      expert(.dispatchForward, group: 0), between, expert(.dispatchForward, group: 1),
      expert(.combineForward, group: 1), between, expert(.combineForward, group: 0),
    ]
    #expect(try plan(moves).phases.map(\.opener) == [0, -1, 2, 2, -1, 0])
    let backward = [
      expert(.combineBackward, group: 0), between, expert(.combineBackward, group: 1),
      expert(.dispatchBackward, group: 1), between, expert(.dispatchBackward, group: 0),
    ]
    #expect(try plan(backward).phases.map(\.opener) == [0, -1, 2, 2, -1, 0])
  }

  @Test func aGroupThatRunsTwiceIsMatchedByItsOwnCount() throws {
    let moves = [
      expert(.dispatchForward, group: 0), between, expert(.dispatchForward, group: 1), between,
      expert(.dispatchForward, group: 0), between, expert(.combineForward, group: 1), between,
      expert(.combineForward, group: 0), between, expert(.combineForward, group: 0),
    ]
    let openers = try plan(moves).phases.filter(\.isExpert).map(\.opener)
    #expect(openers == [0, 2, 4, 2, 0, 4])
  }

  @Test func unknownGroupsAreMatchedByCount() throws {
    let unknown = Operation.unknown
    let moves = [
      expert(.dispatchForward, group: unknown), expert(.dispatchForward, group: unknown),
      expert(.combineForward, group: unknown), expert(.combineForward, group: unknown),
      expert(.combineForward, group: unknown),
    ]
    #expect(try plan(moves).phases.map(\.opener) == [0, 1, 0, 1, 1])
    // Only one side knows them: groups of one phase.
    var half = moves
    (half[2].group, half[3].group) = (1, 0)
    #expect(try plan(half).phases.map(\.opener) == [0, 1, 0, 1])
  }

  @Test func groupsOfOnePhaseShareItsEpoch() throws {
    let moves = [
      expert(.dispatchForward, group: 0), expert(.dispatchForward, group: 1),
      expert(.combineForward, group: 1), between, expert(.combineForward, group: 0),
    ]
    let made = try plan(moves)
    #expect(made.phases.map(\.opener) == [0, 0, -1, 0])
    #expect(Array(made.followers(of: 0)) == [0, 1, 3])
    #expect(made.followers(of: 1).isEmpty && made.followers(of: 2).isEmpty)
  }

  @Test func followersOfEveryOpenerAreThoseThatNameIt() throws {
    var random = RandomStream(seed: 17)
    let made = try plan(
      (0..<400).map { index in
        var move = expert(
          Phase.allToAlls[random.below(4)], group: Int32(random.below(4)) - 1)
        if random.below(5) == 0 { move = between }
        move.layer = Int32(random.below(3))
        move.iteration = Int32(index / 100)
        return move
      })
    for opener in made.phases.indices {
      #expect(
        Array(made.followers(of: opener))
          == made.phases.indices.filter { made.phases[$0].opener == opener })
    }
    #expect(made.phases.contains { $0.opener >= 0 && !$0.opensEpoch })
  }
}
