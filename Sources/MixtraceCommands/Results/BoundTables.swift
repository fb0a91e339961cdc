internal import Replay
internal import Reporting

/// The lower bounds of a comparison, fabric by fabric.
enum BoundTables {
  private static let noBound = "not a bound"
  private static let hindsight = "best policy in hindsight"

  /// Every bound of every row, and what does not apply; for people only what applies, with
  /// assumptions and reasons once below.
  ///
  /// - Parameter studies: what the best policy could have done, by row; empty where nobody asked.
  static func bounds(
    _ comparison: FabricComparison, hindsight studies: [HindsightStudy?] = [], isForPeople: Bool
  ) -> Table {
    var table = Table(
      "Lower bounds of the completion",
      columns: [
        .text("fabric", "Fabric"), .text("bound", "Bound"),
        .number("bound_ns", "Time", .nanoseconds),
        .number("of_completion_share", "of completion", .share),
        .number("certified_gap_share", "Certified gap", .share),
        .text("standing", "Standing"),
        .text("assumptions", "Assumptions", isForMachinesOnly: true),
      ])
    for (index, row) in comparison.rows.enumerated() {
      // Rows of one fabric have the same bounds, whenever its circuits change.
      let isSame = index > 0 && comparison.rows[index - 1].fabric.name == row.fabric.name
      for bound in row.bounds.applicable
      where !isForPeople || (bound.nanoseconds > 0 && !isSame) {
        table.append(cells(bound, of: row), emphasis: bound == row.bound ? .best : .none)
      }
      if index < studies.count {
        if let study = studies[index] {
          table.append(cells(study, of: row))
        } else if let reason = row.reasonAgainstHindsight, !isSame {
          table.append([
            .text(row.label), .text(hindsight), .missing(""), .missing(""), .missing(""),
            .text("not offered"), .text(reason),
          ])
        }
      }
      guard !isForPeople else { continue }
      for bound in row.bounds.excluded {
        table.append([
          .text(row.label), .text(bound.name), .missing(""), .missing(""), .missing(""),
          .text("does not apply"), .text(bound.reason),
        ])
      }
    }
    if isForPeople {
      table.notes = notes(comparison, hindsight: studies)
    }
    return table
  }

  /// What each bound rests on, on any of the fabrics.
  private static func assumptions(_ comparison: FabricComparison) -> [String] {
    var bounds: [LowerBound] = []
    for bound in comparison.rows.flatMap(\.bounds.applicable) where bound.nanoseconds > 0 {
      if let known = bounds.firstIndex(where: { $0.name == bound.name }) {
        let others = bound.assumptions.filter { !bounds[known].assumptions.contains($0) }
        bounds[known].assumptions += others
      } else {
        bounds.append(bound)
      }
    }
    return bounds.map { "\($0.name): \($0.assumptionWords)." }
  }

  /// Where nobody can say what the best policy would have done, nor which delay breaks even.
  private static func absentHindsight(_ comparison: FabricComparison) -> [String] {
    var reasons: [String] = []
    for reason in comparison.rows.compactMap(\.reasonAgainstHindsight)
    where !reasons.contains(reason) {
      reasons.append(reason)
    }
    return reasons.map { reason in
      let labels = comparison.rows.filter { $0.reasonAgainstHindsight == reason }.map(\.label)
      return "Without \(hindsight) and break-even delay on \(comparison.names(of: labels)): "
        + "\(reason)."
    }
  }

  private static func cells(_ bound: LowerBound, of row: FabricRow) -> [Cell] {
    [
      .text(row.label), .text(bound.name), .number(bound.nanoseconds),
      .number(row.share(of: bound)), Cell(bound.certifiedGap, orMissing: ""),
      .text(bound == row.bound ? "tightest" : "bound"), .text(bound.assumptionWords),
    ]
  }

  private static func cells(_ study: HindsightStudy, of row: FabricRow) -> [Cell] {
    [
      .text(row.label), .text(hindsight), .number(study.best.nanoseconds),
      .missing(""), .missing(""), .text(noBound),
      .text(
        "expert phases alone, one after the other, over \(study.candidateCount) sets of circuits "
          + "and \(study.stepCount) passes"),
    ]
  }

  /// Each bound once with what it rests on, then what does not apply and why.
  private static func notes(
    _ comparison: FabricComparison, hindsight studies: [HindsightStudy?]
  ) -> [String] {
    var notes = assumptions(comparison)
    if studies.contains(where: { $0 != nil }) {
      notes.append(
        "\(hindsight): no bound; expert phases alone, one after the other, on a few sets of circuits, "
          + "the delays that compute does not hide included.")
    }
    if !studies.isEmpty { notes += absentHindsight(comparison) }
    if comparison.rows.contains(where: { $0.bounds[BoundName.concurrentFlow] != nil }) {
      notes.append(
        "Certified gap: how much longer a division of the bytes takes that was found; no bound of "
          + "its kind is larger by more.")
    }
    var excluded: [(reason: String, names: [String], labels: [String])] = []
    for row in comparison.rows {
      for bound in row.bounds.excluded {
        let index =
          excluded.firstIndex { $0.reason == bound.reason }
          ?? {
            excluded.append((bound.reason, [], []))
            return excluded.count - 1
          }()
        if !excluded[index].names.contains(bound.name) { excluded[index].names.append(bound.name) }
        if !excluded[index].labels.contains(row.label) { excluded[index].labels.append(row.label) }
      }
    }
    return notes
      + excluded.map {
        "Without \($0.names.joined(separator: ", ")) on \(comparison.names(of: $0.labels)): "
          + "\($0.reason)."
      }
  }
}
