internal import Replay
internal import Reporting
internal import TraceModel

/// The tables of a replay.
enum ReplayTables {
  /// - Parameter place: where a reader finds all bounds, as the legend says it.
  static func fabrics(
    _ comparison: FabricComparison, allBoundsIn place: String = "--details"
  ) -> Table {
    let hasFailures = comparison.rows.contains { $0.healthyNanoseconds != nil }
    let bounds = Set(comparison.rows.map(\.boundWords))
    var table = Table(
      "Completion by fabric",
      columns: [
        .text("fabric", "Fabric"), .number("completion_ns", "Completion", .nanoseconds),
        .number("slowdown_ratio", "vs best", .ratio, isForMachinesOnly: true),
        .number(
          "failure_slowdown_share", "by failure", .share, isForMachinesOnly: !hasFailures),
        .number("network_ns", "Network", .nanoseconds),
        .number("compute_ns", "Compute", .nanoseconds, isForMachinesOnly: true),
        .number("exposed_delay_ns", "Exposed delay", .nanoseconds),
        .number("hidden_delay_ns", "Hidden delay", .nanoseconds, isForMachinesOnly: true),
        .number("blocked_ns", "Blocked", .nanoseconds, isForMachinesOnly: true),
        .number("reconfigurations", "Reconfigurations", .count, isForMachinesOnly: true),
        .number("bound_ns", "Bound", .nanoseconds, isForMachinesOnly: true),
        .text("bound", "Bound by", isForMachinesOnly: bounds.count == 1),
        .text("fullest", "Fullest", isForMachinesOnly: true),
        .number("of_bound_share", "of bound", .share),
        .number(
          "network_of_bound_share", "network of bound", .share,
          isForMachinesOnly: hasFailures || comparison.fitting != nil),
        .number("of_circuit_optimum_share", "of circuits", .share),
        .number("cost_usd", "Cost", .dollars),
        .number("iterations_per_s_and_musd", "Iter /s/M$", .plain),
        .number("power_watts", "Power", .watts),
        .text("sharing", "Sharing", isForMachinesOnly: true),
        .text("scored_iterations", "Scored", isForMachinesOnly: comparison.fitting == nil),
        .text("failure", "Failure", isForMachinesOnly: true),
      ])
    let best = comparison.rows.map(\.completionNanoseconds).min() ?? 0
    let fastest = comparison.fastest?.label
    for row in comparison.rows {
      table.append(
        cells(row, best: best, computeNanoseconds: comparison.computeNanoseconds),
        emphasis: row.label == fastest ? .best : .none)
    }
    for failure in comparison.failures {
      let empty = table.columns.count - 2
      table.append(
        [.text(failure.label)] + [Cell](repeating: .missing(""), count: empty)
          + [.text(failure.reason)], emphasis: .warning)
    }
    table.notes = [legend(comparison, bounds: bounds, listedIn: place, isForHealthy: !hasFailures)]
    if hasFailures {
      table.notes.append(
        "by failure: how much slower than the same fabric without what has failed.")
    }
    return table
  }

