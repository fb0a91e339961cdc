internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// Which candidates set the same circuits once, and so need one replay of all iterations but the first.
struct StandingEquals: Sendable {
  private var firstOf: [Key: Candidate] = [:]

  private struct Key: Hashable, Sendable {
    var plan: CandidateTrials.PlanKey
    var scheduler: String?

    init(_ candidate: Candidate) {
      plan = CandidateTrials.PlanKey(candidate)
      scheduler = candidate.scheduler
    }
  }

  private struct Circuits: Hashable {
    var circuits: [StandingCircuits.Circuits]
    var opticalNICs: Int
  }

  /// Finds who sets the same circuits.
  ///
  /// A region without demand in the first iteration would set its circuits later: who has one is equal to
  /// nobody. So is everybody where iterations do not begin together.
  ///
  /// - Parameter beginning: the first iteration.
  init(
    among candidates: [Candidate], on fabrics: CandidateFabrics, of workload: Workload,
    beginning: Workload, _ joined: JoinedServers
  ) {
    guard workload.jobs.count == 1, workload.iterations.count > 1,
      fabrics.parameters.options.pacing == .dependencies
    else { return }
    var seen: Set<Key> = []
    let asked = candidates.filter { candidate in
      guard candidate.plan.hasCircuits, let fabric = try? fabrics.fabric(of: candidate).get(),
        fabric.followsDemand, !fabric.changesCircuitsDuringPhases, fabric.sharing != .splitOptimal
      else { return false }
      return seen.insert(Key(candidate)).inserted
    }
    let found = parallelMap(count: asked.count) { place -> StandingCircuits? in
      guard let fabric = try? fabrics.fabric(of: asked[place]).get(),
        let circuits = try? StandingCircuits(of: beginning, on: fabric)
      else { return nil }
      let regionOf = asked[place].plan.grouping.regionOf
      let areAllSet = joined.pairs.allSatisfy {
        regionOf[$0.left] != regionOf[$0.right] || circuits.isSet[regionOf[$0.left]]
      }
      return areAllSet ? circuits : nil
    }
    var first: [Circuits: Candidate] = [:]
    for (candidate, circuits) in zip(asked, found) {
      guard let circuits else { continue }
      let key = Circuits(
        circuits: circuits.circuits, opticalNICs: candidate.opticalNICsPerServer)
      let known = first[key] ?? candidate
      first[key] = known
      firstOf[Key(candidate)] = known
    }
  }

  /// The first candidate with the circuits of another one, maybe itself; nil where it plays alone.
  func first(as candidate: Candidate) -> Candidate? { firstOf[Key(candidate)] }
}
