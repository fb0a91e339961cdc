import Testing
import TraceModel
import TraceSynthesis

@Suite struct GateTests {
  /// Assignments by (expert) and by (source expert index, expert) of one iteration and layer.
  private func counts(
    _ plan: SynthesisPlan, iteration: Int, position: Int
  ) -> (experts: [Int], pairs: [[Int]]) {
    let gate = TokenGate(plan)
    let parallelism = plan.layout.parallelism
    var experts: [Int32] = []
    var pairs = [[Int]](
      repeating: [Int](repeating: 0, count: plan.model.expertCount), count: parallelism.expert)
    let firstRank = plan.stage(ofLayer: plan.layers[position]) * parallelism.stageRankCount
    for rank in firstRank..<firstRank + parallelism.stageRankCount {
      gate.route(
        iteration: iteration, microBatch: 0, position: position, rank: rank, into: &experts)
      for expert in experts { pairs[parallelism.expertIndex(ofRank: rank)][Int(expert)] += 1 }
    }
    let totals = (0..<plan.model.expertCount).map { expert in
      pairs.reduce(0) { $0 + $1[expert] }
    }
    return (totals, pairs)
  }

  @Test func everyTokenChoosesDistinctExperts() throws {
    for skew in [0.0, 1.0, 8.0] {
      var plan = smallPlan()
      plan.skew = skew
      plan.model.topK = 7
      var experts: [Int32] = []
      TokenGate(plan).route(iteration: 0, microBatch: 0, position: 0, rank: 1, into: &experts)
      #expect(experts.count == 700)
      for first in stride(from: 0, to: experts.count, by: 7) {
        #expect(Set(experts[first..<first + 7]).count == 7)
      }
      #expect(experts.allSatisfy { (0..<8).contains($0) })
    }
  }

  @Test func plantedHotExpertsAreTheHottest() {
    var plan = smallPlan()
    plan.tokensPerRank = 2000
    plan.pairAffinity = 0
    let schedule = GateSchedule(plan)
    for iteration in 0..<plan.iterations {
      for position in plan.layers.indices {
        let totals = counts(plan, iteration: iteration, position: position).experts
        let hottest = totals.indices.max { totals[$0] < totals[$1] }
        #expect(hottest == schedule.hottestExpert(iteration: iteration, position: position))
      }
    }
  }

  @Test func sourcesLeanTowardsTheirPlantedPartners() {
    var plan = smallPlan()
    plan.tokensPerRank = 2000
    plan.pairAffinity = 0.5
    plan.skew = 0
    let schedule = GateSchedule(plan)
    let pairs = counts(plan, iteration: 1, position: 2).pairs
    for source in 0..<4 {
      let byRank = (0..<4).map { pairs[source][$0 * 2] + pairs[source][$0 * 2 + 1] }
      let favourite = byRank.indices.max { byRank[$0] < byRank[$1] }
      #expect(favourite == schedule.partner(of: source, iteration: 1, position: 2))
    }
  }

  @Test func withoutSkewAndAffinityTheExpertsAreEven() {
    var plan = smallPlan()
    plan.tokensPerRank = 4000
    plan.skew = 0
    plan.pairAffinity = 0
    let totals = counts(plan, iteration: 0, position: 0).experts
    let mean = Double(totals.reduce(0, +)) / 8
    #expect(totals.allSatisfy { abs(Double($0) / mean - 1) < 0.05 })
  }

  @Test func driftMovesWhatItIsToldToMove() {
    var plan = smallPlan()
    plan.iterations = 12
    func changes(drift: Double) -> Int {
      plan.drift = drift
      let schedule = GateSchedule(plan)
      return (1..<12).count { iteration in
        (0..<4).contains {
          schedule.partner(of: $0, iteration: iteration, position: 0)
            != schedule.partner(of: $0, iteration: iteration - 1, position: 0)
        }
      }
    }
    #expect(changes(drift: 0) == 0)
    #expect(changes(drift: 0.25) == 11)
    #expect(changes(drift: 1) == 11)
  }

  @Test func mixtralsHottestExpertGetsAboutAsMuchAsMeasured() {
    // The one public measured matrix gives it 29.6 % of the assignments.
    var plan = SynthesisPlan(
      model: ModelPreset.mixtral8x7B.model,
      layout: Layout(serverCount: 8, gpusPerServer: 1), tokensPerRank: 1000)
    plan.layers = [0]
    plan.pairAffinity = 0
    let totals = counts(plan, iteration: 0, position: 0).experts
    let share = Double(totals.max() ?? 0) / Double(totals.reduce(0, +))
    #expect(share > 0.26 && share < 0.34)
  }
}
