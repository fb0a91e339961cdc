import Replay
import Testing
import TraceModel

/// Levels of ports against rates of flows, worked out from nothing.
@Suite struct PortReplayTests {
  /// Six to 12 senders and as many receivers of few capacities; most pairs have flows, some several and
  /// some multiples, and some flows cross one link only.
  private static func problem(_ random: inout RandomStream, isDistinct: Bool) -> FluidProblem {
    let (senders, receivers) = (6 + random.below(7), 6 + random.below(7))
    var problem = FluidProblem(
      linkCapacity: (0..<senders + receivers).map { _ in Double(1 + random.below(3)) })
    func bytes() -> Double {
      Double(1 + random.below(9)) + (isDistinct ? random.unit() : 0)
    }
    for sender in 0..<senders {
      for receiver in 0..<receivers where random.below(8) > 0 {
        for _ in 0..<1 + random.below(4) / 3 {
          problem.appendFlow(
            bytes: bytes(), multiplicity: Int32(1 + random.below(4) / 3),
            over: [Int32(sender), Int32(senders + receiver)])
        }
      }
    }
    for link in 0..<senders + receivers where random.below(3) == 0 {
      problem.appendFlow(bytes: bytes(), over: [Int32(link)])
    }
    return problem
  }

  @Test(arguments: 0..<60) func levelsOfPortsAgreeWithTheNaiveSolver(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 31)
    let problem = Self.problem(&random, isDistinct: seed % 2 == 0)
    let (part, bytes, weights) = try Self.onlyPart(of: problem)
    var replay = try #require(
      PortReplay(part, memberBytes: bytes, memberWeight: weights, at: 0, window: 0))
    var finish = bytes
    while replay.step(finish: &finish) {}
    #expect(replay.runningCount == 0)
    let expected = naiveFinishTimes(problem)
    for (member, flow) in part.memberFlow.enumerated() {
      #expect(abs(finish[member] - expected[Int(flow)]) <= 1e-9 * expected[Int(flow)])
    }
  }

  @Test(arguments: 0..<20) func flowsAndPortsAreFollowedAlike(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 32)
    let problem = Self.problem(&random, isDistinct: true)
    let (part, bytes, weights) = try Self.onlyPart(of: problem)
    let length = part.leastTime(memberBytes: bytes, memberWeight: weights)
    for window in [0, 0.01 * length] {
      var ports = try #require(
        PortReplay(part, memberBytes: bytes, memberWeight: weights, at: 0, window: window))
      var flows = PartReplay(
        part, memberBytes: bytes, memberWeight: weights, at: 0, window: window)
      var (left, right) = (bytes, bytes)
      while ports.step(finish: &left) {
        let isStep = flows.step(finish: &right)
        #expect(isStep)
        #expect(abs(ports.now - flows.now) <= 1e-9 * flows.now)
        for bundle in 0..<part.bundleCount where ports.isRunning(bundle) {
          #expect(ports.runningMembers(of: bundle) == flows.runningMembers(of: bundle))
          #expect(abs(ports.rate(of: bundle) - flows.rate(of: bundle)) <= 1e-9)
          let sent = flows.bytesSent(by: bundle)
          #expect(abs(ports.bytesSent(by: bundle, until: ports.now) - sent) <= 1e-8)
        }
      }
      for (left, right) in zip(left, right) { #expect(abs(left - right) <= 1e-9 * right) }
    }
  }

  @Test func longPathsAndSparsePartsAreLeftToFlows() throws {
    var long = FluidProblem(linkCapacity: [Double](repeating: 1, count: 12))
    var sparse = FluidProblem(linkCapacity: [Double](repeating: 1, count: 160))
    var turned = long
    for left in 0..<4 {
      for right in 4..<8 {
        long.appendFlow(bytes: 1, over: [Int32(left), Int32(right), Int32(right + 4)])
        turned.appendFlow(bytes: 1, over: [Int32(left), Int32(right)])
      }
    }
    turned.appendFlow(bytes: 1, over: [4, 0])
    for link in 0..<80 {
      sparse.appendFlow(bytes: 1, over: [Int32(link), Int32(80 + link)])
      sparse.appendFlow(bytes: 1, over: [Int32(link), Int32(80 + (link + 1) % 80)])
    }
    for problem in [sparse, turned] {
      let (part, bytes, weights) = try Self.onlyPart(of: problem)
      #expect(
        PortReplay(part, memberBytes: bytes, memberWeight: weights, at: 0, window: 0) == nil)
    }
    #expect(PortPairs(try Self.wholePart(of: long)) == nil)
  }

  private static func onlyPart(
    of problem: FluidProblem
  ) throws -> (part: FluidPart, bytes: [Double], weights: [Int32]) {
    let parts = FluidParts(problem).parts
    try #require(parts.count == 1)
    return (
      parts[0], parts[0].memberFlow.map { problem.flowBytes[Int($0)] },
      parts[0].memberFlow.map { problem.flowMultiplicity[Int($0)] }
    )
  }

  /// All flows with all their links, one per bundle.
  private static func wholePart(of problem: FluidProblem) throws -> FluidPart {
    var part = FluidPart()
    part.linkCapacity = problem.linkCapacity
    part.subflowOffsets = (0...Int32(problem.flowCount)).map { $0 }
    part.memberOffsets = part.subflowOffsets
    part.memberFlow = (0..<Int32(problem.flowCount)).map { $0 }
    part.setPaths(problem.path, offsets: problem.pathOffsets)
    return part
  }
}
