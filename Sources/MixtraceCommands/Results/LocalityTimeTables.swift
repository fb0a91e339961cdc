internal import LocalityAnalysis
internal import Reporting
internal import TraceModel

/// What a locality report says about time: moments, successive iterations, distances, resamples.
extension LocalityTables {
  /// What single operations show that their sum may hide.
  static func momentary(_ report: LocalityReport) -> Table {
    let momentary = report.momentary
    var table = Table(
      "Single layers and operations",
      columns: [
        .text("statistic", "Statistic"), .number("value", "Value", .plain),
        .text("meaning", "Meaning"),
      ])
    let rows: [(String, Finding, String)] = [
      (
        "pair information of a layer, bit", report.layerExcessInformation,
        "mean over layers, by bytes"
      ),
      ("off rank one in a layer", report.layerRankOneResidual, "mean over layers, by bytes"),
      ("receive max/mean", momentary.receiveMaxOverMean, "mean over operations, by bytes"),
      ("pair information, bit", momentary.excessInformation, "chance included"),
      ("pair information by chance, bit", momentary.samplingFloor, "if tokens were independent"),
    ]
    for (name, finding, meaning) in rows {
      table.append([.text(name), cell(finding), .text(meaning)])
    }
    table.notes = reasons(rows.map(\.1))
    if momentary.examinedCount < momentary.demandCount {
      table.notes.append(
        "\(momentary.examinedCount) of \(momentary.demandCount) distinct demands, evenly spread.")
    }
    return table
  }

  static func time(_ report: LocalityReport) -> Table {
    let time = report.time
    var table = Table(
      "Successive iterations",
      columns: [
        .text("statistic", "Statistic"), .number("value", "Value", .plain),
        .text("meaning", "Meaning"),
      ])
    var rows: [(String, Finding, String)] = [
      ("cosine of pairs beyond totals", time.pairCosine, "1: hot pairs stay; 0: chance"),
      ("pairs, lowest tenth", time.cosineSpread[0], "of the layers' iterations"),
      ("pairs, highest tenth", time.cosineSpread[1], "of the layers' iterations"),
      ("cosine of receipts beyond mean", time.receiptCosine, "1: hot receivers stay"),
      ("Jaccard above chance", time.jaccardAboveChance, "heaviest quarters of pairs"),
      ("Jaccard", time.jaccard, "chance included"),
      ("cosine of bytes", time.cosine, "high for any even traffic"),
      ("half-life of pairs", time.lags.pairHalfLife, "iterations until half as alike"),
      ("half-life of receipts", time.lags.receiptHalfLife, "iterations until half as alike"),
      ("period", time.lags.period, "iterations until it comes back"),
      ("drift of receivers", time.lags.drift, "share that trade places per iteration"),
      ("cosine of adjacent layers", time.adjacentLayers, "of bytes"),
      ("adjacent layers' pairs beyond totals", time.adjacentLayerPairs, "1: same hot pairs"),
    ]
    if let regret = time.regret {
      rows.insert(("regret of the last value", regret, "time lost by circuits set for it"), at: 0)
    }
    for (name, finding, meaning) in rows {
      table.append([.text(name), cell(finding), .text(meaning)])
    }
    table.notes = reasons(rows.map(\.1))
    return table
  }

  /// Similarity against distance in iterations.
  static func lags(_ report: LocalityReport) -> Table {
    lags(report.time.lags.points, title: "Similarity against distance in iterations")
  }

  /// Similarity against distance in layers; nil where there are none to compare.
  static func layerLags(_ report: LocalityReport) -> Table? {
    let points = report.time.layerLags
    return points.isEmpty
      ? nil : lags(points, title: "Similarity of layers against the difference of their numbers")
  }

  private static func lags(_ points: [LagPoint], title: String) -> Table {
    var table = Table(
      title,
      columns: [
        .number("lag", "Lag", .plain), .number("count", "Compared", .count),
        .number("pair_cosine", "Pairs beyond totals", .plain),
        .number("receipt_cosine", "Receipts beyond mean", .plain),
        .number("receipt_order", "Order of receivers", .plain),
        .number("jaccard_above_chance", "Jaccard above chance", .plain),
        .number("cosine", "Bytes", .plain),
      ])
    for point in points {
      table.append(
        [Cell(point.lag), Cell(point.count)]
          + [point.pairs, point.receipts, point.order, point.jaccardAboveChance, point.cosine].map {
            Cell($0, orMissing: "")
          })
    }
    return table
  }

