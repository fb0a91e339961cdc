internal import LocalityAnalysis
internal import Reporting

/// The tables of a choice of regions and what serves them.
enum RegionTables {
  /// Every candidate: those with times, fastest first, then those that were ruled out.
  static func candidates(_ choice: CandidateChoice) -> Table {
    var table = Table("Candidates", columns: columns)
    for place in choice.scores.indices { table.append(row(place, of: choice)) }
    for dropped in choice.dropped {
      let (standing, reason) = words(dropped.reason)
      var cells = self.cells(dropped.candidate)
      cells += [Cell](repeating: .missing(""), count: 5)
      cells += [
        Cell(dropped.quote?.boundNanoseconds, orMissing: ""),
        Cell(dropped.quote?.costUSD ?? nil, orMissing: ""),
        Cell(dropped.quote?.usedPortsUSD ?? nil, orMissing: ""), .text(standing),
        .text(dropped.quote?.switchUse?.words ?? ""), .text(""),
        .text(reason),
      ]
      table.append(cells)
    }
    return table
  }

  /// Whoever answers a question, and the network without circuits.
  static func answers(_ choice: CandidateChoice) -> Table {
    var table = Table("Answers", columns: columns)
    let plain = choice.scores.firstIndex { !$0.candidate.plan.hasCircuits }
    for place in Set(Array(choice.answers.values) + [plain].compactMap(\.self)).sorted() {
      table.append(
        row(place, of: choice),
        emphasis: choice.answers[.smallest] == place ? .best : .none)
    }
    table.notes = [
      "Cost: whole switches, ports that stay dark included. Exposed delay: the part of changes that "
        + "compute does not hide. Optical switches: those of all regions, and the ports that the largest "
        + "region uses of one."
    ]
    return table
  }

  /// Cheapest first; nobody else is as cheap, as fast and as little exposed.
  static func front(_ choice: CandidateChoice) -> Table {
    var table = Table("Cheaper, faster or less exposed than all others", columns: columns)
    for place in choice.front {
      table.append(
        row(place, of: choice), emphasis: choice.answers[.knee] == place ? .best : .none)
    }
    if choice.front.contains(where: { choice.scores[$0].isSampled }) {
      table.notes = ["sampled: replayed on representative iterations alone."]
    }
    return table
  }

  /// How often each answer changes, and by how much it leads.
  static func stability(_ choice: CandidateChoice) -> Table {
    var table = Table(
      "How stable the answers are",
      columns: [
        .text("question", "Question"), .text("candidate", "Candidate"),
        .number("changes_share", "Changes", .share),
        .number("resamples", "Resamples", .count),
        .number("block_iterations", "Block", .count),
      ])
    for question in CandidateChoice.Question.allCases {
      guard let winner = choice[question] else { continue }
      table.append([
        .text(question.words), .text(winner.candidate.name),
        Cell(choice.stability.changes[question], orMissing: "not known"),
        Cell(choice.stability.resampleCount), Cell(choice.stability.blockLength),
      ])
    }
    table.notes = [
      "Moving-block bootstrap over the iterations' times, seed 1; nothing is replayed again."
    ]
    return table
  }

  /// What the hardware does not allow.
  static func omissions(_ grid: CandidateGrid) -> Table {
    var table = Table(
      "Left out",
      columns: [.number("combinations", "Combinations", .count), .text("reason", "Reason")])
    for omission in grid.omissions { table.append([Cell(omission.count), .text(omission.reason)]) }
    return table
  }

  private static let columns: [Table.Column] = [
    .text("candidate", "Candidate"),
    .number("region_servers", "Region", .count, isForMachinesOnly: true),
    .text("grouping", "Grouping", isForMachinesOnly: true),
    .number("optical_nics", "Optical NICs", .count, isForMachinesOnly: true),
    .text("technology", "Switch", isForMachinesOnly: true),
    .text("scheduler", "Scheduler", isForMachinesOnly: true),
    .text("policy", "Circuits change"),
    .number("completion_ns", "Completion", .nanoseconds),
    .number("exposed_delay_ns", "Exposed delay", .nanoseconds),
    .number("reconfigurations", "Reconfigurations", .count, isForMachinesOnly: true),
    .number("iterations", "Iterations", .count, isForMachinesOnly: true),
    .number("bound_ns", "Bound", .nanoseconds, isForMachinesOnly: true),
    .number("cost_usd", "Cost", .dollars),
    .number("used_ports_usd", "Used ports", .dollars, isForMachinesOnly: true),
    .text("standing", "Replayed"), .text("optical_switches", "Optical switches"),
    .text("answer", "Answer"),
    .text("reason", "Reason", isForMachinesOnly: true),
  ]

  /// "8 servers, contiguous, 6 × piezo, eps-aware".
  private static func shortName(_ candidate: Candidate) -> String {
    guard candidate.plan.hasCircuits else { return "no circuits" }
    return "\(candidate.plan.size) servers, \(candidate.plan.grouping.name), "
      + "\(candidate.opticalNICsPerServer) × \(candidate.technology ?? ""), "
      + "\(candidate.scheduler ?? "")"
  }

  private static func cells(_ candidate: Candidate) -> [Cell] {
    [
      .text(shortName(candidate)), Cell(candidate.plan.size),
      candidate.plan.hasCircuits ? .text(candidate.plan.grouping.name) : .missing("no circuits"),
      Cell(candidate.opticalNICsPerServer), .text(candidate.technology ?? ""),
      .text(candidate.scheduler ?? ""),
    ]
  }

  private static func row(_ place: Int, of choice: CandidateChoice) -> [Cell] {
    let score = choice.scores[place]
    let answers = CandidateChoice.Question.allCases.filter { choice.answers[$0] == place }
    return cells(score.candidate) + [
      .text(score.policy ?? ""), .number(score.nanoseconds), .number(score.exposedNanoseconds),
      .number(score.reconfigurations.rounded()), Cell(score.iterations.count),
      .number(score.quote.boundNanoseconds), Cell(score.quote.costUSD, orMissing: ""),
      Cell(score.quote.usedPortsUSD, orMissing: ""), .text(score.isSampled ? "sampled" : "in full"),
      .text(score.quote.switchUse?.words ?? ""),
      .text(answers.map(\.words).joined(separator: ", ")), .text(""),
    ]
  }

  private static func words(_ reason: CandidateChoice.Dropped.Reason) -> (String, String) {
    switch reason {
    case .bound: ("proven worse", "its bound excludes it from every answer")
    case .stoppedEarly: ("given up", "the replay was too slow for every answer")
    case .failed(let reason): ("no result", reason)
    }
  }
}
