import Replay
import Testing
import TraceModel

/// What must hold for every problem, over seeded random ones.
@Suite struct FluidPropertyTests {
  @Test(arguments: 0..<30) func longPathsAndTiesAgreeWithTheNaiveSolver(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 2)
    let problem = meshProblem(&random)
    expectClose(try problem.solve().finish, naiveFinishTimes(problem))
  }

  @Test(arguments: [1.0, 2, 4]) func oversubscribedCoresAgreeWithTheNaiveSolver(
    oversubscription: Double
  ) throws {
    for hasDistinctSizes in [false, true] {
      let problem = podProblem(
        oversubscription: oversubscription, hasDistinctSizes: hasDistinctSizes)
      expectClose(try problem.solve().finish, naiveFinishTimes(problem))
    }
  }

  @Test func slackLinksAreLeftOutAndBroughtBack() throws {
    let problem = podProblem(oversubscription: 4, hasDistinctSizes: true)
    let parts = FluidParts(problem).parts
    #expect(parts.count == 1)
    let solution = replayPart(
      parts[0], flowBytes: problem.flowBytes, flowMultiplicity: problem.flowMultiplicity, .exact)
    #expect(solution.stageCount > 2)
    let batched = replayPart(
      parts[0], flowBytes: problem.flowBytes, flowMultiplicity: problem.flowMultiplicity,
      FluidBatching(relativeStep: 0.0002))
    let (left, right) = (solution.finish.max() ?? 0, batched.finish.max() ?? 0)
    #expect(batched.stageCount > 1 && batched.eventCount < solution.eventCount)
    #expect(abs(left - right) <= 0.001 * left)
  }

  @Test func theLeastTimeOfAPartIsThatOfItsFullestLink() throws {
    var problem = FluidProblem(linkCapacity: [2, 1, 2.5])
    problem.appendFlow(bytes: 10, over: [0, 2])
    problem.appendFlow(bytes: 12, over: [1, 2])
    problem.appendFlow(bytes: 6, over: [0, 2])
    func least(_ problem: FluidProblem) throws -> Double {
      let part = try #require(FluidParts(problem).parts.first)
      return part.leastTime(
        memberBytes: part.memberFlow.map { problem.flowBytes[Int($0)] },
        memberWeight: part.memberFlow.map { problem.flowMultiplicity[Int($0)] })
    }
    #expect(try least(problem) == 12)
    // Over two paths at once, of which each is as wide as its narrowest link.
    problem.appendFlow(bytes: 90, overEachOf: [[0, 2], [1, 2]])
    #expect(try least(problem) == 30)
  }

  @Test(arguments: 0..<10) func timesScaleWithBytesAndAgainstCapacity(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 3)
    let problem = meshProblem(&random)
    let finish = try problem.solve().finish
    let larger = rebuilt(problem, bytesFactor: 3, capacityFactor: 1)
    expectClose(try larger.solve().finish, finish.map { 3 * $0 })
    let wider = rebuilt(problem, bytesFactor: 1, capacityFactor: 7)
    expectClose(try wider.solve().finish, finish.map { $0 / 7 })
  }

  @Test(arguments: 0..<10) func theOrderOfFlowsChangesNothing(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 4)
    let problem = meshProblem(&random)
    let order = random.permutation(problem.flowCount).map { Int($0) }
    let shuffled = rebuilt(problem, order: order)
    let finish = try problem.solve().finish
    expectClose(try shuffled.solve().finish, order.map { finish[$0] })
  }

  @Test(arguments: [0.001, 0.01]) func aBatchedFlowIsOffByAboutTheStep(step: Double) throws {
    for seed in 0..<3 {
      var random = RandomStream(seed: UInt64(seed), purpose: 5)
      var problem = FluidProblem(linkCapacity: [Double](repeating: 1, count: 48))
      for source in 0..<24 {
        for destination in 0..<24 where destination != source {
          problem.appendFlow(
            bytes: Double(1 + random.below(1_000_000)),
            over: [Int32(source), Int32(24 + destination)])
        }
      }
      let exact = try problem.solve()
      let batched = try problem.solve(FluidBatching(relativeStep: step))
      #expect(batched.eventCount < exact.eventCount)
      #expect(batched.linkBytes == exact.linkBytes)
      var sum = 0.0
      for (ours, theirs) in zip(batched.finish, exact.finish) {
        let error = abs(ours - theirs) / exact.completion
        #expect(error <= 3 * step)
        sum += error
      }
      #expect(sum / Double(problem.flowCount) <= step / 4)
    }
  }

  private func expectClose(_ ours: [Double], _ theirs: [Double]) {
    #expect(ours.count == theirs.count)
    let worst = zip(ours, theirs).map { abs($0 - $1) / max($1, 1e-300) }.max() ?? 0
    #expect(worst <= 1e-9)
  }

  private func rebuilt(
    _ problem: FluidProblem, bytesFactor: Double = 1, capacityFactor: Double = 1,
    order: [Int]? = nil
  ) -> FluidProblem {
    var copy = FluidProblem(linkCapacity: problem.linkCapacity.map { $0 * capacityFactor })
    for flow in order ?? Array(0..<problem.flowCount) {
      copy.appendFlow(
        bytes: problem.flowBytes[flow] * bytesFactor,
        multiplicity: problem.flowMultiplicity[flow],
        overEachOf: problem.subflows(of: flow).map { subflow in
          problem.pathRange(of: subflow).map { problem.path[$0] }
        })
    }
    return copy
  }
}

/// Up to 80 flows over up to six of 24 links of few capacities, some sized so that two links fill
/// up at once.
private func meshProblem(_ random: inout RandomStream) -> FluidProblem {
  let linkCount = 12 + random.below(13)
  var problem = FluidProblem(linkCapacity: (0..<linkCount).map { _ in Double(1 + random.below(3)) })
  let isDistinct = random.below(2) == 1
  for _ in 0..<20 + random.below(61) {
    let path = random.permutation(linkCount).prefix(1 + random.below(6)).map { Int32($0) }
    let size = Double(1 + random.below(8))
    problem.appendFlow(
      bytes: isDistinct ? size + Double(random.below(1_000_000)) / 1e6 : size,
      multiplicity: Int32(1 + random.below(2)), over: path)
  }
  return problem
}

/// Four pods of four servers, each sending to every server of the other pods and to one neighbour,
/// over server links and pod links.
private func podProblem(oversubscription: Double, hasDistinctSizes: Bool) -> FluidProblem {
  var random = RandomStream(seed: 6)
  let (pods, servers) = (4, 16)
  let perPod = servers / pods
  let podCapacity = Double(perPod) / oversubscription
  var problem = FluidProblem(
    linkCapacity: [Double](repeating: 1, count: 2 * servers)
      + [Double](repeating: podCapacity, count: 2 * pods))
  for source in 0..<servers {
    for destination in 0..<servers where destination != source {
      let (from, to) = (source / perPod, destination / perPod)
      if from == to && destination != source ^ 1 { continue }
      let size = Double(1 + (31 * source + 17 * destination) % 13)
      let links =
        from == to
        ? [source, servers + destination]
        : [source, 2 * servers + from, 2 * servers + pods + to, servers + destination]
      problem.appendFlow(
        bytes: hasDistinctSizes ? size + Double(random.below(1000)) / 1e3 : size,
        over: links.map { Int32($0) })
    }
  }
  return problem
}
