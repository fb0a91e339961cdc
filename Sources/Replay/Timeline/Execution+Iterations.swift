internal import HeapModule
internal import TraceModel

/// Iterations of a job follow each other; inside one, shards run one after the other, each from its
/// beginning. Jobs that share a shard run through it together, all their iterations.
extension Execution {
  mutating func run() throws(ReplayError) {
    if options.pacing == .recorded {
      try runAsRecorded()
    } else {
      for jobs in shards.jobsTogether { try run(jobs) }
    }
    settle()
  }

  /// Runs jobs that share a shard, or one job.
  private mutating func run(_ jobs: [Int32]) throws(ReplayError) {
    let own = iterations.indices.filter { jobs.contains(iterations[$0].job) }
    if jobs.count > 1 {
      for job in jobs { chain(own.filter { iterations[$0].job == job }) }
    }
    var start = 0.0
    for together in jobs.count > 1 ? [own] : own.map({ [$0] }) where !isAbandoned {
      for iteration in together {
        iterations[iteration].start = start
        iterations[iteration].end = start
      }
      try run(partsOf: together.map { iterations[$0].phases }, from: start) { execution, part in
        if execution.predecessorsLeft[part] == 0 { execution.schedule(part, at: start) }
      }
      // Other jobs begin at 0 once more.
      if shards.jobsTogether.count == 1 { settle() }
      for iteration in together { start = max(start, iterations[iteration].end) }
    }
  }

  /// Lets each of some iterations begin when the one before it has ended.
  private mutating func chain(_ iterations: [Int]) {
    let own = iterations.filter { self.iterations[$0].partsLeft > 0 }
    for (before, iteration) in zip(own, own.dropFirst()) {
      self.iterations[before].next = iteration
      for part in parts(ofIteration: iteration) { predecessorsLeft[part] += 1 }
    }
  }

  /// An iteration has ended; the one that waits for nothing else begins.
  mutating func beginIteration(after ended: Int) {
    guard let iteration = iterations[ended].next else { return }
    iterations[iteration].start = now
    iterations[iteration].end = now
    for part in parts(ofIteration: iteration) {
      predecessorsLeft[part] -= 1
      if predecessorsLeft[part] == 0 { schedule(part, at: now) }
    }
  }

  private func parts(ofIteration iteration: Int) -> Range<Int> {
    let phases = iterations[iteration].phases
    return program.partOffsets[phases.lowerBound]..<program.partOffsets[phases.upperBound]
  }

  /// Adds up what links carried; nothing that happens later may lie before.
  private mutating func settle() {
    for region in regions.indices { retireCircuits(of: region) }
    traffic.settle()
  }

  /// Runs every shard with parts in some phases.
  ///
  /// - Parameters:
  ///   - phases: ranges of phases, ascending.
  ///   - start: until when a shard is brought up before its parts are scheduled.
  ///   - schedule: called for each part before its shard runs.
  private mutating func run(
    partsOf phases: [Range<Int>], from start: Double, schedule: (inout Execution, Int) -> Void
  ) throws(ReplayError) {
    let buckets = partsByShard(of: phases)
    var latest = now
    var nanoseconds = [Double](repeating: 0, count: shards.count)
    for shard in 0..<shards.count where !isAbandoned && runs(shard) {
      let parts = buckets.parts[buckets.offsets[shard]..<buckets.offsets[shard + 1]]
      guard !parts.isEmpty else { continue }
      try resume(shard, until: start)
      for part in parts { schedule(&self, Int(part)) }
      try runShard(parts: parts.count)
      if partsLeftOfShard > 0, !isAbandoned { throw stuck(among: parts) }
      latest = max(latest, now)
      nanoseconds[shard] = now - start
      suspend(shard)
    }
    roundNanoseconds.append(nanoseconds)
    now = latest
  }

  /// Whether a shard is played, or left out because others show enough.
  func runs(_ shard: Int) -> Bool { shardsToRun?[shard] ?? true }

  /// The parts of some phases in ascending order, shard by shard.
  private func partsByShard(of phases: [Range<Int>]) -> (offsets: [Int], parts: [Int32]) {
    let ranges = phases.map {
      program.partOffsets[$0.lowerBound]..<program.partOffsets[$0.upperBound]
    }
    var offsets = [Int](repeating: 0, count: shards.count + 1)
    for range in ranges {
      for part in range { offsets[shard(ofPart: part) + 1] += 1 }
    }
    for shard in 0..<shards.count { offsets[shard + 1] += offsets[shard] }
    var next = offsets
    var parts = [Int32](repeating: 0, count: offsets[shards.count])
    for range in ranges {
      for part in range {
        let shard = shard(ofPart: part)
        parts[next[shard]] = Int32(part)
        next[shard] += 1
      }
    }
    return (offsets, parts)
  }

  private func shard(ofPart part: Int) -> Int { shards.shard(ofPart: part, of: program) }

  /// Takes up a shard where it stood, and plays the changes of its circuits that end before `start`.
  private mutating func resume(_ shard: Int, until start: Double) throws(ReplayError) {
    now = suspended[shard].now
    events = Heap(suspended[shard].events)
    session.restart(at: now)
    carried.removeAll(keepingCapacity: true)
    if !suspended[shard].hasRun { regionsToLookAt = suspended[shard].regions }
    suspended[shard].hasRun = true
    while let event = events.min, event.time < start {
      events.removeMin()
      now = max(now, event.time)
      session.advance(to: now)
      try handle(event)
      try lookAtRegions()
    }
  }

  private mutating func suspend(_ shard: Int) {
    suspended[shard].now = now
    suspended[shard].events = events.unordered
    events = Heap()
  }

  /// Starts every operation at its recorded time, whatever ran before it.
  private mutating func runAsRecorded() throws(ReplayError) {
    let known = program.partStart.filter { $0 != Operation.unknownTime }
    guard let first = known.min(), known.count == program.partCount else {
      throw ReplayError(
        "some operations have no recorded start", at: "workload",
        advice: "replay by dependencies, or replay a trace with times")
    }
    for index in iterations.indices { iterations[index].start = .infinity }
    try run(partsOf: [plan.phases.indices], from: 0) { execution, part in
      let phase = Int(execution.program.partPhase[part])
      if execution.rows[phase] == nil { execution.begin(phase: phase) }
      let start = Double(execution.program.partStart[part] &- first)
      let iteration = execution.iterationOf(phase: phase)
      execution.iterations[iteration].start = min(execution.iterations[iteration].start, start)
      execution.readyAt[part] = start
      execution.events.insert(Event(time: start, kind: .partIsReady, number: Int32(part)))
    }
  }

  private func stuck(among parts: ArraySlice<Int32>) -> ReplayError {
    let part =
      parts.first { !hasRun[Int($0)] || receiptsLeft[Int($0)] > 0 } ?? parts[parts.startIndex]
    let phase = Int(program.partPhase[Int(part)])
    return ReplayError(
      "it can never end: its predecessors wait for it, or its links carry nothing",
      at: "operation \(plan.phases[phase].step.operation)",
      advice: "check the dependencies of the trace: an operation may only wait for earlier ones")
  }
}

/// A shard while others run.
struct SuspendedShard: Sendable {
  /// Regions whose queues are looked at when it runs first.
  var regions: [Int] = []
  var hasRun = false
  var now = 0.0
  /// Changes of circuits that were still going on when its last part ended.
  var events: [Execution.Event] = []
}
