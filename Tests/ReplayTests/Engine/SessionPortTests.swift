import Replay
import Testing
import TraceModel

/// Sessions of one coupled all-to-all, large enough to be followed by levels of ports.
@Suite struct SessionPortTests {
  private struct AllToAll {
    var problem: FluidProblem
    var starts: [Double]
  }

  /// Each of some ends begins to send to every other at a moment of its own.
  ///
  /// Some flows may leave their end only: where they arrive nothing else does.
  private static func staggered(
    ends: Int, _ random: inout RandomStream, isDistinct: Bool, hasShortPaths: Bool = false
  ) -> AllToAll {
    var all = AllToAll(
      problem: FluidProblem(
        linkCapacity: (0..<2 * ends).map { _ in Double(2 + random.below(2)) }), starts: [])
    for source in 0..<ends {
      let start = Double(random.below(8 * ends)) / 2
      for destination in 0..<ends where destination != source {
        all.problem.appendFlow(
          bytes: Double(1 + random.below(20)) + (isDistinct ? random.unit() : 0),
          over: hasShortPaths && random.below(8) == 0
            ? [Int32(source)] : [Int32(source), Int32(ends + destination)])
        all.starts.append(start)
      }
    }
    return all
  }

  @Test(arguments: 0..<4) func staggeredSendersEndWhenTheNaiveTwinSays(seed: Int) {
    var random = RandomStream(seed: UInt64(seed), purpose: 33)
    let all = Self.staggered(ends: 20, &random, isDistinct: seed % 2 == 0)
    let finish = FlowSessionTests.finishTimes(all.problem, starts: all.starts)
    let expected = naiveFinishTimes(all.problem, starts: all.starts)
    for (left, right) in zip(finish, expected) { #expect(abs(left - right) <= 1e-9 * right) }
  }

  @Test(arguments: 0..<3) func pathsOfOneLinkEndWhenTheNaiveTwinSays(seed: Int) {
    var random = RandomStream(seed: UInt64(seed), purpose: 34)
    let all = Self.staggered(ends: 20, &random, isDistinct: true, hasShortPaths: true)
    let finish = FlowSessionTests.finishTimes(all.problem, starts: all.starts)
    let expected = naiveFinishTimes(all.problem, starts: all.starts)
    for (left, right) in zip(finish, expected) { #expect(abs(left - right) <= 1e-9 * right) }
  }

  @Test(arguments: 0..<4) func oneLinkThatChangesItsRateChangesWhatTheNaiveTwinSays(seed: Int) {
    var random = RandomStream(seed: UInt64(seed), purpose: 35)
    let all = Self.staggered(ends: 20, &random, isDistinct: true)
    let whole = naiveFinishTimes(all.problem).max() ?? 0
    let change = (
      time: 0.3 * whole, link: random.below(40), capacity: seed % 2 == 0 ? 0.5 : 9.0
    )
    var session = session(all)
    var finish = [Double](repeating: 0, count: all.problem.flowCount)
    while session.nextCompletion() < change.time {
      for flow in takeNext(&session) { finish[Int(flow)] = session.now }
    }
    session.advance(to: change.time)
    session.setCapacity(change.capacity, of: Int32(change.link))
    while session.runningCount > 0 {
      for flow in takeNext(&session) { finish[Int(flow)] = session.now }
    }
    let expected = naiveFinishTimes(all.problem, change: change)
    for (left, right) in zip(finish, expected) { #expect(abs(left - right) <= 1e-9 * right) }
  }

  @Test func startingTogetherIsSolvingAtOnce() throws {
    var random = RandomStream(seed: 5, purpose: 33)
    let all = Self.staggered(ends: 40, &random, isDistinct: true)
    let finish = FlowSessionTests.finishTimes(all.problem, starts: all.starts.map { _ in 0 })
    for (left, right) in zip(finish, try all.problem.solve().finish) {
      #expect(abs(left - right) <= 1e-9 * right)
    }
  }

  @Test func everyByteIsSentWhenLinksChangeTheirRates() {
    // Twice the rate on every link halves what is left of the time; pausing all adds the pause.
    var random = RandomStream(seed: 6, purpose: 33)
    let all = Self.staggered(ends: 24, &random, isDistinct: true)
    var plain = session(all)
    var changed = session(all)
    let middle = 0.4 * drain(&plain)
    let length = plain.now
    while changed.nextCompletion() < middle { _ = takeNext(&changed) }
    changed.advance(to: middle)
    setRates(of: &changed, all, factor: 0)
    #expect(changed.nextCompletion() == .infinity)
    changed.advance(to: middle + 100)
    setRates(of: &changed, all, factor: 2)
    _ = drain(&changed)
    #expect(abs(changed.now - (middle + 100 + (length - middle) / 2)) <= 1e-9 * length)
    #expect(changed.runningCount == 0)
  }

  private func session(_ all: AllToAll) -> FlowSession {
    var session = FlowSession(linkCapacity: all.problem.linkCapacity)
    for flow in 0..<all.problem.flowCount {
      for place in all.problem.pathRange(of: flow) {
        session.appendPathLink(all.problem.path[place])
      }
      session.endPath()
      session.startFlow(bytes: all.problem.flowBytes[flow])
    }
    return session
  }

  private func setRates(of session: inout FlowSession, _ all: AllToAll, factor: Double) {
    for (link, capacity) in all.problem.linkCapacity.enumerated() {
      session.setCapacity(capacity * factor, of: Int32(link))
    }
  }

  private func takeNext(_ session: inout FlowSession) -> [Int32] {
    var ended: [Int32] = []
    session.advance(to: session.nextCompletion())
    session.takeEnded(into: &ended)
    return ended
  }

  private func drain(_ session: inout FlowSession) -> Double {
    while session.runningCount > 0 { _ = takeNext(&session) }
    return session.now
  }
}
