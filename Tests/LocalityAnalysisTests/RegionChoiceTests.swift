import LocalityAnalysis
import Testing
import TraceModel

@Suite struct RegionCandidatesTests {
  private func layout(_ servers: Int, gpus: Int = 8, domain: Int = 1, expert: Int, tensor: Int = 1)
    -> Layout
  {
    let ranks = servers * gpus
    return Layout(
      serverCount: servers, gpusPerServer: gpus, serversPerScaleUpDomain: domain,
      parallelism: Parallelism(tensor: tensor, expert: expert, data: ranks / tensor))
  }

  @Test func `divisors, the expert group and the switch limit`() {
    // EP 8 × TP 4 = 32 GPUs: 4 of 12 servers per group.
    let limit = SwitchLimit(radix: 64, opticalNICsPerServer: 6)
    let candidates = RegionCandidates(layout(12, expert: 8, tensor: 4), limit: limit)
    #expect(candidates.noOptics == nil)
    #expect(candidates.sizes.map(\.size) == [1, 2, 3, 4, 6, 10])
    #expect(candidates.tooLarge == [12])
    #expect(candidates.sizes[3].reasons == [.divisor, .expertGroup])
    #expect(candidates.sizes[5].reasons == [.switchLimit])
    #expect(candidates.sizes[5].lastRegionSize == 2)
  }

  /// MixNet: about 500 ports and 6 … 2 optical NICs give 83 … 250 servers.
  @Test func `radix over optical NICs`() {
    #expect(SwitchLimit(radix: 500, opticalNICsPerServer: 6).serversPerRegion == 83)
    #expect(SwitchLimit(radix: 500, opticalNICsPerServer: 2).serversPerRegion == 250)
    #expect(SwitchLimit(radix: 64, planes: 6, opticalNICsPerServer: 6).serversPerRegion == 64)
    #expect(SwitchLimit(radix: .max, planes: 2, opticalNICsPerServer: 1).serversPerRegion == .max)
    #expect(SwitchLimit(radix: 5, opticalNICsPerServer: 0).serversPerRegion == 5)
  }

  @Test func `experts inside a server or a scale-up domain leave nothing to circuits`() {
    let inServer = RegionCandidates(layout(4, expert: 8))
    #expect(inServer.noOptics == "each expert group lies inside one server")
    #expect(inServer.sizes.map(\.size) == [1])
    let inDomain = RegionCandidates(layout(18, gpus: 4, domain: 18, expert: 72))
    #expect(inDomain.noOptics == "each expert group lies inside one scale-up domain of 18 servers")
    #expect(RegionCandidates(layout(4, expert: 16)).noOptics == nil)
    #expect(RegionCandidates(layout(4, expert: 16), expertNetworkBytes: 0).noOptics != nil)
    #expect(RegionCandidates(layout(1, expert: 8)).noOptics == "there is one server")
  }

  @Test func `plans leave out groupings that divide alike`() throws {
    let lanes = Layout(
      serverCount: 4, gpusPerServer: 1, parallelism: Parallelism(tensor: 2, expert: 2, data: 2))
    let plans = RegionCandidates(lanes).plans(declaredOrder: declaredServerOrder(lanes))
    #expect(plans.map(\.size) == [1, 2, 2, 4])
    #expect(plans[1].grouping.regionOf == [0, 0, 1, 1])
    #expect(plans[2].grouping.regionOf == [0, 1, 0, 1])
    #expect(!plans[0].hasCircuits)
  }
}

@Suite struct RegionChoiceTests {
  private struct Broken: Error, Equatable {}

  /// Times and costs by region size; the bound is nine tenths of the time.
  private func choose(
    _ table: [(size: Int, time: Double, cost: Double?)], tolerance: Double = 0.05,
    value: OpticsValue = OpticsValue(), noOptics: String? = nil
  ) -> (choice: RegionChoice, replays: [Int]) {
    var replays: [Int] = []
    let evaluator = PlanEvaluator<Never> { plan, giveUp in
      guard let row = table.first(where: { $0.size == plan.size }) else {
        return PlanScore(completionNanoseconds: nil, costUSD: nil, provenLowerBoundNanoseconds: 0)
      }
      let bound = row.time * 0.9
      if giveUp > 0 { replays.append(row.size) }
      return PlanScore(
        completionNanoseconds: bound > giveUp ? nil : row.time, costUSD: row.cost,
        provenLowerBoundNanoseconds: bound)
    }
    let plans = table.map {
      RegionPlan(size: $0.size, grouping: .contiguous(serverCount: 16, size: $0.size))
    }
    let choice = chooseRegion(
      plans, evaluator: evaluator, tolerance: tolerance, value: value, noOptics: noOptics)
    return (choice, replays)
  }

  @Test func `smallest, cheapest and best per dollar may differ`() throws {
    let (choice, _) = choose([
      (1, 200e6, 100), (2, 130e6, 120), (4, 104e6, 150), (8, 101e6, 140), (16, 100e6, 300),
    ])
    #expect(choice.fastest?.winner.plan.size == 16)
    #expect(choice.smallest?.winner.plan.size == 4)
    #expect(choice.cheapest?.winner.plan.size == 8)
    #expect(choice.bestPerformancePerDollar?.winner.plan.size == 8)
    #expect(isClose(choice.smallest?.margin, 0.25, within: 1e-12))
    #expect(isClose(choice.cheapest?.margin, 10.0 / 140, within: 1e-12))
    #expect(isClose(choice.fastest?.margin, 0.01, within: 1e-12))
    #expect(choice.cheapest?.reason.contains("$140") == true)
    #expect(choice.smallest?.reason.contains("130") == false)
    #expect(choice.smallest?.reason.contains("regions of 2 servers") == true)
  }

