internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// Replays candidates, and what several of them share only once.
///
/// Candidates that differ in their switch alone have the same bound, and while nothing waits for a change
/// of circuits the same replay; so do those whose regions hold the same joined servers, and those that
/// set the same circuits once.
final class CandidateTrials: CandidateEvaluator {
  let fabrics: CandidateFabrics
  let workload: Workload
  let sample: Sample?
  private let joined: JoinedServers
  private let bounds: [BoundKey: Result<Double, CandidateFailure>]
  private let equals: StandingEquals
  /// The first iteration alone.
  private let beginning: Workload
  /// Full replays that came to an end, below whichever limit.
  private let played = Locked<[FullKey: CandidateTimes]>([:])
  private let instant = Remembered<InstantKey, CandidateReplay>()

  /// A division of the servers with so many optical NICs, whatever switches them.
  struct PlanKey: Hashable, Sendable {
    var regionOf: [Int]
    var opticalNICs: Int

    init(_ candidate: Candidate) {
      regionOf = candidate.plan.hasCircuits ? candidate.plan.grouping.regionOf : []
      opticalNICs = candidate.opticalNICsPerServer
    }
  }

  /// What a bound depends on: which bytes may use circuits.
  private struct BoundKey: Hashable, Sendable {
    var isInside: [Bool]
    var opticalNICs: Int

    init(_ candidate: Candidate, _ joined: JoinedServers) {
      isInside =
        candidate.plan.hasCircuits ? joined.areInside(candidate.plan.grouping.regionOf) : []
      opticalNICs = candidate.opticalNICsPerServer
    }
  }

  private struct FullKey: Hashable, Sendable {
    var candidate: Candidate
    var policy: String?
  }

  private struct InstantKey: Hashable, Sendable {
    var plan: PlanKey
    var scheduler: String?
    var policy: String
    var isSampled: Bool
  }

  /// The iterations of the race.
  struct Sample: Sendable {
    let representatives: RepresentativeIterations
    /// As the trace has them.
    let recorded: Workload
    /// As candidates race on them.
    let workload: Workload
    /// The first of them.
    let beginning: Workload

    /// - Parameter arePooled: whether any NIC of a server carries any of its bytes; otherwise its ranks do
    ///   not stand for each other.
    init(_ representatives: RepresentativeIterations, of recorded: Workload, arePooled: Bool) {
      self.representatives = representatives
      self.recorded = recorded.withoutUnusedDemands()
      workload = arePooled ? recorded.betweenServers() : self.recorded
      beginning = workload.firstIteration
    }
  }

  /// - Parameters:
  ///   - candidates: those whose bounds will be asked for.
  ///   - sample: nil where every replay is of all iterations.
  init(
    _ workload: Workload, on fabrics: CandidateFabrics, candidates: [Candidate],
    sample: Sample? = nil
  ) throws {
    self.workload = workload
    self.fabrics = fabrics
    self.sample = sample
    let joined = JoinedServers(workload)
    self.joined = joined
    let beginning = workload.firstIteration
    self.beginning = beginning
    let bounded = try BoundedWorkload(workload)
    var seen: Set<BoundKey> = []
    // A switch or a scheduler that does not fit must not speak for the others.
    let distinct = candidates.filter {
      (try? fabrics.fabric(of: $0).get()) != nil && seen.insert(BoundKey($0, joined)).inserted
    }
    let found = parallelMap(count: distinct.count) { place in
      fabrics.fabric(of: distinct[place]).flatMap { fabric in
        Result { () throws(ReplayError) in try bounded.completionBound(on: fabric) }
          .mapError { CandidateFailure($0.description.onOneLine) }
      }
    }
    bounds = Dictionary(
      uniqueKeysWithValues: zip(distinct.map { BoundKey($0, joined) }, found))
    equals = StandingEquals(
      among: candidates, on: fabrics, of: workload, beginning: beginning, joined)
  }

  func quote(_ candidate: Candidate) -> Result<CandidateQuote, CandidateFailure> {
    fabrics.fabric(of: candidate).flatMap { fabric in
      let prices = fabrics.prices(of: fabric)
      return (bounds[BoundKey(candidate, joined)] ?? .success(0)).map {
        CandidateQuote(
          costUSD: prices.whole, usedPortsUSD: prices.used, boundNanoseconds: $0,
          switchUse: fabrics.switchUse(of: fabric))
      }
    }
  }

  func replay(
    _ candidate: Candidate, iterations: [Int]?, policy: String?, limitNanoseconds limit: Double
  ) -> CandidateReplay {
    switch fabrics.fabric(of: candidate) {
    case .failure(let failure): return .failed(failure.reason)
    case .success(let fabric):
      let trial = CandidateTrial(candidate, fabric, trials: self)
      guard iterations != nil, let sample else {
        let key = FullKey(candidate: candidate, policy: policy)
        if let times = played.withLock({ $0[key] }) {
          return times.nanoseconds <= limit ? .played(times) : .exceedsLimit
        }
        let answer = trial.inFull(policy: policy, limit: limit)
        if case .played(let times) = answer { played.withLock { $0[key] = times } }
        return answer
      }
      return trial.sampled(sample, limit: limit)
    }
  }

