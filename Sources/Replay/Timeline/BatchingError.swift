internal import TraceModel

/// How far off a batched replay may be: what twice the step changes.
///
/// Ends that share nothing (`Shards`) are batched without regard to each other, so only those are asked
/// that end last in some iteration, and the longest quarter.
public struct BatchingError: Sendable, Hashable {
  /// The largest change of an iteration, relative to it: the completion changes by no more.
  public var relative: Double
  /// Shards that were measured, of so many that do anything.
  public var measuredShards: Int
  public var shardCount: Int
}

/// The execution played; a batched one with its error, unless it was given up.
func played(
  _ execution: Execution
) throws(ReplayError) -> (execution: Execution, error: BatchingError?) {
  if execution.options.answersTimesOnly {
    var only = execution
    try only.run()
    return (only, nil)
  }
  let active = execution.activeShardCount
  if execution.options.batching.isExact || BatchingError.fewest(of: active) < active {
    var fine = execution
    try fine.run()
    guard !fine.options.batching.isExact, !fine.isAbandoned else { return (fine, nil) }
    var coarse = execution.withDoubledStep(only: fine.decisiveShards(active))
    try coarse.run()
    return (fine, coarse.error(of: fine, active))
  }
  // All are measured, so neither run waits for the other.
  let runs = parallelMap(count: 2) { number in
    Result { () throws(ReplayError) -> Execution in
      var run = number == 0 ? execution : execution.withDoubledStep()
      try run.run()
      return run
    }
  }
  let fine = try runs[0].get()
  return (fine, try runs[1].get().error(of: fine, active))
}

extension BatchingError {
  fileprivate static func fewest(of shards: Int) -> Int { max(4, (shards + 3) / 4) }
}

extension Execution {
  /// The same from the beginning with twice the step; of shards that are not marked nothing runs.
  fileprivate func withDoubledStep(only isMarked: [Bool]? = nil) -> Execution {
    var other = self
    other.options.batching = options.batching.doubled
    // The error of what is not given up is wanted, too.
    other.options.giveUpAfterNanoseconds = options.giveUpAfterNanoseconds.map { 2 * $0 }
    other.session = FlowSession(
      linkCapacity: network.links.capacity, batching: other.options.batching)
    other.shardsToRun = isMarked
    guard isMarked != nil else { return other }
    for part in 0..<program.partCount where !other.runs(shards.shard(ofPart: part, of: program)) {
      other.records[Int(program.partPhase[part])].partsLeft -= 1
    }
    return other
  }

  /// Marks the shards that end last in some round, and those that run longest in all.
  fileprivate func decisiveShards(_ activeCount: Int) -> [Bool] {
    var isDecisive = [Bool](repeating: false, count: shards.count)
    var totals = [Double](repeating: 0, count: shards.count)
    for round in roundNanoseconds {
      if let last = round.indices.max(by: { round[$0] < round[$1] }) { isDecisive[last] = true }
      for shard in round.indices { totals[shard] += round[shard] }
    }
    let order = totals.indices.sorted { (-totals[$0], $0) < (-totals[$1], $1) }
    for shard in order.prefix(BatchingError.fewest(of: activeCount)) { isDecisive[shard] = true }
    return isDecisive
  }

  /// How much a run with a coarser step differs in the shards that it ran.
  fileprivate func error(of fine: Execution, _ activeCount: Int) -> BatchingError? {
    guard !isAbandoned, !fine.isAbandoned else { return nil }
    var error = BatchingError(
      relative: 0, measuredShards: shardsToRun?.count { $0 } ?? activeCount,
      shardCount: activeCount)
    for (coarse, fine) in zip(roundNanoseconds, fine.roundNanoseconds) {
      let time = fine.max() ?? 0
      guard time > 0 else { continue }
      error.relative = max(error.relative, abs((coarse.max() ?? 0) - time) / time)
    }
    return error
  }

  /// Shards that have anything to do.
  fileprivate var activeShardCount: Int {
    var isActive = [Bool](repeating: false, count: shards.count)
    for part in 0..<program.partCount { isActive[shards.shard(ofPart: part, of: program)] = true }
    return isActive.count { $0 }
  }
}
