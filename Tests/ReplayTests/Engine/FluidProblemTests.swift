import Replay
import Testing
import TraceModel

@Suite struct FluidProblemTests {
  /// Flows on {0,2,3}, {1} and {1,2,3}.
  private func threeFlows(secondLink: Double) -> FluidProblem {
    var problem = FluidProblem(linkCapacity: [2, secondLink, 3, 4])
    problem.appendFlow(bytes: 2, over: [0, 2, 3])
    problem.appendFlow(bytes: 1, over: [1])
    problem.appendFlow(bytes: 1, over: [1, 2, 3])
    return problem
  }

  @Test func widerLinkCanDelayTheLastFlow() throws {
    #expect(abs(try threeFlows(secondLink: 2).solve().completion - 1) < 1e-12)
    #expect(abs(try threeFlows(secondLink: 4).solve().completion - 7.0 / 6) < 1e-12)
  }

  @Test(arguments: 0..<60) func agreesWithTheNaiveSolver(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    let problem = randomProblem(&random)
    let solution = try problem.solve()
    for (ours, theirs) in zip(solution.finish, naiveFinishTimes(problem)) {
      #expect(abs(ours - theirs) <= 1e-9 * theirs)
    }
  }

  @Test(arguments: 0..<20) func everyByteIsOnEveryLinkOfItsPath(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 1)
    let problem = randomProblem(&random)
    let solution = try problem.solve()
    var expected = [Double](repeating: 0, count: problem.linkCount)
    for flow in 0..<problem.flowCount {
      let total = problem.flowBytes[flow] * Double(problem.flowMultiplicity[flow])
      let parts = problem.subflows(of: flow).map { solution.subflowBytes[$0] }
      #expect(abs(parts.reduce(0, +) - total) <= 1e-9 * total)
      for subflow in problem.subflows(of: flow) {
        for place in problem.pathRange(of: subflow) {
          expected[Int(problem.path[place])] += solution.subflowBytes[subflow]
        }
      }
    }
    for link in 0..<problem.linkCount {
      #expect(abs(expected[link] - solution.linkBytes[link]) <= 1e-6 * expected[link])
      let bound = expected[link] / problem.linkCapacity[link]
      #expect(solution.completion >= bound * (1 - 1e-9))
    }
  }

  @Test func flowsOnOneLinkEndOneAfterTheOther() throws {
    var problem = FluidProblem(linkCapacity: [1])
    problem.appendFlow(bytes: 1, multiplicity: 2, over: [0])
    problem.appendFlow(bytes: 3, over: [0])
    problem.appendFlow(bytes: 0, over: [0])
    let solution = try problem.solve()
    #expect(solution.finish == [3, 5, 0])
    #expect(solution.linkBytes == [5])
  }

  @Test func uplinksOfANonBlockingLeafAreImplied() {
    var problem = FluidProblem(linkCapacity: [1, 1, 2, 1, 1])
    problem.appendFlow(bytes: 1, over: [0, 2, 3])
    problem.appendFlow(bytes: 1, over: [1, 2, 4])
    #expect(problem.impliedLinks() == [false, false, true, false, false])
    #expect(FluidParts(problem).parts.count == 2)
  }

  @Test func aFlowThatCannotMoveIsNamed() {
    var problem = FluidProblem(linkCapacity: [1, 0])
    problem.appendFlow(bytes: 1, over: [0])
    problem.appendFlow(bytes: 1, over: [0, 1])
    let error = #expect(throws: ReplayError.self) { try problem.solve() }
    #expect(error?.location == "flow 1")
  }

  @Test func malformedProblemsAreRefused() {
    var loop = FluidProblem(linkCapacity: [1])
    loop.appendFlow(bytes: 1, over: [0, 0])
    var stranger = FluidProblem(linkCapacity: [1])
    stranger.appendFlow(bytes: 1, over: [7])
    var endless = FluidProblem(linkCapacity: [1])
    endless.appendFlow(bytes: .infinity, over: [0])
    var nowhere = FluidProblem(linkCapacity: [.nan])
    nowhere.appendFlow(bytes: 1, over: [0])
    var pathless = FluidProblem(linkCapacity: [1])
    pathless.appendFlow(bytes: 1, overEachOf: [])
    for problem in [loop, stranger, endless, nowhere, pathless] {
      #expect(throws: ReplayError.self) { try problem.solve() }
    }
  }
}

/// Up to 30 flows of one to three subflows over up to ten links; sizes and paths repeat often.
func randomProblem(_ random: inout RandomStream) -> FluidProblem {
  let linkCount = 2 + random.below(9)
  var problem = FluidProblem(
    linkCapacity: (0..<linkCount).map { _ in Double(1 + random.below(8)) / 2 })
  let manySubflows = random.below(2) == 1
  for _ in 0..<1 + random.below(30) {
    let paths = (0..<(manySubflows ? 1 + random.below(3) : 1)).map { _ in
      random.permutation(linkCount).prefix(1 + random.below(min(4, linkCount))).map { Int32($0) }
    }
    problem.appendFlow(
      bytes: Double(1 + random.below(12)), multiplicity: Int32(1 + random.below(3)),
      overEachOf: paths)
  }
  return problem
}
