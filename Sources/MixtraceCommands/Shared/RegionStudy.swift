internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// Which region: every candidate bounded and replayed on the regional optical fabric.
struct RegionStudy {
  let choice: RegionChoice
  let value: OpticsValue

  init(workload: Workload, locality: LocalityReport, fabric parameters: FabricParameters) throws {
    let fabrics = try parameters.fabrics(for: workload.layout)
    value = try OpticsStudy.value(of: workload, locality: locality, parameters: parameters)
    guard let optical = fabrics.first(where: OpticsStudy.isRegional),
      let electrical = fabrics.first(where: { $0.name == "fat-tree" })
    else { throw VerbError("the catalogue has no regional optical fabric to judge regions on") }
    let options = ReplayOptions(policy: parameters.policy)
    let evaluator = PlanEvaluator<ReplayError> { plan, giveUp throws(ReplayError) in
      // A region of one server holds no circuit: the comparison is with all NICs on packets.
      var fabric = electrical
      if plan.hasCircuits {
        fabric = optical
        fabric.optical?.regions = .declared(plan.grouping.regionOf)
      }
      var score = PlanScore(
        completionNanoseconds: nil,
        costUSD: parameters.bill(for: fabric, layout: workload.layout).totalUSD,
        provenLowerBoundNanoseconds: try completionBound(of: workload, on: fabric))
      if giveUp > 0 {
        var limited = options
        limited.giveUpAfterNanoseconds = giveUp
        let result = try replay(workload, on: fabric, options: limited)
        score.completionNanoseconds = result.isAbandoned ? nil : result.completionNanoseconds
      }
      return score
    }
    choice = try chooseRegion(
      locality.candidates.plans(declaredOrder: locality.declaredOrder, curve: locality.curve),
      evaluator: evaluator, value: value, noOptics: locality.candidates.noOptics)
  }

  /// The answers in words.
  var sentences: [String] { choice.sentences }

  /// Every plan that was replayed, fastest first.
  var table: Table {
    var table = Table(
      "Region plans",
      columns: [
        .text("plan", "Plan"), .number("region_servers", "Servers", .count),
        .number("completion_ns", "Completion", .nanoseconds),
        .number("bound_ns", "Bound", .nanoseconds), .number("cost_usd", "Cost", .dollars),
        .text("answer", "Answer"),
      ])
    for scored in choice.evaluated + choice.provenWorse {
      table.append(
        [
          .text(scored.plan.name), Cell(scored.plan.size),
          Cell(scored.score.completionNanoseconds, orMissing: "proven worse"),
          .number(scored.score.provenLowerBoundNanoseconds),
          Cell(scored.score.costUSD, orMissing: ""), .text(answers(scored)),
        ], emphasis: scored == choice.smallest?.winner ? .best : .none)
    }
    return table
  }

  private func answers(_ scored: RegionChoice.Scored) -> String {
    [
      ("fastest", choice.fastest), ("smallest within 5 %", choice.smallest),
      ("cheapest within 5 %", choice.cheapest),
      ("most performance per dollar", choice.bestPerformancePerDollar),
    ].filter { $0.1?.winner == scored }.map(\.0).joined(separator: ", ")
  }
}