  /// What the columns mean, of those that are shown.
  private static func legend(
    _ comparison: FabricComparison, bounds: Set<String>, listedIn place: String,
    isForHealthy: Bool
  ) -> String {
    let chain = "chain: compute and bytes that wait for each other"
    // Only optical switches leave a choice.
    let choice =
      comparison.rows.contains { $0.fabric.optical != nil } ? ", circuits free to choose" : ""
    var sentences = ["Network: what it adds to the time on a network of unlimited rate."]
    if bounds.count == 1, let bound = bounds.first {
      sentences.append(
        "of bound: the largest proven lower bound (\(bound == "chain" ? chain : bound)) ÷ completion"
          + "\(choice); \(place) lists all.")
    } else {
      sentences.append(
        "Bound by: the largest proven lower bound, of all that \(place) lists; \(chain). of bound: "
          + "that bound ÷ completion\(choice).")
    }
    if isForHealthy, comparison.fitting == nil {
      sentences.append("network of bound: the same for what the network adds.")
    }
    if !choice.isEmpty {
      sentences.append("Exposed delay: changing circuits, as far as compute does not hide it.")
    }
    if comparison.rows.contains(where: { $0.shareOfCircuitOptimum != nil }) {
      sentences.append(
        "of circuits: how well the circuits that were set are used, where all senders start together "
          + "and wait for none.")
    }
    if !comparison.buildable.isEmpty {
      sentences.append(
        "Iter /s/M$: iterations per second for each million dollars of network. Power: transceivers and "
          + "ports of electrical switches, indicative; nothing else has a published figure.")
    }
    if comparison.rows.contains(where: { $0.fabric.name == "ideal" }) {
      sentences.append("The ideal crossbar is a yardstick, not for sale.")
    }
    return sentences.joined(separator: " ")
  }

  private static func cells(
    _ row: FabricRow, best: Double, computeNanoseconds: Double?
  ) -> [Cell] {
    let total = row.result.total
    func circuits(_ nanoseconds: Double) -> Cell {
      row.fabric.optical == nil ? .missing("") : .number(nanoseconds)
    }
    func price(_ amount: Double) -> Cell {
      row.fabric.name == "ideal" ? .missing("") : .number(amount)
    }
    return [
      .text(row.label), .number(total.completionNanoseconds),
      .number(best > 0 ? total.completionNanoseconds / best : 1),
      Cell(row.slowdownByFailure, orMissing: ""),
      Cell(row.networkNanoseconds, orMissing: ""), Cell(computeNanoseconds, orMissing: ""),
      circuits(total.exposedNanoseconds), circuits(total.hiddenNanoseconds),
      circuits(total.blockedNanoseconds),
      row.reconfigurations.map { Cell($0) } ?? .missing("circuits turn by the clock"),
      .number(row.bound.nanoseconds), .text(row.boundWords),
      .text(row.fullest),
      .number(row.share(of: row.bound)), Cell(row.shareOfNetworkBound, orMissing: ""),
      Cell(row.shareOfCircuitOptimum, orMissing: ""),
      price(row.bill.totalUSD), price(row.performancePerMillionUSD), price(row.power.watts),
      row.result.sharing.map { .text($0.rawValue) } ?? .missing(""),
      row.scoredIterations.map { .text($0) } ?? .missing(""), .missing(""),
    ]
  }

  static func busiestLinks(_ row: FabricRow) -> Table {
    var table = Table(
      "Busiest links on \(row.label)",
      columns: [
        .text("link", "Link"), .number("bytes", "Bytes", .bytes),
        .number("utilisation_share", "Used", .share),
      ])
    for link in row.result.busiestLinks {
      table.append([.text(link.name), .number(link.bytes), .number(link.utilisation)])
    }
    return table
  }

  static func bill(_ row: FabricRow) -> Table {
    var table = Table(
      "Bill of materials: \(row.label)",
      columns: [
        .text("item", "Item"), .number("count", "Count", .count),
        .number("unit_price_usd", "Each", .dollars), .number("total_usd", "Total", .dollars),
      ])
    for line in row.bill.lines {
      table.append([
        .text(line.item), Cell(line.count), .number(line.unitPriceUSD), .number(line.totalUSD),
      ])
    }
    table.notes =
      row.bill.boxes.map { "\($0.count) \($0.count == 1 ? "box" : "boxes"): \($0.kind)." } + [
        "About \(HumanNumber.text(row.power.watts / 1e3, .plain)) kW"
          + (row.power.itemsLeftOut.isEmpty
            ? "" : ", without \(row.power.itemsLeftOut.joined(separator: ", "))")
          + ": published figures for parts of this kind, an indication only."
      ]
    return table
  }
}
