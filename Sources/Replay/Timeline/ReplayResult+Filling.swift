internal import TraceModel

extension ReplayResult {
  /// Fills in iterations, phases and totals from what was played.
  mutating func fill(from played: Execution, withoutDelays instant: Execution?) {
    let optima = played.circuitOptima()
    var delays: [Int32: Double] = [:]
    isAbandoned = played.isAbandoned
    for (number, span) in played.iterations.enumerated() {
      let done = span.phases.filter {
        !played.isAbandoned || played.records[$0].isDone && !played.program.parts(of: $0).isEmpty
      }
      if played.isAbandoned && done.isEmpty { continue }
      var iteration = IterationResult(iteration: span.iteration, job: span.job)
      var lag = 0.0
      for phase in done {
        var row = played.row(of: phase, circuitOptimum: optima[phase])
        if let instant {
          // What is late beyond the phases before it came late because of this one's circuits.
          let late =
            (played.records[phase].end - span.start)
            - (instant.records[phase].end - instant.iterations[number].start)
          row.exposedNanoseconds = max(0, late - lag)
          lag = max(lag, late)
        }
        row.hiddenNanoseconds = max(0, played.records[phase].delay - row.exposedNanoseconds)
        iteration.add(row)
        bytes.add(row.bytes, scale: 1)
        phases.append(row)
      }
      iteration.completionNanoseconds =
        span.partsLeft == 0 ? span.length : played.now - span.start
      iteration.computeNanoseconds = played.longestCompute(of: done)
      iteration.exposedNanoseconds =
        instant.map { max(0, span.length - $0.iterations[number].length) } ?? 0
      let delay = done.reduce(0) { $0 + played.records[$1].delay }
      iteration.hiddenNanoseconds = max(0, delay - iteration.exposedNanoseconds)
      delays[span.job, default: 0] += delay
      iterations.append(iteration)
      add(iteration)
    }
    for place in jobs.indices {
      let job = jobs[place].job
      if played.options.pacing == .recorded {
        jobs[place].completionNanoseconds = played.lastEnd(ofJob: job)
      }
      jobs[place].noteDelays(
        delays[job] ?? 0,
        endingLater: instant.map { played.lastEnd(ofJob: job) - $0.lastEnd(ofJob: job) })
    }
    total = totalOfJobs(delays: delays.values.reduce(0, +), played, withoutDelays: instant)
    if isAbandoned {
      total.completionNanoseconds = max(total.completionNanoseconds, played.now)
    }
    busiestLinks = played.traffic.busiest(played.options.busiestLinkCount)
  }

  /// Adds an iteration to those of its job, after which it ran.
  private mutating func add(_ iteration: IterationResult) {
    let place = jobs.firstIndex { $0.job >= iteration.job } ?? jobs.count
    if place == jobs.count || jobs[place].job != iteration.job {
      jobs.insert(IterationResult(iteration: Operation.unknown, job: iteration.job), at: place)
    }
    jobs[place].add(iteration)
  }

  /// Jobs beside each other: the last to end decides, what they do is added up.
  private func totalOfJobs(
    delays: Double, _ played: Execution, withoutDelays instant: Execution?
  ) -> IterationResult {
    guard jobs.count > 1 else { return jobs.first ?? total }
    var sum = IterationResult(iteration: Operation.unknown, job: Operation.unknown)
    for job in jobs { sum.add(job) }
    sum.completionNanoseconds = jobs.reduce(0) { max($0, $1.completionNanoseconds) }
    sum.computeNanoseconds = jobs.reduce(0) { max($0, $1.computeNanoseconds) }
    sum.noteDelays(delays, endingLater: instant.map { played.lastEnd() - $0.lastEnd() })
    return sum
  }

  /// Fills in what no replay of what was played can be faster than.
  mutating func addBounds(of played: Execution, in workload: Workload) {
    let bounds = RunBounds(
      of: played.plan, program: played.program, demands: played.choices.demands,
      on: played.network,
      order: played.options.pacing == .recorded ? .recorded : workload.executionOrder,
      paths: played.paths
    ) {
      !played.isAbandoned
        || played.records[$0].isDone && !played.program.parts(of: $0).isEmpty
    }
    for index in iterations.indices {
      iterations[index].boundNanoseconds = bounds.iterations[index]
    }
    for index in jobs.indices { jobs[index].boundNanoseconds = bounds.jobs[jobs[index].job] ?? 0 }
    total.boundNanoseconds = bounds.total
  }
}

extension Execution.IterationSpan {
  var length: Double { max(0, end - start) }
}

extension Execution {
  /// When the last iteration of a job, or of all, ended.
  fileprivate func lastEnd(ofJob job: Int32? = nil) -> Double {
    iterations.reduce(0) { job == nil || $1.job == job ? max($0, $1.end) : $0 }
  }

