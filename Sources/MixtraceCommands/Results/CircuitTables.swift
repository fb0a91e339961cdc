internal import Replay
internal import Reporting

extension CircuitsVerb {
  /// Schedulers with their completion, fastest first.
  ///
  /// - Parameter batched: what batches come to with each scheduler; nil where nobody asked.
  static func table(
    _ scores: [SchedulerScore], batched: [Result<BatchedScore, ReplayError>]?
  ) -> Table {
    let hasBatches = batched != nil
    var table = Table(
      "Circuit schedulers",
      columns: [
        .text("scheduler", "Scheduler"), .text("answer", "Answer"),
        .number("completion_ns", "Completion", .nanoseconds),
        .number("slowdown_ratio", "vs best", .ratio),
        .number("delay_ns", "Delays", .nanoseconds, isForMachinesOnly: hasBatches),
        .number("bound_ns", "Bound", .nanoseconds, isForMachinesOnly: true),
        .number("of_bound_share", "of bound", .share),
        .number("configurations", "Configs", .count),
        .number("on_circuits_share", "on circuits", .share, isForMachinesOnly: hasBatches),
        .number(
          "batched_completion_ns", "Batched", .nanoseconds, isForMachinesOnly: !hasBatches),
        .number("batches", "Batches", .count, isForMachinesOnly: !hasBatches),
        .number(
          "batched_compute_bound_ns", "compute", .nanoseconds, isForMachinesOnly: !hasBatches),
        .text("not_batched", "Not batched", isForMachinesOnly: true),
      ])
    let served = scores.enumerated().filter { $0.element.failure == nil }.sorted {
      ($0.element.completionNanoseconds, $0.offset) < ($1.element.completionNanoseconds, $1.offset)
    }
    let best = served.first?.element.completionNanoseconds ?? 0
    for (number, score) in served {
      let time = score.completionNanoseconds
      let bytes = score.circuitBytes + score.electricalBytes
      table.append(
        [
          .text(score.name), .text(score.answersWithSequence ? "sequence" : "standing"),
          .number(time), .number(best > 0 ? time / best : 1), .number(score.delayNanoseconds),
          .number(score.boundNanoseconds), .number(time > 0 ? score.boundNanoseconds / time : 1),
          Cell(score.configurations), .number(bytes > 0 ? score.circuitBytes / bytes : 0),
        ] + cells(batched.flatMap { $0.indices.contains(number) ? $0[number] : nil }),
        emphasis: time == best ? .best : .none)
    }
    table.notes = [
      "of bound: proven for standing circuits or for sequences, by the answer. on circuits: the part "
        + "of the bytes; a byte relayed over two circuits counts twice."
    ]
    if hasBatches {
      table.notes.append(
        "Batched: every dispatch, its experts and its combine, one batch for each configuration, "
          + "there and back on the same circuits; compute: the least that the busiest server computes "
          + "meanwhile, overheads included; – where circuits stand, are laid out in time or "
          + "repeat, so that there are no batches.")
    }
    return table
  }

  private static func cells(_ batched: Result<BatchedScore, ReplayError>?) -> [Cell] {
    switch batched {
    case .success(let score):
      [
        .number(score.completionNanoseconds), Cell(score.batchCount),
        .number(score.computeBoundNanoseconds), .text(""),
      ]
    case .failure(let error):
      [.missing(""), .missing(""), .missing(""), .text(error.description.onOneLine)]
    case nil: [.missing(""), .missing(""), .missing(""), .missing("")]
    }
  }
}
