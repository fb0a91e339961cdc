internal import TraceModel

/// How far off a batched replay may be: what twice the step changes.
///
/// Ends that share nothing (`Shards`) are batched without regard to each other, so the longest
/// quarter of them is asked, and at least four: those decide the completion.
public struct BatchingError: Sendable, Hashable {
  /// The largest change of what a measured shard takes, relative to that.
  public var relative: Double
  /// Shards that were measured, of so many.
  public var measuredShards: Int
  public var shardCount: Int
}

/// The execution played; a batched one with its error, unless it was given up.
func played(
  _ execution: Execution
) throws(ReplayError) -> (execution: Execution, error: BatchingError?) {
  let batching = execution.options.batching
  let doubled = FluidBatching(relativeStep: 2 * batching.relativeStep)
  let measured = max(4, (execution.shards.count + 3) / 4)
  if batching.isExact || measured < execution.shards.count {
    var fine = execution
    try fine.run()
    guard !batching.isExact, !fine.isAbandoned else { return (fine, nil) }
    var coarse = execution.with(doubled)
    coarse.shardsToRun = fine.longestShards(measured)
    try coarse.run()
    return (fine, coarse.error(of: fine))
  }
  // All are measured, so neither run waits for the other.
  let runs = parallelMap(count: 2) { number in
    Result { () throws(ReplayError) -> Execution in
      var run = number == 0 ? execution : execution.with(doubled)
      try run.run()
      return run
    }
  }
  let fine = try runs[0].get()
  return (fine, try runs[1].get().error(of: fine))
}

extension Execution {
  /// Marks the shards that took longest; of equals those with the lower number.
  fileprivate func longestShards(_ count: Int) -> [Bool] {
    let order = shardNanoseconds.indices.sorted {
      (-shardNanoseconds[$0], $0) < (-shardNanoseconds[$1], $1)
    }
    var isLong = [Bool](repeating: false, count: order.count)
    for shard in order.prefix(count) { isLong[shard] = true }
    return isLong
  }

  /// How much a run with a coarser step differs in the shards that it ran.
  fileprivate func error(of fine: Execution) -> BatchingError? {
    guard !isAbandoned, !fine.isAbandoned else { return nil }
    var error = BatchingError(relative: 0, measuredShards: 0, shardCount: shards.count)
    for shard in 0..<shards.count where runs(shard) {
      let time = fine.shardNanoseconds[shard]
      error.measuredShards += 1
      guard time > 0 else { continue }
      error.relative = max(error.relative, abs(shardNanoseconds[shard] - time) / time)
    }
    return error
  }
}