  /// How many pairs carry how much, and how many next to nothing.
  static func coverage(_ profile: MatrixProfile) -> Table? {
    guard let coverage = profile.coverage else { return nil }
    var table = Table(
      "Heaviest pairs of the \(profile.label) matrix",
      columns: [
        .number("count", "Pairs", .count), .number("bytes_share", "Share of bytes", .share),
      ])
    for point in coverage.points {
      table.append([Cell(point.pairCount), .number(point.share)])
    }
    let idle = coverage.sparsity.map { step in
      step.threshold == 0
        ? "\(percent(step.share)) nothing"
        : "\(percent(step.share)) at most \(percent(step.threshold))"
    }
    table.notes = [
      "Of the pairs carry, against the mean pair: " + idle.joined(separator: ", ") + ".",
      "90 % of what a sender sends goes to \(coverage.medianDestinations) destinations in the median "
        + "and \(coverage.mostDestinations) at most (\(coverage.sourceCount) senders).",
    ]
    return table
  }

  /// Changes, order, and how sure the main statistics are.
  static func details(_ details: LocalityDetails) -> [(key: String, table: Table)] {
    [("order", order(details)), ("intervals", intervals(details.intervals))]
  }

  private static func order(_ details: LocalityDetails) -> Table {
    var table = Table(
      "Order in time",
      columns: [
        .text("statistic", "Statistic"), .number("value", "Value", .plain),
        .text("meaning", "Meaning"),
      ])
    let missing = Cell.missing("not identifiable")
    let complexity = details.complexity
    table.append([
      "temporal complexity", complexity.map { .number($0.temporal) } ?? missing,
      "1: no order in time",
    ])
    table.append([
      "non-temporal complexity", complexity.map { .number($0.nonTemporal) } ?? missing,
      "1: all pairs equally often",
    ])
    let kinds = [("receipts", details.changes.receipts), ("pairs", details.changes.pairs)]
    for (name, changes) in kinds {
      let places = changes.iterations.map { "\($0)" }.joined(separator: ", ")
      let at = changes.iterations.count == 1 ? "at iteration " : "at iterations "
      table.append([
        .text("changes for good, \(name)"),
        changes.absence.map { cell($0) } ?? Cell(changes.iterations.count),
        .text(
          (changes.iterations.isEmpty ? "" : at + places)
            + (changes.drifts && changes.absence == nil
              ? (changes.iterations.isEmpty ? "" : "; ") + "drifts otherwise" : "")),
      ])
    }
    if let complexity {
      table.notes.append(
        "Complexity: LZ78 size of \(complexity.symbolCount) pairs drawn from the operations in their "
          + "order, against \(complexity.shuffleCount) shuffles and as many uniform sequences (seed "
          + "\(complexity.seed)).")
    }
    table.notes.append(
      "Changes: PELT on square roots of shares (a change costs 1.5·(d + 1)·ln T for T vectors of "
        + "d numbers, noise is half the median squared step); where those drift, iterations that "
        + "resemble the one before less than half as much as is usual, and what was before never "
        + "comes back.")
    table.notes += reasons(kinds.compactMap(\.1.absence))
    return table
  }

  private static func intervals(_ intervals: ConfidenceIntervals) -> Table {
    var table = Table(
      "95 % intervals from resampled iterations",
      columns: [
        .text("statistic", "Statistic"), .number("recorded", "Recorded", .plain),
        .number("value", "Without chance", .plain),
        .number("low_value", "Low", .plain), .number("high_value", "High", .plain),
      ])
    for row in intervals.rows {
      table.append([
        .text(row.statistic), cell(row.recorded), cell(row.estimate), cell(row.low), cell(row.high),
      ])
    }
    if let absence = intervals.absence {
      table.notes = ["No interval: \(absence)."]
    } else {
      table.notes = [
        "\(intervals.resampleCount) resamples in blocks of \(intervals.blockLength) successive "
          + "iterations (seed \(intervals.seed)). Chance makes maxima and bits too high, in resamples "
          + "once more: that is taken off (basic intervals)."
      ]
    }
    return table
  }
}
