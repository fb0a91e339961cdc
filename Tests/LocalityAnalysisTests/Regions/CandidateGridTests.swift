import LocalityAnalysis
import Testing
import TraceModel

@Suite struct CandidateGridTests {
  private func plan(_ size: Int) -> RegionPlan {
    RegionPlan(size: size, grouping: .contiguous(serverCount: 100, size: size))
  }

  private func grid(
    _ sizes: [Int], opticalNICs: [Int] = [6], planes: Int = 1, schedulers: [String] = ["greedy"]
  ) -> CandidateGrid {
    CandidateGrid(
      plans: sizes.map(plan), serverCount: 100, nicsPerServer: 8, opticalNICs: opticalNICs,
      switches: [SwitchKind(name: "mirror", radix: 500, planes: planes)]
    ) { _ in schedulers }
  }

  /// 500 ports and 6 optical NICs take 83 servers.
  @Test func `a region that its switch cannot take is left out with the reason`() {
    let grid = grid([1, 83, 84, 100], schedulers: ["one", "two"])
    #expect(grid.candidates.map(\.plan.size) == [1, 83, 83])
    #expect(grid.omissions.map(\.count) == [4])
    #expect(grid.omissions[0].reason.contains("more than 83 servers with 6 optical NICs"))
  }

  @Test func `planes take more servers, and need NICs that divide over them`() {
    #expect(self.grid([100], planes: 2).candidates.count == 2)
    let grid = grid([10], opticalNICs: [3, 4], planes: 2)
    #expect(grid.candidates.map(\.opticalNICsPerServer) == [0, 4])
    #expect(grid.omissions[0].reason == "3 optical NICs cannot be divided over 2 planes")
  }

  @Test
  func `a switch that loses more light than transceivers allow is left out, an unknown one is not`()
  {
    func grid(budget: Double?) -> CandidateGrid {
      CandidateGrid(
        plans: [plan(10), plan(20)], serverCount: 100, nicsPerServer: 8, opticalNICs: [2, 4],
        switches: [
          SwitchKind(name: "mirror", radix: 500, insertionLossDecibels: 3),
          SwitchKind(name: "lens", radix: 500, insertionLossDecibels: 2.5),
          SwitchKind(name: "patch", radix: 500),
        ], lossBudgetDecibels: budget
      ) { _ in ["greedy"] }
    }
    #expect(grid(budget: nil).candidates.count == 1 + 3 * 4)
    #expect(grid(budget: 3).omissions.isEmpty)
    let tight = grid(budget: 2.5)
    #expect(Set(tight.candidates.compactMap(\.technology)) == ["lens", "patch"])
    #expect(
      tight.omissions.map(\.reason)
        == ["light loses 3.0 dB in mirror, and transceivers allow 2.5 dB"])
    #expect(tight.omissions.map(\.count) == [4])
  }

  @Test func `bytes between regions need a NIC that is not optical`() {
    let grid = grid([2, 50], opticalNICs: [8])
    #expect(grid.candidates.count == 1)
    #expect(grid.omissions.map(\.count) == [2])
    let whole = CandidateGrid(
      plans: [plan(100)], serverCount: 100, nicsPerServer: 8, opticalNICs: [5, 8, 9],
      switches: [SwitchKind(name: "mirror", radix: 1000)]
    ) { _ in ["greedy"] }
    #expect(whole.candidates.map(\.opticalNICsPerServer) == [0, 5, 8])
    #expect(whole.omissions.map(\.reason) == ["9 optical NICs of 8 per server"])
  }
}

@Suite struct ParetoFrontTests {
  @Test func `members are those that nobody beats, the knee is farthest below the chord`() {
    let front = ParetoFront([
      CandidateFigures(cost: 100, time: 10, exposed: 0),
      CandidateFigures(cost: 50, time: 12, exposed: 0),
      CandidateFigures(cost: 40, time: 40, exposed: 0),
      CandidateFigures(cost: 60, time: 12, exposed: 0),
      CandidateFigures(cost: 120, time: 11, exposed: 0),
      CandidateFigures(cost: 50, time: 12, exposed: 0),
    ])
    #expect(front.members == [2, 1, 0])
    #expect(front.knee == 1)
  }

