internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

/// Tables of where experts are and what that costs.
enum PlacementTables {
  /// One row per placement and fabric.
  static func placements(_ study: PlacementStudy) -> Table {
    var table = Table(
      "Placements of the experts, per iteration of those scored",
      columns: [
        .text("placement", "Experts"), .text("fabric", "Fabric"),
        .number("slots_per_rank", "Slots", .count),
        .number("imbalance_ratio", "Imbalance", .ratio),
        .number("largest_win_ratio", "At most", .ratio, isForMachinesOnly: true),
        .number("busiest_rank_assignments", "Busiest rank", .count, isForMachinesOnly: true),
        .number("between_servers_bytes", "Between servers", .bytes),
        .number("busiest_port_bytes", "Busiest port", .bytes),
        .number("busiest_port_copies", "Port copies", .count, isForMachinesOnly: true),
        .number("fitted_busiest_port_bytes", "Fitted port", .bytes, isForMachinesOnly: true),
        .number("completion_ns", "Completion", .nanoseconds),
        .number("gradient_ns", "Gradients", .nanoseconds, isForMachinesOnly: true),
        .number("saved_share", "Saved", .share),
        .number("saved_low_share", "At least", .share, isForMachinesOnly: true),
        .number("saved_high_share", "At most", .share, isForMachinesOnly: true),
        .number("moved_experts", "Moved experts", .count, isForMachinesOnly: true),
        .number("moved_bytes", "Moved", .bytes),
        .number("migration_ns", "Move takes", .nanoseconds, isForMachinesOnly: true),
        .number("replica_memory_bytes", "Replica memory", .bytes, isForMachinesOnly: true),
        .number("gradient_bytes", "Gradient bytes", .bytes, isForMachinesOnly: true),
        .number("break_even_iterations", "Pays after", .count),
      ])
    for row in study.rows { table.append(cells(row, of: study), emphasis: .none) }
    table.notes = [
      "Imbalance: assignments of the busiest rank ÷ the mean rank's. Busiest port: the most that a server "
        + "sends or receives, summed over all-to-alls. Saved: after the gradients of replicas. Pays after: "
        + "iterations."
    ]
    return table
  }

  private static func cells(_ row: PlacementRow, of study: PlacementStudy) -> [Cell] {
    let candidate = row.candidate
    let slots = candidate.placement.slotsPerLayer
    let iterations = Double(study.input.scored.count)
    let unknown = Cell.missing("not declared")
    let isContiguous = candidate.placement.layers.isEmpty
    return [
      .text(candidate.name), .text(row.fabric.name),
      Cell(slots / candidate.placement.layout.parallelism.expert),
      .number(candidate.traffic.imbalance), .number(study.largestWin(candidate)),
      .number(Double(candidate.traffic.busiestRankAssignments) / iterations),
      .number(candidate.bytesBetweenServers), .number(candidate.busiestPortBytes),
      .number(Double(candidate.traffic.busiestPortCopies) / iterations),
      .number(candidate.fittedPortBytes),
      .number(row.nanosecondsPerIteration), .number(row.gradientNanoseconds),
      isContiguous ? .missing("") : .number(row.savedShare),
      bound(row.interval, \.low), bound(row.interval, \.high),
      candidate.migration.map { Cell($0.movedExperts) } ?? unknown,
      candidate.migration.map { Cell($0.movedBytes) } ?? unknown,
      Cell(row.migrationNanoseconds, orMissing: "not declared"),
      candidate.replicas.map { Cell($0.memoryBytes) } ?? unknown,
      candidate.replicas.map { Cell($0.gradientBytesPerIteration) } ?? unknown,
      (row.interval?.isWithinNoise ?? false)
        ? .missing("within noise")
        : row.breakEvenIterations.map { Cell($0) }
          ?? (isContiguous
            ? .missing("") : candidate.migration == nil ? unknown : .missing("never")),
    ]
  }

  /// An end of an interval, where there is one.
  private static func bound(
    _ interval: SavingInterval?, _ end: KeyPath<SavingInterval, Double>
  ) -> Cell {
    guard let interval else { return .missing("") }
    return interval.absence == nil
      ? .number(interval[keyPath: end]) : .missing("no interval")
  }

  /// The expert of every slot, for whoever is to move them.
  static func slots(_ study: PlacementStudy) -> Table {
    var table = Table(
      "Slots",
      columns: [
        .text("placement", "Experts"), .number("layer", "Layer", .count),
        .number("expert_rank", "Expert rank", .count), .text("experts", "Held"),
      ])
    for candidate in study.candidates {
      let ranks = candidate.placement.layout.parallelism.expert
      for layer in candidate.placement.layers {
        let perRank = layer.experts.count / ranks
        for rank in 0..<ranks {
          let held = layer.experts[rank * perRank..<(rank + 1) * perRank]
          table.append([
            .text(candidate.name),
            layer.layer == Operation.unknown ? .missing("unknown") : Cell(layer.layer),
            Cell(rank),
            .text(held.map { "\($0)" }.joined(separator: " ")),
          ])
        }
      }
    }
    return table
  }
}
