internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// Which region: every candidate bounded and replayed on the regional optical fabric.
struct RegionStudy {
  /// Over all plans, the one without circuits among them.
  let choice: RegionChoice
  /// Over the plans with circuits alone: the region to take if optics are bought.
  let withCircuits: RegionChoice
  /// What circuits are worth on the fabric that regions are judged on.
  let optics: OpticsStudy
  private let fabricName: String
  /// True when the senders are inferred.
  private let restsOnGuess: Bool

  /// - Parameter fabric: the fabric that regions are judged on.
  /// - Throws: a `VerbError` where nothing can be replayed on it.
  init(
    workload: Workload, locality: LocalityReport, fabric: FabricSpecification,
    parameters: FabricParameters
  ) throws {
    restsOnGuess = reasonAgainstSources(workload.provenance) != nil
    fabricName = fabric.name
    optics = OpticsStudy(of: workload, on: fabric, locality: locality)
    let trials = try RegionTrials(
      workload: workload, locality: locality, optical: fabric, parameters: parameters)
    let evaluator = PlanEvaluator<ReplayError> { plan, giveUp throws(ReplayError) in
      try trials.score(plan, giveUpAfterNanoseconds: giveUp)
    }
    let plans = locality.candidates.plans(
      declaredOrder: locality.declaredOrder, curve: locality.curve)
    do {
      choice = try chooseRegion(
        plans, evaluator: evaluator, value: optics.value, noOptics: locality.candidates.noOptics)
      withCircuits = try chooseRegion(plans.filter(\.hasCircuits), evaluator: evaluator)
    } catch {
      let failure = FabricFailure(label: fabric.name, error: error)
      throw VerbError("no region can be judged on \(fabric.name): \(failure.reason)")
    }
  }

  /// The region to take if optics are bought, whether or not they pay.
  var regionIfOptical: RegionChoice.Scored? { restsOnGuess ? nil : withCircuits.smallest?.winner }

  /// The answers in words.
  var sentences: [String] {
    // Which servers belong together cannot be read off guessed senders.
    guard !restsOnGuess, let optical = withCircuits.smallest,
      choice.smallest?.winner.plan.hasCircuits != true
    else {
      return choice.sentences
    }
    return choice.sentences + ["If optics are bought all the same: \(optical.reason)."]
  }

  /// Every plan that was replayed, fastest first.
  var table: Table {
    var table = Table(
      "Region plans on \(fabricName)",
      columns: [
        .text("plan", "Plan"), .number("region_servers", "Servers", .count),
        .number("completion_ns", "Completion", .nanoseconds),
        .number("bound_ns", "Bound", .nanoseconds), .number("cost_usd", "Cost", .dollars),
        .text("answer", "Answer"),
      ])
    let replayed = (choice.evaluated + withCircuits.evaluated).reduce(into: []) {
      (plans: inout [RegionChoice.Scored], scored) in
      if !plans.contains(where: { $0.plan == scored.plan }) { plans.append(scored) }
    }.sorted {
      ($0.score.completionNanoseconds ?? .infinity) < ($1.score.completionNanoseconds ?? .infinity)
    }
    let worse = withCircuits.provenWorse.filter { plan in
      !replayed.contains { $0.plan == plan.plan }
    }
    for scored in replayed + worse {
      table.append(
        [
          .text(scored.plan.name), Cell(scored.plan.size),
          Cell(scored.score.completionNanoseconds, orMissing: "proven worse"),
          .number(scored.score.provenLowerBoundNanoseconds),
          Cell(scored.score.costUSD, orMissing: ""), .text(answers(scored)),
        ], emphasis: scored.plan == choice.smallest?.winner.plan ? .best : .none)
    }
    table.notes = [
      "Time with circuits: the better of the declared policy and of circuits set once. Proven worse: "
        + "the bound, or the replay so far, already excludes the plan from every answer."
    ]
    return table
  }

  private func answers(_ scored: RegionChoice.Scored) -> String {
    [
      ("fastest", choice.fastest), ("smallest within 5 %", choice.smallest),
      ("cheapest within 5 %", choice.cheapest),
      ("most per dollar", choice.bestPerformancePerDollar),
      ("smallest optical", withCircuits.smallest),
    ].filter { $0.1?.winner.plan == scored.plan }.map(\.0).joined(separator: ", ")
  }
}
