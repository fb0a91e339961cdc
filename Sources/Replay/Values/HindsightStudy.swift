public import TraceModel

/// The best that any policy could have done with a few sets of circuits, all demands known beforehand.
///
/// No bound: see `Hindsight`. Expert phases only, one after the other, each used as well as it can be.
public struct HindsightStudy: Sendable, Hashable {
  /// The best sequence that begins on the best static circuits.
  public var best: Hindsight
  /// Forward and backward passes for which circuits may be chosen.
  public var stepCount: Int
  /// Candidate 0 is the best static set, 1 a circulant; the others were chosen for one demand each.
  public var candidateCount: Int
  /// Nanoseconds on the best static circuits (fitted on the very same steps).
  public var staticNanoseconds: Double
  /// Nanoseconds of every step on its best candidate, delays left out.
  public var instantNanoseconds: Double
  /// The largest exposed delay at which changing circuits could still have paid.
  public var breakEvenNanoseconds: Double
}

/// Works out the best policy in hindsight over at most `candidates` sets of circuits.
///
/// Candidates are the best static circuits, a circulant, and circuits for distinct demands by first
/// occurrence. A change costs the delay less the compute that hides it: nothing hides the change for a
/// demand that a gate decides, the compute before a backward pass hides its own.
/// - Parameters:
///   - delayNanoseconds: of setting up circuits; nil for the fabric's, all of a region's circuits
///     changing.
/// - Returns: nil when no byte could use a circuit.
/// - Throws: a `ReplayError` as `replay` does.
/// - Complexity: a solve for each distinct demand and candidate.
public func hindsight(
  of workload: Workload, on fabric: FabricSpecification, candidates limit: Int = 16,
  delayNanoseconds: Double? = nil, iterations: ClosedRange<Int32>? = nil
) throws(ReplayError) -> HindsightStudy? {
  guard let study = try ValueStudy(workload, on: fabric, iterations: iterations) else { return nil }
  let candidates = try study.candidates(atMost: max(1, limit))
  let times = try study.times(of: study.epochs, on: candidates)
  let pairs = candidates.reduce(0) { most, candidate in
    max(most, candidate.regions.reduce(0) { max($0, $1.circuitCount) })
  }
  let delay = delayNanoseconds ?? study.optical.delay.nanoseconds(forPairs: pairs)
  let exposed = study.epochs.map {
    exposedDelay(delay, hiddenBehind: $0.followsGate ? 0 : $0.computeNanoseconds)
  }
  return HindsightStudy(
    best: Hindsight(times: times, exposedDelay: exposed, initial: 0),
    stepCount: times.count, candidateCount: candidates.count,
    staticNanoseconds: times.reduce(0) { $0 + $1[0] },
    instantNanoseconds: times.reduce(0) { $0 + ($1.min() ?? 0) },
    breakEvenNanoseconds: Hindsight.breakEvenDelay(times: times, staticCandidate: 0))
}

extension ValueStudy {
  /// Distinct sets of circuits: the best static one, a circulant, and those for single demands.
  fileprivate func candidates(atMost limit: Int) throws(ReplayError) -> [CircuitSet] {
    var candidates = [try bestStaticCircuits(fittedOn: epochs)]
    var seen = Set(candidates)
    func add(_ circuits: CircuitSet) {
      if candidates.count < limit, seen.insert(circuits).inserted { candidates.append(circuits) }
    }
    add(circuits(Circulant(), for: meanMatrices(epochs)))
    var openers = Set<Int>()
    for epoch in epochs where candidates.count < limit {
      if openers.insert(epoch.opener).inserted { add(try bestCircuits(forDemand: epoch.opener)) }
    }
    return candidates
  }

  /// Nanoseconds of each epoch on each candidate.
  fileprivate func times(
    of epochs: [Epoch], on candidates: [CircuitSet]
  ) throws(ReplayError) -> [[Double]] {
    var known: [Int: [Double]] = [:]
    var times: [[Double]] = []
    for epoch in epochs {
      var sums = [Double](repeating: 0, count: candidates.count)
      for phase in epoch.phases {
        if known[phase.demand] == nil {
          var times: [Double] = []
          for circuits in candidates {
            times.append(try time(ofDemand: phase.demand, on: circuits))
          }
          known[phase.demand] = times
        }
        for (candidate, time) in (known[phase.demand] ?? []).enumerated() {
          sums[candidate] += time * phase.scale
        }
      }
      times.append(sums)
    }
    return times
  }
}
