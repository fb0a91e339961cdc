internal import LocalityAnalysis
internal import Reporting
internal import TraceModel

/// The tables of a locality report.
enum LocalityTables {
  /// A finding as a cell: the number, or in two words why there is none.
  static func cell(_ finding: Finding) -> Cell {
    switch finding {
    case .value(let number, .share): .number(number, as: .share)
    case .value(let number, .ratio): .number(number, as: .ratio)
    case .value(let number, .pairs): .integer(Int64(number), as: .count)
    case .value(let number, _): .number(number, as: .plain)
    case .notIdentifiable: .missing("not identifiable")
    case .tooFew(let have, let need, _): .missing("too few (\(have) of \(need))")
    }
  }

  /// The reasons behind missing values, once each, as notes of a table.
  static func reasons(_ findings: [Finding]) -> [String] {
    var reasons: [String] = []
    for finding in findings {
      if let absence = finding.absence, !reasons.contains(absence) { reasons.append(absence) }
    }
    return reasons.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
  }

  /// One row per slice; what the slices are told apart by comes first.
  static func bytes(_ slices: [TrafficSlice], title: String) -> Table {
    let hasLayers = slices.contains { $0.key.layer != nil }
    let hasIterations = slices.contains { $0.key.iteration != nil }
    let hasRoles = slices.contains { $0.key.role != nil || $0.key.phase != nil }
    var table = Table(
      title,
      columns: (hasLayers ? [.number("layer", "Layer", .plain)] : [])
        + (hasIterations ? [.number("iteration", "Iteration", .plain)] : [])
        + (hasRoles ? [.text("role", "Role"), .text("phase", "Phase")] : []) + [
          .number("operations", "Operations", .count),
          .number("scale_up_bytes", "Scale-up", .bytes),
          .number("network_bytes", "Network", .bytes), .number("network_share", "", .share),
        ])
    func number(_ value: Int32?) -> Cell {
      guard let value, value != Operation.unknown else { return .missing("unknown") }
      return .integer(Int64(value))
    }
    for slice in slices {
      let moved = Double(max(1, slice.bytes.moved))
      table.append(
        (hasLayers ? [number(slice.key.layer)] : [])
          + (hasIterations ? [number(slice.key.iteration)] : [])
          + (hasRoles
            ? [.text(slice.key.role?.name ?? "all"), .text(slice.key.phase?.name ?? "all")] : [])
          + [
            Cell(slice.operationCount), .integer(slice.bytes.scaleUp),
            .integer(slice.bytes.betweenDomains),
            .number(Double(slice.bytes.betweenDomains) / moved),
          ])
    }
    table.notes = ["Scale-up: inside a server or NVLink domain. Network: between them."]
    return table
  }

  /// One row per matrix: imbalance first, then pair structure.
  static func profiles(_ profiles: [MatrixProfile], title: String) -> Table {
    var table = Table(
      title,
      columns: [
        .text("matrix", "Matrix"), .number("ends", "Ends", .count),
        .number("bytes", "Bytes", .bytes),
        .number("receive_max_over_mean", "Receive max/mean", .ratio),
        .number("send_max_over_mean", "Send max/mean", .ratio),
        .number("receive_gini", "Receive Gini", .plain),
        .number("pair_normalised_entropy", "Pair entropy", .plain),
        .number("top_quarter_share", "Top 25 % pairs", .share),
        .number("mutual_information_bits", "MI, bit", .plain),
        .number("excess_information_bits", "Pair MI, bit", .plain),
        .number("rank_one_residual_share", "Off rank one", .share),
      ])
    for profile in profiles {
      table.append([
        .text(profile.label), Cell(profile.endCount), .integer(profile.bytes),
        cell(profile.receiveMaxOverMean), cell(profile.sendMaxOverMean),
        cell(profile.receiveGini), cell(profile.pairNormalisedEntropy),
        cell(profile.topQuarterShare), cell(profile.mutualInformation),
        cell(profile.excessInformation), cell(profile.rankOneResidual),
      ])
    }
    table.notes =
      reasons(profiles.map(\.excessInformation)) + [
        "Read max/mean first: imbalance is cured by moving experts. Pair MI is what remains of the "
          + "mutual information of source and destination once totals per end and the empty diagonal "
          + "are explained: only that is cured by moving light."
      ]
    return table
  }

