internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// Which region: every division of the servers, replayed on one regional optical fabric.
struct RegionStudy {
  /// Over all plans, the one without circuits among them.
  let choice: CandidateChoice
  /// Over the plans with circuits alone: the region to take if optics are bought.
  let withCircuits: CandidateChoice
  /// What circuits are worth on the fabric that regions are judged on.
  let optics: OpticsStudy
  private let noOptics: String?
  private let fabricName: String
  /// Why the senders are not known, in words; nil where they are.
  private let guess: String?

  /// - Parameters:
  ///   - groupings: whose best partitions are tried, of other iterations; nil for those of `locality`.
  ///   - fabric: the fabric that regions are judged on.
  /// - Throws: a `VerbError` where nothing can be replayed on it.
  init(
    workload: Workload, locality: LocalityReport, groupings: [CurvePoint]? = nil,
    fabric: FabricSpecification, parameters: FabricParameters
  ) throws {
    guess = reasonAgainstSources(workload.provenance)
    fabricName = fabric.name
    noOptics = locality.candidates.noOptics
    optics = OpticsStudy(of: workload, on: fabric, locality: locality)
    guard let optical = fabric.optical else {
      throw VerbError("no region can be judged on \(fabric.name): it has no optical switches")
    }
    let search = try CandidateSearch(
      CandidateLists(
        plans: locality.candidates.plans(
          declaredOrder: locality.declaredOrder, curve: groupings ?? locality.curve),
        opticalNICs: [optical.nicsPerServer],
        switches: [CandidateFabrics.OpticalSwitch(of: optical)],
        schedulers: [optical.scheduler.name]),
      on: fabric, workload: workload, parameters: parameters)
    choice = search.choice
    withCircuits = search.choiceWithCircuits()
  }

  /// Shares of single ends in operations that a replay beside an analysis may have: more than this many
  /// take gigabytes.
  private static let partLimit = 1 << 24

  /// Why regions are left out of an analysis, in words, or nil.
  ///
  /// - Complexity: O(pairs of the distinct demands).
  static func reasonAgainst(_ workload: Workload) -> String? {
    var lastDemand = [Int](repeating: -1, count: workload.endpointCount)
    let ends = (0..<workload.demands.count).map { demand in
      var count = 0
      for row in workload.demands.pairs(of: demand) where workload.demands.amount[row] > 0 {
        for end in [workload.demands.source[row], workload.demands.destination[row]]
        where lastDemand[Int(end)] != demand {
          lastDemand[Int(end)] = demand
          count += 1
        }
      }
      return count
    }
    let parts = workload.steps.reduce(0) { $0 + ends[$1.demand] }
    guard parts > partLimit else { return nil }
    return
      "no regions were replayed: \(workload.grain.name)s have \(parts) parts in operations, more than "
      + "\(partLimit); 'mixtrace regions' replays them all, or some with --layer or --iteration"
  }

  /// The region to take if optics are bought, whether or not they pay.
  var regionIfOptical: CandidateScore? { guess == nil ? withCircuits[.smallest] : nil }

  /// Why there is no such region, in words; nil where there is one.
  var absence: String? { guess ?? noOptics }

  /// The answers in words.
  var sentences: [String] {
    let conditions = NetworkConditions(noOptics: noOptics)
    let all =
      choice.opticsSentences(conditions) + optics.value.sentences + choice.answerSentences
    // Which servers belong together cannot be read off guessed senders.
    guard guess == nil, choice[.smallest]?.candidate.plan.hasCircuits != true,
      let optical = withCircuits[.smallest], let words = withCircuits.sentence(on: .smallest)
    else {
      return all
    }
    // Where waiting for circuits is nearly all of the time, sizes differ by next to nothing.
    let plain = choice.scores.first { !$0.candidate.plan.hasCircuits }
    if let delay = withCircuits.delaySentence(optical, against: plain) {
      return all.contains(delay) ? all : all + [delay]
    }
    return all + ["If optics are bought all the same: \(words)"]
  }

  /// Every plan that was replayed, fastest first, then those that were not.
  var table: Table {
    var table = Table(
      "Region plans on \(fabricName)",
      columns: [
        .text("plan", "Plan"), .number("region_servers", "Servers", .count),
        .number("completion_ns", "Completion", .nanoseconds),
        .number("exposed_delay_ns", "Exposed delay", .nanoseconds),
        .text("policy", "Policy"),
        .number("bound_ns", "Bound", .nanoseconds), .number("cost_usd", "Cost", .dollars),
        .number("used_ports_usd", "Used ports", .dollars),
        .text("answer", "Answer"),
      ])
    let others = withCircuits.scores.filter { score in
      !choice.scores.contains { $0.candidate == score.candidate }
    }
    for score in (choice.scores + others).sorted(by: { $0.nanoseconds < $1.nanoseconds }) {
      table.append(
        row(
          score.candidate.plan, score.quote, time: .number(score.nanoseconds),
          exposed: .number(score.exposedNanoseconds), policy: score.policy ?? ""),
        emphasis: score.candidate == choice[.smallest]?.candidate ? .best : .none)
    }
    let known = Set((choice.scores + others).map(\.candidate))
    for dropped in withCircuits.dropped where !known.contains(dropped.candidate) {
      guard let quote = dropped.quote else { continue }
      let word =
        switch dropped.reason {
        case .bound: "proven worse"
        case .stoppedEarly: "given up"
        case .failed: "no result"
        }
      table.append(
        row(
          dropped.candidate.plan, quote, time: .missing(word), exposed: .missing(""), policy: ""))
    }
    table.notes = [
      "Time with circuits: the better of the declared policy and of circuits set once. Proven worse: "
        + "the bound already excludes the plan from every answer; given up: the replay did. Cost: whole "
        + "switches; used ports: without ports that stay dark."
    ]
    return table
  }

  private func row(
    _ plan: LocalityAnalysis.RegionPlan, _ quote: CandidateQuote, time: Cell, exposed: Cell,
    policy: String
  ) -> [Cell] {
    [
      .text(plan.name), Cell(plan.size), time, exposed, .text(policy),
      .number(quote.boundNanoseconds), Cell(quote.costUSD, orMissing: ""),
      Cell(quote.usedPortsUSD, orMissing: ""), .text(answers(plan)),
    ]
  }

  private func answers(_ plan: LocalityAnalysis.RegionPlan) -> String {
    var words: [String] = []
    for question in CandidateChoice.Question.allCases
    where choice[question]?.candidate.plan == plan { words.append(question.words) }
    if withCircuits[.smallest]?.candidate.plan == plan { words.append("smallest optical") }
    return words.joined(separator: ", ")
  }
}

extension CandidateChoice.Question {
  /// What tables call the answer.
  var words: String {
    switch self {
    case .fastest, .mostPerDollar, .knee: rawValue
    case .smallest: "smallest within ε"
    case .cheapest: "cheapest within ε"
    }
  }
}