  @Test func `less exposed delay is a reason to stay`() {
    let front = ParetoFront([
      CandidateFigures(cost: 1, time: 1, exposed: 1),
      CandidateFigures(cost: 2, time: 2, exposed: 0),
    ])
    #expect(front.members == [0, 1])
    #expect(front.knee == nil)
  }

  @Test func `a straight front has no knee`() {
    let front = ParetoFront(
      (0..<5).map { CandidateFigures(cost: Double($0), time: 10 - Double($0), exposed: 0) })
    #expect(front.members.count == 5)
    #expect(front.knee == nil)
  }
}

@Suite struct RepresentativeIterationsTests {
  @Test func `planted kinds of iterations each get a medoid with their number`() {
    let kinds = [0, 0, 1, 0, 2, 1, 0, 0]
    let features = kinds.enumerated().map { [Double($1 * 100) + Double($0 % 2), 5] }
    let few = RepresentativeIterations(features, count: 3)
    #expect(few.places.map { kinds[$0] }.sorted() == [0, 1, 2])
    #expect(few.weights.reduce(0, +) == 8)
    #expect(few.standIn.indices.allSatisfy { kinds[few.places[few.standIn[$0]]] == kinds[$0] })
    #expect(!few.isAll)
    let times = CandidateTimes(
      iterations: few.places.map { IterationTime(nanoseconds: Double(kinds[$0])) },
      onceNanoseconds: 7)
    #expect(few.expand(times).map(\.nanoseconds) == [7, 0, 1, 0, 2, 1, 0, 0])
    #expect(few.expand(times)[0].exposedNanoseconds == 7)
  }

  @Test func `as many as there are, each for itself, and none of nothing`() {
    let all = RepresentativeIterations([[1], [1], [3]], count: 9)
    #expect(all.places == [0, 1, 2] && all.weights == [1, 1, 1] && all.isAll)
    #expect(RepresentativeIterations([], count: 3).places.isEmpty)
  }
}

@Suite struct ChoiceStabilityTests {
  private func score(_ size: Int, _ times: [Double], cost: Double = 1) -> CandidateScore {
    CandidateScore(
      candidate: Candidate(
        plan: RegionPlan(size: size, grouping: .contiguous(serverCount: 16, size: size))),
      quote: CandidateQuote(costUSD: cost, boundNanoseconds: 0),
      iterations: times.map { IterationTime(nanoseconds: $0) })
  }

  private func stability(
    _ scores: [CandidateScore], tolerance: Double = 0, seed: UInt64 = 1
  ) -> ChoiceStability {
    ChoiceStability(
      scores, Contest(scores, tolerance: tolerance, negligible: 0), seed: seed)
  }

  @Test func `an answer that every iteration gives never changes`() {
    let times = (0..<20).map { Double(100 + $0 * 7 % 5) }
    let found = stability([score(8, times), score(4, times.map { $0 * 2 })], tolerance: 0.05)
    #expect(found.changes[.smallest] == 0 && found.changes[.fastest] == 0)
    #expect(found.resampleCount == 200 && found.blockLength == 3)
  }

  @Test func `an answer by a hair changes often, and alike for the same seed`() {
    var random = RandomStream(seed: 3)
    let times = (0..<20).map { _ in 100 + 40 * random.unit() }
    let other = times.map { _ in 100 + 40 * random.unit() }
    let scores = [score(8, times), score(4, other)]
    let first = stability(scores)
    #expect((first.changes[.fastest] ?? 0) > 0.02)
    #expect(first == stability(scores))
    #expect(first != stability(scores, seed: 2))
  }

  @Test func `blocks are as long as times stay alike`() {
    // Thirty iterations slow, thirty fast, and so on: half alike after about nine.
    let times = (0..<120).map { $0 / 30 % 2 == 0 ? 100.0 : 140 }
    let length = stability([score(8, times), score(4, times)]).blockLength
    #expect((8...11).contains(length), "\(length)")
  }

  @Test func `nine iterations are too few`() {
    let found = stability([score(8, Array(repeating: 1, count: 9))])
    #expect(found.changes.isEmpty)
    #expect(found.absence?.contains("9 iterations: 10 are the least") == true)
  }
}
