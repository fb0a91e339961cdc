public import TraceModel

/// A time in nanoseconds below which no replay of a workload on a fabric can end, circuits free to
/// choose and without delay: what `ReplayResult.total.boundNanoseconds` says, without replaying.
///
/// Iterations are added up, for each ends before the next begins. Inside one, every end waits only for
/// its own operations and for those that it receives from, so its bound is the larger of
/// - the longest chain of compute and bytes through the ends' programs (see `ReadinessBound`);
/// - the iteration's bytes over any one link, or over all NICs of a server, divided by the rate.
///
/// - Throws: a `ReplayError` when the fabric does not fit the layout.
/// - Complexity: O(pairs) per phase, and O(pairs · links of a path) per distinct demand, in parallel.
public func completionBound(
  of workload: Workload, on fabric: FabricSpecification
) throws(ReplayError) -> Double {
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let plan = try PhasePlan(workload, iterations: nil)
  return iterationBounds(of: plan.phases[...], in: workload, on: network).reduce(0, +)
}

/// The bound of each iteration that some phases belong to, in their order.
///
/// - Parameter pacing: recorded starts neither wait for each other nor for compute.
package func iterationBounds(
  of phases: ArraySlice<PlannedPhase>, in workload: Workload, on network: FabricNetwork,
  pacing: ReplayPacing = .dependencies
) -> [Double] {
  let rates = SureLoads(network)
  var bounds: [Double] = []
  var iteration: Int32?
  var bound = ReadinessBound(endpointCount: 0, slotCount: 0)
  var profiles = PhaseProfiles(of: workload, on: network)
  for (offset, phase) in phases.enumerated() {
    if iteration != phase.step.iteration {
      if iteration != nil { bounds.append(bound.total(capacity: rates.capacity)) }
      iteration = phase.step.iteration
      bound = ReadinessBound(
        endpointCount: workload.endpointCount, slotCount: rates.slotCount)
    }
    let profile = profiles.profile(at: phases.startIndex + offset, of: phases)
    let isPaced = pacing == .recorded
    bound.add(
      profile, scale: phase.scale,
      compute: isPaced
        ? profile.ends.map { _ in 0 } : phase.compute(of: profile.ends, in: workload),
      waitsForOrder: !isPaced
        && phase.steps.allSatisfy { workload.steps[$0].predecessors.isEmpty })
  }
  if iteration != nil { bounds.append(bound.total(capacity: rates.capacity)) }
  return bounds
}

/// Profiles of distinct demands, worked out in parallel for a stretch of phases at a time: all of them
/// together can be large.
private struct PhaseProfiles {
  private let workload: Workload
  private let network: FabricNetwork
  private var known: [Int: PhaseProfile] = [:]
  private var end: Int?
  private static let pairsAtOnce = 1 << 21

  init(of workload: Workload, on network: FabricNetwork) {
    self.workload = workload
    self.network = network
  }

  mutating func profile(at index: Int, of phases: ArraySlice<PlannedPhase>) -> PhaseProfile {
    if index >= end ?? index { prepare(from: index, of: phases) }
    if let profile = known[phases[index].demand] { return profile }
    return Self.profile(of: phases[index], in: workload, on: network)
  }

  private mutating func prepare(from index: Int, of phases: ArraySlice<PlannedPhase>) {
    var wanted: [Int: PlannedPhase] = [:]
    var order: [Int] = []
    var pairs = 0
    var next = index
    while next < phases.endIndex, pairs < Self.pairsAtOnce {
      let phase = phases[next]
      if wanted.updateValue(phase, forKey: phase.demand) == nil {
        order.append(phase.demand)
        for operation in phase.operations {
          pairs += workload.demands.pairs(of: operation.term.demand).count
        }
      }
      next += 1
    }
    end = next
    let (missing, asked) = (order.filter { known[$0] == nil }, wanted)
    let (workload, network) = (workload, network)
    let made = parallelMap(count: missing.count) { place -> PhaseProfile? in
      asked[missing[place]].map { Self.profile(of: $0, in: workload, on: network) }
    }
    // Demands of the stretch before are kept only where this one repeats them.
    known = known.filter { asked[$0.key] != nil }
    for (demand, profile) in zip(missing, made) { known[demand] = profile }
  }

  private static func profile(
    of phase: PlannedPhase, in workload: Workload, on network: FabricNetwork
  ) -> PhaseProfile {
    let terms = phase.operations.map { operation in
      var term = operation.term
      term.bytesPerUnit = Int64(operation.bytesPerUnit / phase.scale)
      return term
    }
    return PhaseProfile(
      PhaseDemand(terms, of: workload), on: network, endpointCount: workload.endpointCount)
  }
}
