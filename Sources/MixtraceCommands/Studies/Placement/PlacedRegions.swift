internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// The choice of the region before and after experts are re-placed, on the scored iterations.
///
/// Which servers go together is chosen on the iterations that the placements are chosen for.
struct PlacedRegions {
  private(set) var sentences: [String] = []
  /// What was tried for each placement.
  private(set) var tables: [(key: String, table: Table)] = []
  /// The region of each placement.
  private(set) var table = Table(
    "The smallest region before and after",
    columns: [
      .text("placement", "Experts"), .number("region_servers", "Servers", .count),
      .text("plan", "Plan"), .number("completion_ns", "Completion", .nanoseconds),
      .text("pays_without_circuits", "Without circuits"),
    ])
  private let input: PlacementInput

  init(_ study: PlacementStudy, parameters: FabricParameters) throws {
    input = study.input
    let optical = try parameters.regionalFabric(for: study.input.trace.metadata.layout)
    let answers = try study.candidates.map { candidate in
      PlacedRegion(
        name: candidate.name,
        study: try Self.regions(of: candidate, on: optical, parameters: parameters))
    }
    sentences = answers.dropFirst().map { $0.change(from: answers[0]) } + [judged]
    for answer in answers {
      sentences += answer.study.sentences.map { "Region, experts \(answer.name): \($0)" }
      var tried = answer.study.table
      tried.title += ", experts \(answer.name)"
      tables.append(("choice_\(answer.name)", tried))
      table.append(answer.cells(perIteration: input.scored.count))
    }
    table.notes = [
      "Servers: of the smallest region with circuits within ε of the fastest with circuits. Without "
        + "circuits: whether the network without them is within ε of the fastest, too."
    ]
  }

  private static func regions(
    of candidate: PlacementCandidate, on optical: FabricSpecification, parameters: FabricParameters
  ) throws -> RegionStudy {
    let options = LocalityOptions(switchLimit: optical.switchLimit)
    return try RegionStudy(
      workload: candidate.scored,
      locality: analyseLocality(candidate.scored, options: options),
      groupings: analyseLocality(candidate.fitted, options: options).curve,
      fabric: optical, parameters: parameters)
  }

  private var judged: String {
    input.isScoredOnItself
      ? "Regions were judged on the traffic that they and the placements were chosen for: other iterations "
        + "may want others."
      : "Regions were judged on \(input.scoredWords), which neither they nor the placements were chosen "
        + "for."
  }
}

/// The region that one placement asks for.
private struct PlacedRegion {
  let name: String
  let study: RegionStudy

  /// Nil where nothing with circuits was replayed, or the senders are a guess.
  private var smallest: CandidateScore? { study.regionIfOptical }

  /// True where the network without circuits is as good an answer.
  private var paysWithoutCircuits: Bool {
    study.choice[.smallest]?.candidate.plan.hasCircuits == false
  }

  /// What the placement makes of the region, in words.
  func change(from before: PlacedRegion) -> String {
    let lever = name == "replicated" ? "Replicating experts" : "Moving experts"
    guard let old = before.smallest, let new = smallest else {
      return "Whether \(lever.lowercased()) shrinks the region nobody can tell: "
        + (study.absence ?? before.study.absence ?? "nothing with circuits could be replayed") + "."
    }
    let (oldSize, newSize) = (old.candidate.plan.size, new.candidate.plan.size)
    let verb =
      newSize < oldSize
      ? "shrinks the region"
      : newSize > oldSize ? "asks for a larger region" : "leaves the region as large as it is"
    let tolerance = HumanNumber.text(study.withCircuits.tolerance, .share)
    let sizes =
      newSize == oldSize
      ? "is \(oldSize) servers before and after"
      : "was \(oldSize) servers before and is \(newSize) after"
    return
      "\(lever) \(verb): the smallest within \(tolerance) of the fastest with circuits \(sizes)."
      + withoutCircuits(before)
  }

  private func withoutCircuits(_ before: PlacedRegion) -> String {
    switch (before.paysWithoutCircuits, paysWithoutCircuits) {
    case (true, true): " Before and after, no circuits at all are as good."
    case (false, true): " After it no circuits at all are as good, which they were not before."
    case (true, false): " No circuits at all were as good before, and are not after it."
    case (false, false): ""
    }
  }

  func cells(perIteration iterations: Int) -> [Cell] {
    guard let smallest else {
      return [
        .text(name), .missing("not known"), .missing(""), .missing(""), .missing(""),
      ]
    }
    return [
      .text(name), Cell(smallest.candidate.plan.size), .text(smallest.candidate.plan.name),
      .number(smallest.nanoseconds / Double(iterations)), .flag(paysWithoutCircuits),
    ]
  }
}
