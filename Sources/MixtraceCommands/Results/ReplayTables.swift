internal import Replay
internal import Reporting
internal import TraceModel

/// The tables of a replay.
enum ReplayTables {
  static func fabrics(_ comparison: FabricComparison) -> Table {
    var table = Table(
      "Completion by fabric",
      columns: [
        .text("fabric", "Fabric"), .number("completion_ns", "Completion", .nanoseconds),
        .number("slowdown_ratio", "vs best", .ratio, isForMachinesOnly: true),
        .number("network_ns", "Network", .nanoseconds),
        .number("compute_ns", "Compute", .nanoseconds, isForMachinesOnly: true),
        .number("exposed_delay_ns", "Exposed delay", .nanoseconds),
        .number("hidden_delay_ns", "Hidden delay", .nanoseconds, isForMachinesOnly: true),
        .number("blocked_ns", "Blocked", .nanoseconds, isForMachinesOnly: true),
        .number("reconfigurations", "Reconfigurations", .count, isForMachinesOnly: true),
        .number("bound_ns", "Bound", .nanoseconds, isForMachinesOnly: true),
        .number("of_bound_share", "of bound", .share),
        .number("network_of_bound_share", "network of bound", .share),
        .number("of_circuit_optimum_share", "of circuits", .share),
        .number("cost_usd", "Cost", .dollars),
        .number("iterations_per_s_and_musd", "Iter/s/M$", .plain),
        .number("power_watts", "Power", .plain, isForMachinesOnly: true),
        .text("sharing", "Sharing", isForMachinesOnly: true),
      ])
    let best = comparison.rows.map(\.completionNanoseconds).min() ?? 0
    let fastest = comparison.fastest?.label
    for row in comparison.rows {
      let total = row.result.total
      let isYardstick = row.fabric.name == "ideal"
      table.append(
        [
          .text(row.label), .number(total.completionNanoseconds),
          .number(best > 0 ? total.completionNanoseconds / best : 1),
          .number(row.networkNanoseconds), .number(comparison.computeNanoseconds),
          row.fabric.optical == nil ? .missing("") : .number(total.exposedNanoseconds),
          row.fabric.optical == nil ? .missing("") : .number(total.hiddenNanoseconds),
          row.fabric.optical == nil ? .missing("") : .number(total.blockedNanoseconds),
          Cell(total.reconfigurations), .number(total.boundNanoseconds),
          .number(total.percentOfBound / 100), Cell(row.shareOfNetworkBound, orMissing: ""),
          Cell(row.shareOfCircuitOptimum, orMissing: ""),
          isYardstick ? .missing("") : .number(row.bill.totalUSD),
          isYardstick ? .missing("") : .number(row.performancePerMillionUSD),
          isYardstick ? .missing("") : .number(row.power.watts),
          row.result.sharing.map { .text($0.rawValue) } ?? .missing(""),
        ], emphasis: row.label == fastest ? .best : .none)
    }
    table.notes = [
      "Network: what it adds to the time on a network of unlimited rate. of bound: proven lower bound "
        + "÷ completion, compute on both sides, circuits free to choose. network of bound: the same "
        + "for what the network adds. of circuits: how well the circuits that were set are used, "
        + "where all senders start together and wait for none. The ideal crossbar is a yardstick, not for sale."
    ]
    return table
  }

  /// Recorded beside replayed durations of one fabric, phase by phase.
  static func recorded(_ row: FabricComparison.Row) -> Table {
    var table = Table(
      "Recorded and replayed on \(row.label)",
      columns: [
        .text("iteration", "Iteration"), .text("layer", "Layer"), .text("phase", "Phase"),
        .number("recorded_ns", "Recorded", .nanoseconds),
        .number("replayed_ns", "Replayed", .nanoseconds),
        .number("recorded_over_replayed_ratio", "Recorded ÷ replayed", .ratio),
      ])
    for phase in row.result.phases {
      guard let recorded = phase.recordedNanoseconds, phase.durationNanoseconds > 0 else {
        continue
      }
      table.append([
        .text(known(phase.iteration)), .text(known(phase.layer)), .text(phase.phase.name),
        .number(recorded), .number(phase.durationNanoseconds),
        .number(recorded / phase.durationNanoseconds),
      ])
    }
    return table
  }