  /// Every statistic of one matrix, one to a row: fits any terminal.
  static func profile(_ profile: MatrixProfile) -> Table {
    var table = Table(
      "Structure of the \(profile.label) matrix (\(profile.endCount) "
        + "\(profile.endCount == 1 ? "end" : "ends"), \(HumanNumber.text(profile.bytes, .bytes)))",
      columns: [
        .text("statistic", "Statistic"),
        .number("value", "Value", .plain),
        .text("meaning", "Meaning"),
      ])
    let rows: [(String, Finding, String)] = [
      ("receive max/mean", profile.receiveMaxOverMean, "imbalance: cured by moving experts"),
      ("receive max/mean on NICs", profile.networkReceiveMaxOverMean, "without own bytes"),
      ("send max/mean", profile.sendMaxOverMean, "imbalance of sources"),
      ("receive CV", profile.receiveVariation, "0 is balanced"),
      ("receive Jain", profile.receiveJain, "1 is balanced"),
      ("receive Gini", profile.receiveGini, "0 is balanced"),
      ("pair Gini", profile.pairGini, "0 when all pairs are equal"),
      ("pair entropy, bit", profile.pairEntropy, "log2 of the pairs when all are equal"),
      ("pair entropy, normalised", profile.pairNormalisedEntropy, "1 when all pairs are equal"),
      ("top 25 % of pairs", profile.topQuarterShare, "their share of the bytes"),
      ("pairs for 90 %", profile.pairsForNinetyPercent, "of \(profile.pairCount) ordered pairs"),
      ("mutual information, bit", profile.mutualInformation, "source with destination"),
      ("pair information, bit", profile.excessInformation, "beyond totals and empty diagonal"),
      ("off rank one", profile.rankOneResidual, "bytes that hot ends do not explain"),
      ("pair effective rank", profile.effectiveRank, "1 when hot ends explain all"),
    ]
    for (name, finding, meaning) in rows {
      table.append([.text(name), cell(finding), .text(meaning)])
    }
    table.notes = reasons(rows.map(\.1))
    if profile.shareBetweenBlocks > 0, profile.blockCount > 1 {
      table.notes.append(
        "\(percent(profile.shareBetweenBlocks)) of the bytes go between expert groups and are left "
          + "out of pairs; groups count as one from \(percent(ExpertBlocks.joiningShare)) of the "
          + "lesser one's bytes.")
    }
    return table
  }

  static func curve(_ report: LocalityReport) -> Table {
    var table = Table(
      "Share of bytes between servers that stays inside a region",
      columns: [
        .number("region_servers", "Region", .count),
        .number("contiguous_share", "In order", .share),
        .number("declared_share", "Expert groups", .share),
        .number("best_share", "Best found", .share),
        .number("best_fitted_share", "On its own bytes", .share), .text("best_method", "Method"),
        .number("uniform_share", "If uniform", .share),
      ])
    for point in report.curve {
      // What was fitted to the bytes that it is scored on has a column of its own.
      let heldOut = point.heldOut.map { Cell.number($0) } ?? .missing("too few")
      table.append([
        Cell(point.size), .number(point.contiguous), .number(point.declared), heldOut,
        .number(point.best.share), .text(point.best.method.rawValue),
        .number(point.uniform),
      ])
    }
    if let absence = report.curveAbsence { table.notes.append(absence + ".") }
    if !report.curve.isEmpty { table.notes.append("Best found: \(report.split.sentence).") }
    if report.curve.contains(where: { !$0.isEven }) {
      table.notes.append("Where a size does not divide the servers, the last region is smaller.")
    }
    let tooLarge = report.candidates.tooLarge
    if !tooLarge.isEmpty {
      table.notes.append(
        "No candidates, for they do not fit their switch: regions of "
          + tooLarge.map { "\($0)" }.joined(separator: ", ") + " servers.")
    }
    return table
  }
}
