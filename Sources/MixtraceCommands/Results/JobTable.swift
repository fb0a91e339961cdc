internal import Replay
internal import Reporting
internal import TraceModel

/// What sharing a fabric costs each job.
enum JobTable {
  /// One row per job of each fabric; each job is replayed once more with the fabric for itself.
  ///
  /// - Parameter files: by number of the job, the trace that it came from.
  static func jobs(
    _ rows: [FabricRow], of workload: Workload, files: [String], parameters: FabricParameters
  ) throws(ReplayError) -> Table {
    var table = Table(
      "Jobs that share the fabric",
      columns: [
        .text("fabric", "Fabric"), .number("job", "Job", .count), .text("file", "File"),
        .number("iterations", "Iterations", .count),
        .number("completion_ns", "Completion", .nanoseconds),
        .number("alone_ns", "Alone", .nanoseconds),
        .number("slowdown_share", "by sharing", .share),
        .number("bound_ns", "Bound", .nanoseconds, isForMachinesOnly: true),
      ])
    for row in rows {
      for job in row.result.jobs {
        let alone = try replay(
          workload.only(job: job.job), on: row.fabric,
          options: parameters.replayOptions(policy: row.result.policy)
        ).completionNanoseconds
        table.append([
          .text(row.label), Cell(job.job),
          .text(files.indices.contains(Int(job.job)) ? files[Int(job.job)] : ""),
          Cell(row.result.iterations.count { $0.job == job.job }),
          .number(job.completionNanoseconds), .number(alone),
          .number(alone > 0 ? job.completionNanoseconds / alone - 1 : 0),
          .number(job.boundNanoseconds),
        ])
      }
    }
    table.notes = [
      "Alone: the same job on the same servers and fabric, without the others. by sharing: how much "
        + "longer it takes beside them; rates are shared max-min fairly, so it may also take less."
    ]
    return table
  }
}
