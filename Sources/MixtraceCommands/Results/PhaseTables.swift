internal import Replay
internal import Reporting
internal import TraceModel

/// The phases of a replay, one row each.
enum PhaseTables {
  /// Rounding may put a bound that is met above the duration; that is not said.
  private static func share(of phase: PhaseResult) -> Double {
    let share = phase.percentOfBound / 100
    return share > 1 && share < 1 + 1e-9 ? 1 : share
  }

  /// Every phase on every fabric; people see what fits a terminal.
  static func phases(_ rows: [FabricRow]) -> Table {
    let phases = rows.flatMap(\.result.phases)
    var table = Table(
      "Phases",
      columns: [.text("fabric", "Fabric")] + places(of: phases) + [
        .number("duration_ns", "Duration", .nanoseconds),
        .number("bound_ns", "Bound", .nanoseconds, isForMachinesOnly: true),
        .text("bound", "Tightest bound"),
        .number("of_bound_share", "of bound", .share),
        .number("of_circuit_optimum_share", "of circuits", .share, isForMachinesOnly: true),
        .number("exposed_ns", "Exposed", .nanoseconds),
        .number("circuits", "Circuits set", .count, isForMachinesOnly: true),
        .number("scale_up_bytes", "Scale-up", .bytes, isForMachinesOnly: true),
        // A direct topology of cables counts as electrical, one of patched fibres as circuits.
        .number("electrical_bytes", "EPS", .bytes, isForMachinesOnly: true),
        .number("circuit_bytes", "Circuits", .bytes, isForMachinesOnly: true),
      ])
    let hasJobs = hasSeveralJobs(phases)
    for row in rows {
      for phase in row.result.phases {
        table.append(
          [.text(row.label)] + place(of: phase, withJob: hasJobs) + [
            .number(phase.durationNanoseconds),
            .number(phase.bound.nanoseconds), .text(phase.bound.name),
            .number(share(of: phase)),
            Cell(phase.percentOfCircuitOptimum.map { $0 / 100 }, orMissing: ""),
            .number(phase.exposedNanoseconds), Cell(phase.circuitCount),
            .number(phase.bytes.scaleUp),
            .number(phase.bytes.electrical), .number(phase.bytes.circuits),
          ])
      }
    }
    return table
  }

  /// Recorded beside replayed durations of one fabric.
  static func recorded(_ row: FabricRow) -> Table {
    let phases = row.result.phases
    var table = Table(
      "Recorded and replayed on \(row.label)",
      columns: places(of: phases) + [
        .number("recorded_ns", "Recorded", .nanoseconds),
        .number("replayed_ns", "Replayed", .nanoseconds),
        .number("recorded_over_replayed_ratio", "Recorded ÷ replayed", .ratio),
      ])
    let hasJobs = hasSeveralJobs(phases)
    for phase in phases {
      guard let recorded = phase.recordedNanoseconds, phase.durationNanoseconds > 0 else {
        continue
      }
      table.append(
        place(of: phase, withJob: hasJobs) + [
          .number(recorded), .number(phase.durationNanoseconds),
          .number(recorded / phase.durationNanoseconds),
        ])
    }
    return table
  }

  /// Where in the training run a phase is; people see only what tells the phases apart.
  private static func places(of phases: [PhaseResult]) -> [Table.Column] {
    (hasSeveralJobs(phases) ? [.number("job", "Job", .count)] : []) + [
      .number("iteration", "Iter", .count),
      .number(
        "micro_batch", "Micro-batch", .count,
        isForMachinesOnly: Set(phases.map(\.microBatch)).count < 2),
      .number("layer", "Layer", .count),
      .text("role", "Role", isForMachinesOnly: Set(phases.map(\.role)).count < 2),
      .text("phase", "Phase"),
    ]
  }

  private static func hasSeveralJobs(_ phases: [PhaseResult]) -> Bool {
    phases.contains { $0.job != phases[0].job }
  }

  private static func place(of phase: PhaseResult, withJob hasJobs: Bool) -> [Cell] {
    (hasJobs ? [Cell(phase.job)] : []) + [
      known(phase.iteration), known(phase.microBatch), known(phase.layer),
      .text(phase.role.name), .text(phase.phase.name),
    ]
  }

  private static func known(_ value: Int32) -> Cell {
    value == Operation.unknown ? .missing("") : Cell(value)
  }
}
