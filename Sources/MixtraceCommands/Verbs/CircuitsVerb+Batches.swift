internal import ArgumentParser
internal import Configuration
internal import Replay
internal import TraceModel

extension CircuitsVerb {
  /// What batches cost; nanoseconds.
  struct BatchOptions {
    var overheadNanoseconds: Double
    /// Nil for the trace's own.
    var nanosecondsPerMegabyte: Double?

    var parameters: [EffectiveParameter] {
      [
        EffectiveParameter("overhead per batch", overheadNanoseconds, unit: "ns"),
        nanosecondsPerMegabyte.map {
          EffectiveParameter("expert compute per megabyte", $0, unit: "ns")
        } ?? EffectiveParameter("expert compute per megabyte", "from the trace"),
      ]
    }
  }

  /// Nil where no batches are asked for.
  func batchOptions() throws -> BatchOptions? {
    guard batchOverhead == nil || selection.phase == nil else {
      throw ValidationError("--batch-overhead follows dispatch and combine: leave out --phase")
    }
    guard let batchOverhead else {
      guard expertComputePerMegabyte == nil else {
        throw ValidationError("--expert-compute-per-megabyte is for --batch-overhead")
      }
      return nil
    }
    return try optionQuantity { () throws(ConfigurationError) in
      BatchOptions(
        overheadNanoseconds: try Quantity.nanoseconds(batchOverhead, at: "--batch-overhead"),
        nanosecondsPerMegabyte: try expertComputePerMegabyte.map {
          (text) throws(ConfigurationError) in
          try Quantity.nanoseconds(text, at: "--expert-compute-per-megabyte")
        })
    }
  }

  func batchedScores(
    _ schedulers: [any CircuitScheduler], on fabric: FabricSpecification, for workload: Workload,
    _ options: BatchOptions
  ) throws -> [Result<BatchedScore, ReplayError>] {
    let hasCompute = workload.steps.contains { $0.computeBeforeNanoseconds > 0 }
    guard options.nanosecondsPerMegabyte != nil || hasCompute else {
      throw ValidationError(
        "--batch-overhead: the trace has no compute; say how long experts work on a megabyte, such as "
          + "--expert-compute-per-megabyte \"20 us\"")
    }
    return try compareBatches(
      schedulers, on: fabric, for: workload, overheadNanoseconds: options.overheadNanoseconds,
      nanosecondsPerByte: options.nanosecondsPerMegabyte.map { $0 / 1e6 })
  }
}
