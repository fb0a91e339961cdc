internal import LocalityAnalysis
internal import Replay

/// The replays of one candidate: under each policy that is tried, as far as they are needed.
struct CandidateTrial {
  private let candidate: Candidate
  private let fabric: FabricSpecification
  private let trials: CandidateTrials

  init(_ candidate: Candidate, _ fabric: FabricSpecification, trials: CandidateTrials) {
    self.candidate = candidate
    self.fabric = fabric
    self.trials = trials
  }

  /// All iterations, exactly; each policy may take no longer than the best before it.
  ///
  /// - Parameter policy: the one to play; nil for the best of all.
  func inFull(policy name: String?, limit: Double) -> CandidateReplay {
    let policies = trials.policies(on: fabric).filter { name == nil || $0.name == name }
    var best: (times: CandidateTimes, policy: ReconfigurationPolicy, isExposed: Bool)?
    for policy in policies {
      let least = min(limit, best.map { $0.times.nanoseconds } ?? limit)
      let standing =
        policy == .never && sharesInstant(policy)
        ? trials.playStanding(candidate, fabric, limit: least) : nil
      let answer =
        standing
        ?? trials.play(
          fabric, policy, sample: nil, limit: least, measuresExposure: !sharesInstant(policy))
      switch answer {
      case .failed(let reason): return .failed(reason)
      case .exceedsLimit: continue
      case .played(let times):
        if times.nanoseconds < best?.times.nanoseconds ?? .infinity {
          best = (times, policy, standing != nil || !sharesInstant(policy))
        }
      }
    }
    guard let best else { return .exceedsLimit }
    guard !best.isExposed, best.times.reconfigurations > 0 else { return .played(best.times) }
    switch trials.playInstant(candidate, fabric, best.policy, sample: nil) {
    case .played(let instant): return .played(best.times.exposed(beyond: instant))
    case let other: return other
    }
  }

  /// The iterations of a sample.
  ///
  /// Circuits that are set once are set before the first of all iterations, not of the sample: their delay
  /// counts once, as if nothing hid it.
  func sampled(_ sample: CandidateTrials.Sample, limit: Double) -> CandidateReplay {
    let representatives = sample.representatives
    var best: (times: CandidateTimes, total: Double)?
    for policy in trials.policies(on: fabric) {
      var answer: CandidateReplay
      if policy == .never, sharesInstant(policy) {
        answer = trials.playInstant(candidate, fabric, policy, sample: sample)
        if case .played(var times) = answer {
          times.onceNanoseconds = firstDelay
          times.reconfigurations = 0
          answer = .played(times)
        }
      } else {
        answer = changing(policy, sample, beside: best?.times, limit: limit)
      }
      switch answer {
      case .failed(let reason): return .failed(reason)
      case .exceedsLimit: continue
      case .played(let times):
        let total = representatives.expand(times).reduce(0) { $0 + $1.nanoseconds }
        if total < best?.total ?? .infinity { best = (times, total) }
      }
    }
    return best.map { .played($0.times) } ?? .exceedsLimit
  }

  /// The iterations of a sample while circuits change, as far as they may beat those that stand.
  private func changing(
    _ policy: ReconfigurationPolicy, _ sample: CandidateTrials.Sample,
    beside standing: CandidateTimes?, limit: Double
  ) -> CandidateReplay {
    guard sharesInstant(policy) else {
      let least = standing.map { $0.nanoseconds + firstDelay } ?? limit
      return trials.play(fabric, policy, sample: sample, limit: min(limit, least))
    }
    let shared = trials.playInstant(candidate, fabric, policy, sample: sample)
    guard case .played(var instant) = shared else { return shared }
    let waits = Double(instant.reconfigurations) * firstDelay
    if waits <= Self.smallWaits * instant.nanoseconds {
      // Even if nothing hides them they are next to nothing: they count in full, nothing is replayed.
      let wait = waits / Double(max(1, instant.iterations.count))
      for place in instant.iterations.indices {
        instant.iterations[place].nanoseconds += wait
        instant.iterations[place].exposedNanoseconds = wait
      }
      return .played(instant)
    }
    if let standing, let first = standing.iterations.first,
      case .played(let probe) = trials.playBeginning(of: sample, fabric, policy),
      probe.nanoseconds > first.nanoseconds * Self.clearlyWorse + standing.onceNanoseconds
    {
      return .exceedsLimit
    }
    let least = standing.map { $0.nanoseconds + firstDelay } ?? limit
    let answer = trials.play(fabric, policy, sample: sample, limit: min(limit, least))
    guard case .played(let times) = answer else { return answer }
    return .played(times.exposed(beyond: instant))
  }

  /// Delays that are not worth a replay of a sample, as a share of its time.
  private static let smallWaits = 1e-3
  /// How many times as long the first iteration of a sample takes on circuits that need not be tried on
  /// the others.
  private static let clearlyWorse = 1.02

  /// Whether a replay without delays makes the same choices, so that all switches share it: not where a
  /// policy or a scheduler weighs the delay.
  private func sharesInstant(_ policy: ReconfigurationPolicy) -> Bool {
    fabric.followsDemand && !fabric.changesCircuitsDuringPhases
      && (policy == .always || policy == .never)
  }

  /// Nanoseconds until the first circuits are up.
  private var firstDelay: Double {
    guard let optical = fabric.optical else { return 0 }
    return optical.delay.nanoseconds(
      forPairs: optical.nicsPerServer * candidate.plan.size / 2)
  }
}

extension CandidateTimes {
  /// The same with what exceeds a replay without delays.
  fileprivate func exposed(beyond instant: CandidateTimes) -> CandidateTimes {
    var times = self
    for (place, iteration) in instant.iterations.enumerated() where place < iterations.count {
      times.iterations[place].exposedNanoseconds = max(
        0, iterations[place].nanoseconds - iteration.nanoseconds)
    }
    return times
  }
}