  /// One row per phase of one fabric.
  static func phases(_ row: FabricComparison.Row) -> Table {
    var table = Table(
      "Phases on \(row.label)",
      columns: [
        .text("iteration", "Iteration"), .text("micro_batch", "Micro-batch"),
        .text("layer", "Layer"), .text("phase", "Phase"),
        .number("duration_ns", "Duration", .nanoseconds),
        .number("bound_ns", "Bound", .nanoseconds), .text("bound", "Tightest bound"),
        .number("of_bound_share", "of bound", .share),
        .number("of_circuit_optimum_share", "of circuits", .share),
        .number("exposed_ns", "Exposed", .nanoseconds),
        .number("circuits", "Circuits set", .count),
        .number("scale_up_bytes", "Scale-up", .bytes),
        .number("electrical_bytes", "EPS", .bytes), .number("circuit_bytes", "Circuits", .bytes),
      ])
    for phase in row.result.phases {
      table.append([
        .text(known(phase.iteration)), .text(known(phase.microBatch)), .text(known(phase.layer)),
        .text(phase.phase.name), .number(phase.durationNanoseconds),
        .number(phase.bound.nanoseconds), .text(phase.bound.name),
        .number(phase.percentOfBound / 100),
        Cell(phase.percentOfCircuitOptimum.map { $0 / 100 }, orMissing: ""),
        .number(phase.exposedNanoseconds), Cell(phase.circuitCount),
        .number(phase.bytes.scaleUp),
        .number(phase.bytes.electrical), .number(phase.bytes.circuits),
      ])
    }
    return table
  }

  static func busiestLinks(_ row: FabricComparison.Row) -> Table {
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

  /// Every parameter that the results rest on: one column of values per fabric would not fit, so a
  /// parameter that is the same everywhere stands once.
  static func parameters(_ comparison: FabricComparison) -> Table {
    var table = Table(
      "Effective parameters",
      columns: [
        .text("parameter", "Parameter"), .number("value", "Value", .plain),
        .text("unit", "Unit", isForMachinesOnly: true),
        .text("fabrics", "Fabrics"),
      ])
    var order: [String] = []
    var values: [String: [(value: String, unit: String, fabrics: [String])]] = [:]
    for row in comparison.rows {
      let cost = EffectiveParameter("cost model", comparison.costModel)
      for parameter in row.result.effectiveParameters + [cost] where parameter.name != "fabric" {
        if values[parameter.name] == nil { order.append(parameter.name) }
        var known = values[parameter.name] ?? []
        if let index = known.firstIndex(where: { $0.value == parameter.value }) {
          known[index].fabrics.append(row.label)
        } else {
          known.append((parameter.value, parameter.unit, [row.label]))
        }
        values[parameter.name] = known
      }
    }
    for name in order {
      for entry in values[name] ?? [] {
        table.append([
          .text(name), value(entry.value, unit: entry.unit), .text(entry.unit),
          .text(names(of: entry.fabrics, in: comparison)),
        ])
      }
    }
    return table
  }

  /// A parameter as people read it; its exact text stays in CSV and JSON.
  private static func value(_ text: String, unit: String) -> Cell {
    guard let number = Double(text) else { return .text(text) }
    switch unit {
    case "bit/s": return .number(number, as: .bitsPerSecond)
    case "ns": return .number(number, as: .nanoseconds)
    default: return .number(number, as: .plain)
    }
  }

  /// Fabrics by the fewest words: "all", "all optical", or their names.
  static func names(of labels: [String], in comparison: FabricComparison) -> String {
    let kinds: [(String, (FabricComparison.Row) -> Bool)] = [
      ("all", { _ in true }),
      ("all optical", { $0.fabric.optical != nil }),
      ("all electrical", { $0.fabric.optical == nil }),
      ("all that reconfigure", { $0.fabric.optical?.scheduler.dependsOnDemand ?? false }),
    ]
    for (name, holds) in kinds where comparison.rows.filter(holds).map(\.label) == labels {
      return name
    }
    let others = comparison.rows.map(\.label).filter { !labels.contains($0) }
    if others.count < labels.count { return "all but " + others.joined(separator: "; ") }
    return labels.joined(separator: "; ")
  }

  static func bill(_ row: FabricComparison.Row) -> Table {
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
      row.bill.boxes.map { "\($0.count) boxes: \($0.kind)." } + [
        "About \(HumanNumber.text(row.power.watts / 1e3, .plain)) kW"
          + (row.power.itemsLeftOut.isEmpty
            ? "" : ", without \(row.power.itemsLeftOut.joined(separator: ", "))")
          + ": published figures for parts of this kind, an indication only."
      ]
    return table
  }

  private static func known(_ value: Int32) -> String {
    value == Operation.unknown ? "–" : String(value)
  }
}
