internal import LocalityAnalysis
internal import Reporting
internal import TraceModel

/// The table of a trace that was read once and not kept.
enum SketchTables {
  /// Pairs that are listed.
  private static let pairLimit = 20

  static func pairs(_ sums: LocalitySums, subject: String, grain: Grain) -> Table {
    var table = Table(
      "Heaviest pairs of \(grain.name)s, \(subject)",
      columns: [
        .text("source", "Source"), .text("destination", "Destination"),
        .number("at_least_bytes", "At least", .bytes), .number("at_most_bytes", "At most", .bytes),
      ])
    for pair in sums.heaviestPairs(pairLimit) {
      table.append([
        .text("\(pair.source)"), .text("\(pair.destination)"), .integer(pair.atLeast),
        .integer(pair.atMost),
      ])
    }
    if subject == SubjectPart.expert.name {
      table.notes = ["From the owner of a token to its expert, in all phases."]
    }
    if sums.pairErrorBytes > 0 {
      let share = Double(sums.pairErrorBytes) / Double(max(1, sums.pairBytes))
      table.notes.append(
        "A Misra–Gries summary: each pair is counted too low by at most "
          + "\(HumanNumber.text(sums.pairErrorBytes, .bytes)), \(percent(share)) of all bytes.")
    } else {
      table.notes.append("Exact.")
    }
    return table
  }
}
