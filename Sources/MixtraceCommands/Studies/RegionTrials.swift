internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// Replays region plans, each distinct one once.
///
/// A class because the chooser's evaluator is a closure that must remember.
final class RegionTrials {
  private let workload: Workload
  private let bounded: BoundedWorkload
  private let traffic: TrafficMatrix
  private let parameters: FabricParameters
  private let optical: FabricSpecification
  private let electrical: FabricSpecification
  private var known: [[Int]: Trial] = [:]

  /// What is known of a plan: a completion, or the limit beyond which it was given up.
  private enum Trial {
    case completion(Double)
    case slowerThan(Double)
  }

  /// - Parameter optical: the fabric whose regions are tried.
  init(
    workload: Workload, locality: LocalityReport, optical: FabricSpecification,
    parameters: FabricParameters
  ) throws {
    self.workload = workload
    bounded = try BoundedWorkload(workload)
    self.parameters = parameters
    self.optical = optical
    traffic = locality.serverMatrix
    electrical = try parameters.electricalFabric(for: workload.layout)
  }

  /// Bound and cost of a plan, and its completion unless it exceeds the limit; a limit of 0 asks
  /// for bound and cost alone.
  func score(
    _ plan: LocalityAnalysis.RegionPlan, giveUpAfterNanoseconds limit: Double
  ) throws(ReplayError) -> PlanScore {
    // A region of one server holds no circuit: the comparison is with all NICs on packets.
    var fabric = electrical
    if plan.hasCircuits {
      fabric = optical
      fabric.optical?.regions = .declared(plan.grouping.regionOf)
    }
    var score = PlanScore(
      completionNanoseconds: nil,
      costUSD: parameters.bill(for: fabric, layout: workload.layout).totalUSD,
      provenLowerBoundNanoseconds: try bounded.completionBound(on: fabric))
    guard limit > 0 else { return score }
    switch try trial(of: fabric, key: plan.hasCircuits ? islands(of: plan) : [], limit: limit) {
    case .completion(let time): score.completionNanoseconds = time <= limit ? time : nil
    case .slowerThan: break
    }
    return score
  }

  private func trial(
    of fabric: FabricSpecification, key: [Int], limit: Double
  ) throws(ReplayError) -> Trial {
    switch known[key] {
    case .completion(let time): return .completion(time)
    case .slowerThan(let earlier) where earlier >= limit: return .slowerThan(earlier)
    default: break
    }
    // Where changing circuits does not pay they are set once: a region is worth the better.
    var policies = [parameters.policy]
    if fabric.optical != nil, parameters.policy != .never { policies.append(.never) }
    var best = Double.infinity
    for policy in policies {
      var options = parameters.replayOptions(policy: policy)
      options.giveUpAfterNanoseconds = limit
      let result = try replay(workload, on: fabric, options: options)
      if !result.isAbandoned { best = min(best, result.completionNanoseconds) }
    }
    let trial = best.isFinite ? Trial.completion(best) : .slowerThan(limit)
    known[key] = trial
    return trial
  }

  /// Servers of a region that exchange bytes, as the lowest server of each such island.
  ///
  /// Plans with the same islands replay alike: circuits are only set where there is demand.
  private func islands(of plan: LocalityAnalysis.RegionPlan) -> [Int] {
    let region = plan.grouping.regionOf
    var island = Array(0..<traffic.size)
    func root(_ server: Int) -> Int {
      var server = server
      while island[server] != server { server = island[server] }
      return server
    }
    for source in 0..<traffic.size {
      for destination in 0..<traffic.size
      where traffic[source, destination] > 0 && region[source] == region[destination] {
        let (first, second) = (root(source), root(destination))
        island[max(first, second)] = min(first, second)
      }
    }
    return island.indices.map { root($0) }
  }
}
