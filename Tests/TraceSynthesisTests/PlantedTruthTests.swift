import Testing
import TraceModel
import TraceSynthesis

@Suite struct PlantedTruthTests {
  /// Sixteen expert-parallel ranks on eight servers of two, one stage.
  private func plan() -> SynthesisPlan {
    var plan = smallPlan()
    plan.model.expertCount = 32
    plan.layout = Layout(serverCount: 8, gpusPerServer: 2)
    plan.iterations = 12
    plan.layers = [0, 1]
    return plan
  }

  private func hotExperts(_ plan: SynthesisPlan) -> [[Int]] {
    let schedule = GateSchedule(plan)
    return (0..<plan.iterations).map { schedule.hotExperts(iteration: $0, position: 0) }
  }

  @Test func hiddenRegionsAreOfTheSizeAskedForAndKeepServersWhole() throws {
    var plan = plan()
    plan.plantedRegion = 4
    #expect(plan.plantedRegionOfExpertIndex == (0..<16).map { $0 / 4 })
    plan.hidesRegions = true
    var orders: Set<[Int]> = []
    for seed in 1...UInt64(10) {
      plan.seed = seed
      let regionOf = try #require(plan.plantedRegionOfExpertIndex)
      for region in 0..<4 { #expect(regionOf.count { $0 == region } == 4) }
      for server in 0..<8 { #expect(regionOf[2 * server] == regionOf[2 * server + 1]) }
      orders.insert(regionOf)
    }
    #expect(orders.count > 5)
    // Regions of half a server cannot keep servers whole.
    plan.plantedRegion = 1
    #expect(plan.plantedRegionOfExpertIndex?.sorted() == Array(0..<16))
  }

  @Test func affinityFollowsHiddenRegions() throws {
    var plan = plan()
    plan.plantedRegion = 4
    plan.hidesRegions = true
    (plan.skew, plan.pairAffinity, plan.tokensPerRank) = (0, 0.5, 1_000)
    let regionOf = try #require(plan.plantedRegionOfExpertIndex)
    var experts: [Int32] = []
    var inside = 0
    for rank in 0..<16 {
      TokenGate(plan).route(iteration: 5, microBatch: 0, position: 1, rank: rank, into: &experts)
      inside += experts.count { regionOf[Int($0) / 2] == regionOf[rank] }
    }
    // Half by affinity and a quarter of the other half; two different experts each lower it a little.
    #expect(abs(Double(inside) / 32_000 - 0.62) < 0.02)
  }

  @Test func hotExpertsGetTheirFactor() {
    var plan = plan()
    (plan.skew, plan.pairAffinity, plan.drift) = (0, 0, 0)
    (plan.hotExperts, plan.hotFactor, plan.tokensPerRank) = (3, 5, 2_000)
    let gate = TokenGate(plan)
    var counts = [Int](repeating: 0, count: 32)
    var experts: [Int32] = []
    for rank in 0..<16 {
      gate.route(iteration: 4, microBatch: 1, position: 0, rank: rank, into: &experts)
      for expert in experts { counts[Int(expert)] += 1 }
    }
    let hot = gate.schedule.hotExperts(iteration: 4, position: 0)
    #expect(hot.count == 3)
    let hottest = counts.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(3).sorted()
    #expect(hottest == hot)
    let ofHot = Double(hot.reduce(0) { $0 + counts[$1] }) / 3
    let ofOthers = (Double(counts.reduce(0, +)) - 3 * ofHot) / 29
    // A token cannot choose a hot expert twice, so a little less than the factor.
    #expect(ofHot / ofOthers > 4.4 && ofHot / ofOthers < 5)
  }

  @Test func aPeriodBringsPopularityBack() {
    var plan = plan()
    (plan.hotExperts, plan.drift, plan.period) = (4, 1, 5)
    let hot = hotExperts(plan)
    for iteration in 5..<12 { #expect(hot[iteration] == hot[iteration - 5]) }
    #expect(Set(hot).count == 5)
    // The first period is what it would be without.
    plan.period = nil
    #expect(hotExperts(plan).prefix(5) == hot.prefix(5))
  }

  @Test func changePointsDrawAnewAndNothingElseChanges() {
    var plan = plan()
    (plan.hotExperts, plan.drift, plan.changePoints) = (6, 0, [4, 9])
    let hot = hotExperts(plan)
    for iteration in 1..<12 {
      #expect((hot[iteration] == hot[iteration - 1]) == ![4, 9].contains(iteration))
    }
    // A period counts from the last change.
    (plan.drift, plan.period) = (0.5, 2)
    let both = hotExperts(plan)
    for iteration in [2, 3, 6, 7, 8, 11] { #expect(both[iteration] == both[iteration - 2]) }
    for iteration in [4, 5, 9] { #expect(both[iteration] != both[iteration - 2]) }
  }

  @Test func theSummaryNamesWhatIsPlanted() {
    var plan = plan()
    #expect(!plan.summary.contains("hidden") && !plan.summary.contains("period"))
    (plan.plantedRegion, plan.hidesRegions, plan.hotExperts) = (4, true, 2)
    (plan.period, plan.changePoints) = (3, [6, 8])
    #expect(
      plan.summary.hasSuffix(
        "drift 0.1, regions in hidden order, 2 hot experts × 4.0, period 3, change points 6 8, seed 11"
      ))
  }

  @Test func plantedTruthThatCannotBeIsRefused() {
    let changes: [(inout SynthesisPlan) -> Void] = [
      { $0.plantedRegion = 3 }, { $0.plantedRegion = 0 }, { $0.hidesRegions = true },
      { $0.hotExperts = 33 }, { $0.hotExperts = -1 }, { $0.hotFactor = 0.5 },
      { $0.hotFactor = .nan }, { $0.period = 0 }, { $0.period = 13 }, { $0.changePoints = [0] },
      { $0.changePoints = [12] }, { $0.changePoints = [5, 5] },
    ]
    for change in changes {
      var plan = plan()
      change(&plan)
      #expect(throws: SynthesisError.self) { try plan.validate() }
    }
    #expect(throws: Never.self) { try plan().validate() }
  }
}