  // MARK: Single replays

  /// Under which policies a fabric is tried: where changing circuits does not pay they are set once, and a
  /// candidate is worth the better.
  func policies(on fabric: FabricSpecification) -> [ReconfigurationPolicy] {
    let declared = fabrics.parameters.policy
    guard fabric.followsDemand, !fabric.changesCircuitsDuringPhases, declared != .never else {
      return [declared]
    }
    return [.never, declared]
  }

  /// Plays all iterations or those of the sample.
  ///
  /// - Parameter measuresExposure: repeats the replay without delays to tell what they expose.
  func play(
    _ fabric: FabricSpecification, _ policy: ReconfigurationPolicy, sample: Sample?,
    limit: Double, measuresExposure: Bool = false
  ) -> CandidateReplay {
    play(
      sample?.workload ?? workload, on: fabric, policy, isSampled: sample != nil, limit: limit,
      measuresExposure: measuresExposure)
  }

  /// Plays what the race is about on a network of unlimited rate.
  func playUnlimited() -> CandidateReplay {
    play(
      sample?.recorded ?? workload, on: FabricComparison.unlimitedNetwork, .never,
      isSampled: sample != nil, limit: .infinity, measuresExposure: false)
  }

  /// Plays the first iteration of the sample.
  func playBeginning(
    of sample: Sample, _ fabric: FabricSpecification, _ policy: ReconfigurationPolicy
  ) -> CandidateReplay {
    play(
      sample.beginning, on: fabric, policy, isSampled: true, limit: .infinity,
      measuresExposure: false)
  }

  private func play(
    _ workload: Workload, on fabric: FabricSpecification, _ policy: ReconfigurationPolicy,
    isSampled: Bool, limit: Double, measuresExposure: Bool
  ) -> CandidateReplay {
    var options = fabrics.parameters.replayOptions(policy: policy)
    options.giveUpAfterNanoseconds = limit.isFinite ? limit : nil
    options.busiestLinkCount = 0
    options.answersTimesOnly = !measuresExposure
    if isSampled {
      options.batching = FluidBatching(
        relativeStep: max(options.batching.relativeStep, Self.sampleBatching))
    }
    do throws(ReplayError) {
      let result = try Replay.replay(workload, on: fabric, options: options)
      if result.isAbandoned || result.completionNanoseconds > limit { return .exceedsLimit }
      let spans = result.jobs.count > 1 ? [result.total] : result.iterations
      return .played(
        CandidateTimes(
          iterations: spans.map {
            IterationTime(
              nanoseconds: $0.completionNanoseconds, exposedNanoseconds: $0.exposedNanoseconds)
          }, policy: fabric.optical == nil ? nil : policy.name,
          reconfigurations: result.total.reconfigurations))
    } catch {
      return .failed(error.description.onOneLine)
    }
  }

  /// Times on a fabric whose circuits change in no time, once for all switches.
  func playInstant(
    _ candidate: Candidate, _ fabric: FabricSpecification, _ policy: ReconfigurationPolicy,
    sample: Sample?
  ) -> CandidateReplay {
    let key = InstantKey(
      plan: PlanKey(candidate), scheduler: candidate.scheduler, policy: policy.name,
      isSampled: sample != nil)
    return instant.value(for: key) {
      var fabric = fabric
      fabric.optical?.delay = .instant
      return play(fabric, policy, sample: sample, limit: .infinity)
    }
  }

  /// Plays all iterations on circuits that are set once; nil where nobody can share them.
  ///
  /// Iterations begin together, so only the first can tell when the circuits came up. The others depend on
  /// the circuits alone and are played once for all candidates that set the same.
  func playStanding(
    _ candidate: Candidate, _ fabric: FabricSpecification, limit: Double
  ) -> CandidateReplay? {
    guard let first = equals.first(as: candidate),
      let shared = try? fabrics.fabric(of: first).get()
    else { return nil }
    let start = play(
      beginning, on: fabric, .never, isSampled: false, limit: limit, measuresExposure: true)
    guard case .played(var times) = start else { return start }
    let all = playInstant(first, shared, .never, sample: nil)
    guard case .played(let later) = all else { return all }
    times.iterations += later.iterations.dropFirst()
    return times.nanoseconds <= limit ? .played(times) : .exceedsLimit
  }

  /// Flows of the race that end this near to each other leave together.
  private static let sampleBatching = 0.02
}

extension Workload {
  /// The first iteration alone.
  fileprivate var firstIteration: Workload {
    let first = steps.first?.iteration
    return keepingSteps { $0.iteration == first }.withoutUnusedDemands()
  }
}
