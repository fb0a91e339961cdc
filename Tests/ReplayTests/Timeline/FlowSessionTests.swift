import Replay
import Testing
import TraceModel

/// Flows that come and go, against a plain twin and against flows that start together.
@Suite struct FlowSessionTests {
  /// Plays a session: starts each flow at its moment and returns when each ended.
  static func finishTimes(
    _ problem: FluidProblem, starts: [Double], batching: FluidBatching = .exact
  ) -> [Double] {
    var session = FlowSession(linkCapacity: problem.linkCapacity, batching: batching)
    var finish = [Double](repeating: 0, count: problem.flowCount)
    var flowOfNumber: [Int] = []
    let order = starts.indices.sorted { (starts[$0], $0) < (starts[$1], $1) }
    var next = 0
    var ended: [Int32] = []
    while next < order.count || session.runningCount > 0 {
      let start = next < order.count ? starts[order[next]] : .infinity
      session.advance(to: min(start, session.nextCompletion()))
      ended.removeAll()
      session.takeEnded(into: &ended)
      for flow in ended { finish[flowOfNumber[Int(flow)]] = session.endTime(of: Int(flow)) }
      while next < order.count, starts[order[next]] <= session.now {
        let flow = order[next]
        for subflow in problem.subflows(of: flow) {
          for place in problem.pathRange(of: subflow) {
            session.appendPathLink(problem.path[place])
          }
          session.endPath()
        }
        session.startFlow(bytes: problem.flowBytes[flow])
        flowOfNumber.append(flow)
        next += 1
      }
    }
    return finish
  }

  static func random(
    _ random: inout RandomStream, flows: Int, links: Int, subflows: Int
  ) -> FluidProblem {
    // Few distinct sizes and capacities make many ties.
    var problem = FluidProblem(
      linkCapacity: (0..<links).map { _ in Double(1 + random.below(4)) })
    for _ in 0..<flows {
      let paths = (0..<1 + random.below(subflows)).map { _ in
        random.permutation(links).prefix(1 + random.below(3)).map { Int32($0) }
      }
      problem.appendFlow(bytes: Double(1 + random.below(20)), overEachOf: paths)
    }
    return problem
  }

  @Test(arguments: 0..<40) func flowsThatStartTogetherEndAsSolvedAtOnce(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 21)
    let problem = Self.random(&random, flows: 12, links: 6, subflows: seed % 2 == 0 ? 1 : 3)
    let solved = try problem.solve().finish
    let finish = Self.finishTimes(problem, starts: solved.map { _ in 0 })
    for (left, right) in zip(finish, solved) { #expect(abs(left - right) <= 1e-9 * right) }
  }

  @Test func subflowsOverOneLinkNeverCarryMoreThanIt() throws {
    // Two subflows of each flow over the same link; the last flow runs alone there.
    var problem = FluidProblem(linkCapacity: [1])
    problem.appendFlow(bytes: 100, overEachOf: [[0], [0]])
    problem.appendFlow(bytes: 10, overEachOf: [[0], [0]])
    let finish = Self.finishTimes(problem, starts: [0, 0])
    #expect(abs(finish[1] - 20) < 1e-9)
    #expect(abs(finish[0] - 110) < 1e-9)
  }

  /// Rates from nothing at every start and end.
  static func naive(_ problem: FluidProblem, starts: [Double]) -> [Double] {
    var left = problem.flowBytes
    var finish = left.map { _ in Double.infinity }
    var now = 0.0
    while finish.contains(.infinity) {
      let running = left.indices.filter { starts[$0] <= now && finish[$0] == .infinity }
      var rate = [Double](repeating: 0, count: left.count)
      var remaining = problem.linkCapacity
      var waiting = running
      while !waiting.isEmpty {
        let shares = remaining.indices.map { link -> Double in
          let users = waiting.count { Self.links(of: $0, problem).contains(Int32(link)) }
          return users > 0 ? remaining[link] / Double(users) : .infinity
        }
        let link = shares.indices.min { shares[$0] < shares[$1] }!
        for flow in waiting where Self.links(of: flow, problem).contains(Int32(link)) {
          rate[flow] = shares[link]
          for crossed in Self.links(of: flow, problem) { remaining[Int(crossed)] -= shares[link] }
        }
        waiting.removeAll { Self.links(of: $0, problem).contains(Int32(link)) }
      }
      let nextStart = starts.filter { $0 > now }.min() ?? .infinity
      let nextEnd = running.map { now + left[$0] / rate[$0] }.min() ?? .infinity
      let moment = min(nextStart, nextEnd)
      for flow in running {
        left[flow] -= rate[flow] * (moment - now)
        if left[flow] <= 1e-10 { finish[flow] = moment }
      }
      now = moment
    }
    return finish
  }

  private static func links(of flow: Int, _ problem: FluidProblem) -> ArraySlice<Int32> {
    problem.path[problem.pathRange(of: problem.subflows(of: flow).lowerBound)]
  }