  @Test func `plans whose bound is beaten are not replayed and are counted`() {
    let (choice, replays) = choose([(1, 900, 10), (2, 300, 10), (4, 100, 10), (8, 101, 10)])
    #expect(replays == [4, 8])
    #expect(choice.provenWorse.map(\.plan.size) == [1, 2])
    #expect(
      choice.countSentence == "4 candidates: 2 replayed in full, 2 proven worse by their bound")
  }

  @Test func `a slow plan stays in the race while it may win per dollar`() {
    let (choice, replays) = choose([(1, 900, 1), (4, 100, 10)])
    #expect(replays == [4, 1])
    #expect(choice.fastest?.winner.plan.size == 4)
    #expect(choice.bestPerformancePerDollar?.winner.plan.size == 1)
  }

  /// The answers must be those of replaying everything.
  @Test func `pruning never changes an answer`() {
    var random = RandomStream(seed: 51)
    for _ in 0..<200 {
      let table = [1, 2, 4, 8, 16].map {
        (
          size: $0, time: Double(50 + random.below(60)),
          cost: Double?(Double(50 + random.below(99)))
        )
      }
      let (choice, _) = choose(table)
      let best = table.map(\.time).min() ?? 0
      let within = table.filter { $0.time <= best * 1.05 }
      #expect(choice.smallest?.winner.plan.size == within.map(\.size).min())
      let cheapest = within.min { ($0.cost ?? 0, $0.size) < ($1.cost ?? 0, $1.size) }
      #expect(choice.cheapest?.winner.score.costUSD == cheapest?.cost)
      let value = table.map { 1 / ($0.time * ($0.cost ?? 1)) }.max() ?? 0
      #expect(
        isClose(
          choice.bestPerformancePerDollar?.winner.score.performancePerDollar, value, within: 1e-12))
      #expect(choice.evaluated.count + choice.provenWorse.count == table.count)
    }
  }

  @Test func `equal times go to the smaller region`() {
    let (choice, _) = choose([(8, 100, 10), (4, 100, 10), (16, 100, 10)])
    #expect(choice.fastest?.winner.plan.size == 4)
    #expect(choice.cheapest?.winner.plan.size == 4)
    #expect(choice.bestPerformancePerDollar?.winner.plan.size == 4)
  }

  @Test func `without prices there is no cheapest plan`() {
    let (choice, _) = choose([(1, 100, nil), (4, 90, nil)])
    #expect(choice.cheapest == nil)
    #expect(choice.bestPerformancePerDollar == nil)
    #expect(choice.smallest?.winner.plan.size == 4)
  }

  @Test func `says when optics do not pay`() {
    let (choice, _) = choose([(1, 102, 10), (4, 100, 20)])
    #expect(choice.smallest?.winner.plan.size == 1)
    #expect(choice.sentences[0].hasPrefix("Optics do not pay in time"))
    #expect(choice.sentences[0].contains("2.0 % faster"))
    let (none, _) = choose([(1, 100, 10)], noOptics: "each expert group lies inside one server")
    #expect(none.sentences[0].contains("no optical candidate"))
    let (pays, _) = choose([(1, 200, 10), (4, 100, 20)])
    #expect(!pays.sentences.contains { $0.contains("do not pay") })
  }

  @Test func `small values of topology and reconfiguration are said plainly`() {
    let value = OpticsValue(
      topology: .value(0.002, .share), reconfiguration: .notIdentifiable("one matrix"),
      pairInformation: .value(0.0103, .bits), receiveMaxOverMean: .value(2.37, .ratio))
    #expect(value.sentences.count == 2)
    #expect(value.sentences[0].contains("win 0.2 % over a fixed circulant"))
    #expect(value.sentences[0].contains("does not pay"))
    #expect(value.sentences[0].contains("0.010 bit"))
    #expect(value.sentences[0].contains("2.37× the mean"))
    #expect(value.sentences[1] == "Reconfiguration value: not measurable: one matrix.")
    let strong = OpticsValue(
      topology: .value(0.3, .share), reconfiguration: .value(0.9, .share))
    #expect(!strong.sentences.contains { $0.contains("not pay") })
    #expect(OpticsValue().sentences.isEmpty)
  }

  @Test func `an evaluator's error ends the choice`() {
    let plan = RegionPlan(size: 1, grouping: .contiguous(serverCount: 2, size: 1))
    let evaluator = PlanEvaluator<Broken> { _, _ throws(Broken) in throw Broken() }
    #expect(throws: Broken()) { try chooseRegion([plan], evaluator: evaluator) }
  }

  @Test func `no plans give no answers`() {
    let (choice, _) = choose([])
    #expect(choice.fastest == nil && choice.smallest == nil)
    #expect(choice.sentences.isEmpty)
  }
}