  /// What the reader must know of jobs that share the fabric.
  var notesOnJobs: [String] {
    guard Set(plan.phases.map(\.step.job)).count > 1 else { return [] }
    var notes = [
      "jobs start together; each begins its next iteration when its own has ended, and the completion "
        + "is that of the last job"
    ]
    let isShared = regions.contains { region in
      let jobs = region.items.lazy.map { plan.phases[Int($0.phase)].step.job }
      return jobs.contains { $0 != jobs.first }
    }
    if isShared {
      notes.append(
        "jobs with servers in one region take turns with its circuits, iteration by iteration")
    }
    return notes
  }

  /// The row of a phase, without what its delays exposed.
  fileprivate func row(of phase: Int, circuitOptimum: Double?) -> PhaseResult {
    let planned = plan.phases[phase]
    let record = records[phase]
    var bound = bounds[planned.demand]
    bound.nanoseconds *= planned.scale
    var row = PhaseResult(
      job: planned.step.job, iteration: planned.step.iteration, microBatch: planned.step.microBatch,
      layer: planned.step.layer, phase: planned.step.phase, role: planned.step.role,
      startNanoseconds: record.firstReady < .infinity ? record.firstReady : now,
      durationNanoseconds: record.duration,
      computeBeforeNanoseconds: planned.computeNanoseconds, bound: bound,
      circuitOptimumNanoseconds: circuitOptimum, bytes: record.bytes)
    row.startSpreadNanoseconds = max(0, record.lastReady - record.firstReady)
    row.blockedNanoseconds = record.blocked
    row.reconfiguredRegionCount = record.reconfiguredRegionCount
    row.circuitCount = record.circuits.reduce(0) {
      $0 + ($1.map { choices.circuitCount[$0] } ?? 0)
    }
    row.recordedNanoseconds = recorded[phase]
    return row
  }

  /// The least duration of each phase on the circuits that it had, where it is known.
  fileprivate func circuitOptima() -> [Double?] {
    // The paced division takes one path per pair.
    guard let optical = network.fabric.optical, !optical.scheduler.answersWithSequence,
      network.hasOnePathPerPair, !options.answersTimesOnly
    else {
      return records.map { _ in nil }
    }
    var numberOf: [OptimumKey: Int] = [:]
    var keys: [OptimumKey] = []
    let keyOfPhase = records.indices.map { phase -> Int? in
      guard plan.phases[phase].isExpert, records[phase].isDone else { return nil }
      let key = OptimumKey(demand: plan.phases[phase].demand, circuits: records[phase].circuits)
      if let known = numberOf[key] { return known }
      numberOf[key] = keys.count
      keys.append(key)
      return keys.count - 1
    }
    let wanted = keys
    let optima = parallelMap(count: keys.count) { optimum(of: wanted[$0]) }
    return records.indices.map { phase in
      guard let key = keyOfPhase[phase], let optimum = optima[key] else { return nil }
      return optimum * plan.phases[phase].scale
        + (optimum > 0 ? network.fabric.latencyNanoseconds : 0)
    }
  }

  private struct OptimumKey: Hashable, Sendable {
    var demand: Int
    var circuits: [Int?]
  }

  private func optimum(of key: OptimumKey) -> Double? {
    var set = CircuitSet(network.regions.map { CircuitMatrix(size: $0.count) })
    for (region, circuits) in zip(regionsOfDemand[key.demand], key.circuits) {
      if let circuits { set.regions[region] = choices.matrices[circuits] }
    }
    return PacedReplay(
      RoutedDemand(choices.demands[key.demand], on: network, circuits: set)
    ).outcome.optimum
  }

  /// The most compute that one end had in some phases of an iteration.
  fileprivate func longestCompute(of phases: [Int]) -> Double {
    var compute: [Int32: Double] = [:]
    var longest = 0.0
    for phase in phases {
      for part in program.parts(of: phase) where program.partCompute[part] > 0 {
        let sum = (compute[program.partEnd[part]] ?? 0) + program.partCompute[part]
        compute[program.partEnd[part]] = sum
        longest = max(longest, sum)
      }
    }
    return longest
  }
}

extension IterationResult {
  fileprivate mutating func add(_ row: PhaseResult) {
    communicationNanoseconds += row.durationNanoseconds
    communicationBoundNanoseconds += row.bound.nanoseconds
    blockedNanoseconds += row.blockedNanoseconds
    if row.hasReconfigured { reconfigurations += 1 }
  }

  /// Divides delays into what was waited for and what was not.
  ///
  /// - Parameter difference: nanoseconds by which it ends later than without delays; nil without any.
  fileprivate mutating func noteDelays(_ delays: Double, endingLater difference: Double?) {
    exposedNanoseconds = max(0, difference ?? 0)
    hiddenNanoseconds = max(0, delays - exposedNanoseconds)
  }

  /// Adds what runs after that so far.
  fileprivate mutating func add(_ other: IterationResult) {
    completionNanoseconds += other.completionNanoseconds
    communicationNanoseconds += other.communicationNanoseconds
    computeNanoseconds += other.computeNanoseconds
    communicationBoundNanoseconds += other.communicationBoundNanoseconds
    exposedNanoseconds += other.exposedNanoseconds
    hiddenNanoseconds += other.hiddenNanoseconds
    blockedNanoseconds += other.blockedNanoseconds
    reconfigurations += other.reconfigurations
  }
}