  @Test(arguments: 0..<40) func flowsThatJoinLaterShareWithThoseThatRun(seed: Int) {
    var random = RandomStream(seed: UInt64(seed), purpose: 22)
    let problem = Self.random(&random, flows: 14, links: 7, subflows: 1)
    let starts = (0..<14).map { _ in Double(random.below(12)) }
    let finish = Self.finishTimes(problem, starts: starts)
    let expected = Self.naive(problem, starts: starts)
    for (left, right) in zip(finish, expected) { #expect(abs(left - right) <= 1e-9 * right) }
  }

  @Test func aFlowAloneOutlivesPausesOfItsLinksAndGetsCompany() {
    var session = FlowSession(linkCapacity: [4, 2])
    var ended: [Int32] = []
    func start(bytes: Double, over links: [Int32]) {
      for link in links { session.appendPathLink(link) }
      session.endPath()
      session.startFlow(bytes: bytes)
    }
    start(bytes: 20, over: [0, 1])
    #expect(session.nextCompletion() == 10)
    session.advance(to: 3)
    session.setCapacity(0, of: 1)
    #expect(session.nextCompletion() == .infinity)
    session.advance(to: 5)
    session.setCapacity(4, of: 1)
    // 14 bytes left at 4 each.
    #expect(session.nextCompletion() == 8.5)
    session.advance(to: 6)
    start(bytes: 4, over: [0])
    // Both have 2 of the first link.
    #expect(session.nextCompletion() == 8)
    session.advance(to: 8)
    session.takeEnded(into: &ended)
    #expect(ended == [1] && session.nextCompletion() == 9.5)
    session.advance(to: 9.5)
    session.takeEnded(into: &ended)
    #expect(ended == [1, 0] && session.runningCount == 0)
  }

  @Test func aPausedLinkHoldsItsFlowsAndAFasterOneSpeedsThemUp() {
    var session = FlowSession(linkCapacity: [2])
    session.appendPathLink(0)
    session.endPath()
    session.startFlow(bytes: 20)
    #expect(session.nextCompletion() == 10)
    session.advance(to: 4)
    session.setCapacity(0, of: 0)
    #expect(session.nextCompletion() == .infinity)
    session.advance(to: 7)
    session.setCapacity(6, of: 0)
    #expect(session.nextCompletion() == 9)
  }

  @Test func onlyTheComponentThatIsTouchedIsFilledAgain() {
    var session = FlowSession(linkCapacity: [1, 1, 1])
    for link in 0..<3 {
      for bytes in [4.0, 8] {
        session.appendPathLink(Int32(link))
        session.endPath()
        session.startFlow(bytes: bytes + Double(link))
      }
    }
    #expect(session.nextCompletion() == 8)
    #expect(session.fillCount == 3)
    var ended: [Int32] = []
    session.advance(to: 8)
    session.takeEnded(into: &ended)
    #expect(ended == [0])
    #expect(session.nextCompletion() == 10)
    #expect(session.fillCount == 4)
  }

  @Test(arguments: [0.02, 0.1], [0.5, 0.8, 1]) func batchedFlowsEndAlsoWhenOthersKeepStarting(
    step: Double, interval: Double
  ) {
    // One link, and a new flow before the last few have ended: nothing may be put off again and again.
    var random = RandomStream(seed: 17, purpose: 23)
    var problem = FluidProblem(linkCapacity: [1])
    let starts = (0..<500).map { Double($0) * interval }
    for _ in starts { problem.appendFlow(bytes: 0.5 + random.unit(), over: [0]) }
    let exact = Self.finishTimes(problem, starts: starts)
    let batched = Self.finishTimes(
      problem, starts: starts, batching: FluidBatching(relativeStep: step))
    let length = exact.max() ?? 0
    #expect(abs((batched.max() ?? 0) - length) < step * length)
    for (flow, end) in batched.enumerated() { #expect(end >= starts[flow]) }
    let mean = zip(batched, exact).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(exact.count)
    #expect(mean < step * length)
  }

  @Test func endedFlowsCanBeForgotten() {
    var session = FlowSession(linkCapacity: [2])
    for round in 0..<3 {
      session.appendPathLink(0)
      session.endPath()
      #expect(session.startFlow(bytes: 10) == 0)
      session.advance(to: session.nextCompletion())
      var ended: [Int32] = []
      session.takeEnded(into: &ended)
      #expect(ended == [0] && session.now == 5 * Double(round + 1))
      session.forgetEndedFlows()
    }
    session.restart(at: 1)
    #expect(session.now == 1 && session.nextCompletion() == .infinity)
  }

  @Test(arguments: [0.01, 0.05]) func batchedFlowsEndNearlyWhenTheyShould(step: Double) {
    var random = RandomStream(seed: 3, purpose: 22)
    var problem = FluidProblem(linkCapacity: [Double](repeating: 1, count: 64))
    var starts: [Double] = []
    for source in 0..<32 {
      for destination in 0..<32 where destination != source {
        problem.appendFlow(
          bytes: Double(1 + random.below(1000)), over: [Int32(source), Int32(32 + destination)])
        starts.append(Double(100 * source))
      }
    }
    let exact = Self.finishTimes(problem, starts: starts)
    let batched = Self.finishTimes(
      problem, starts: starts, batching: FluidBatching(relativeStep: step))
    let length = exact.max() ?? 0
    for (left, right) in zip(batched, exact) { #expect(abs(left - right) < 4 * step * length) }
    let mean = zip(batched, exact).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(exact.count)
    #expect(mean < step / 2 * length)
    #expect(abs((batched.max() ?? 0) - length) < step * length)
    #expect(batched != exact)
  }
}
