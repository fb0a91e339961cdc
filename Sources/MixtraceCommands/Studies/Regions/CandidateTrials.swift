internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// Replays candidates, and what several of them share only once.
///
/// Candidates that differ in their switch alone have the same bound, and while nothing waits for a change
/// of circuits the same replay.
final class CandidateTrials: CandidateEvaluator {
  let fabrics: CandidateFabrics
  let workload: Workload
  let sample: Sample?
  private let bounds: [PlanKey: Result<Double, CandidateFailure>]
  /// Full replays that came to an end, below whichever limit.
  private let played = Locked<[FullKey: CandidateTimes]>([:])
  private let instant = Remembered<InstantKey, CandidateReplay>()

  /// What a bound depends on.
  struct PlanKey: Hashable, Sendable {
    var regionOf: [Int]
    var opticalNICs: Int

    init(_ candidate: Candidate) {
      regionOf = candidate.plan.hasCircuits ? candidate.plan.grouping.regionOf : []
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
    var representatives: RepresentativeIterations
    var workload: Workload

    /// The first of them.
    var firstAlone: Sample {
      let first = workload.steps.first?.iteration
      var alone = self
      alone.workload = workload.keepingSteps { $0.iteration == first }
      return alone
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
    let bounded = try BoundedWorkload(workload)
    var seen: Set<PlanKey> = []
    // A switch or a scheduler that does not fit must not speak for the others.
    let distinct = candidates.filter {
      (try? fabrics.fabric(of: $0).get()) != nil && seen.insert(PlanKey($0)).inserted
    }
    let found = parallelMap(count: distinct.count) { place in
      fabrics.fabric(of: distinct[place]).flatMap { fabric in
        Result { () throws(ReplayError) in try bounded.completionBound(on: fabric) }
          .mapError { CandidateFailure($0.description.onOneLine) }
      }
    }
    bounds = Dictionary(uniqueKeysWithValues: zip(distinct.map(PlanKey.init), found))
  }

  func quote(_ candidate: Candidate) -> Result<CandidateQuote, CandidateFailure> {
    fabrics.fabric(of: candidate).flatMap { fabric in
      let prices = fabrics.prices(of: fabric)
      return (bounds[PlanKey(candidate)] ?? .success(0)).map {
        CandidateQuote(
          costUSD: prices.whole, usedPortsUSD: prices.used, boundNanoseconds: $0)
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
    var options = fabrics.parameters.replayOptions(policy: policy)
    options.giveUpAfterNanoseconds = limit.isFinite ? limit : nil
    options.busiestLinkCount = 0
    options.answersTimesOnly = !measuresExposure
    if sample != nil {
      options.batching = FluidBatching(
        relativeStep: max(options.batching.relativeStep, Self.sampleBatching))
    }
    do throws(ReplayError) {
      let result = try Replay.replay(sample?.workload ?? workload, on: fabric, options: options)
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

  /// Flows of the race that end this near to each other leave together.
  private static let sampleBatching = 0.02
}
