public import TraceModel

/// A time in nanoseconds below which no replay of a workload on a fabric can end, circuits free to
/// choose and without delay: what `ReplayResult.total.boundNanoseconds` says, without replaying.
///
/// Iterations are added up, for each ends before the next begins. Inside one, every end waits only for
/// its own operations and for those that it receives from, so its bound is the larger of
/// - the longest chain of compute and bytes through the ends' programs (see `ReadinessBound`);
/// - the iteration's bytes over any one link, or over all NICs of a server, divided by the rate, after
///   the first of them can have been sent.
///
/// - Throws: a `ReplayError` when the fabric does not fit the layout.
/// - Complexity: O(pairs) per phase, and O(pairs · links of a path) per distinct demand, in parallel.
public func completionBound(
  of workload: Workload, on fabric: FabricSpecification
) throws(ReplayError) -> Double {
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let plan = try PhasePlan(workload, iterations: nil)
  let terms = plan.demands
  let demands = parallelMap(count: terms.count) { PhaseDemand(terms[$0], of: workload) }
  return iterationBounds(
    of: plan, program: Program(plan, of: workload), demands: demands, on: network,
    order: workload.executionOrder
  ) { _ in true }.reduce(0, +)
}

/// What says when an operation may begin.
package enum ExecutionOrder: Sendable, Hashable {
  /// The order of the steps at each end.
  case steps
  /// Predecessors that some steps name.
  case predecessors
  /// Recorded times.
  case recorded
}

extension Workload {
  package var executionOrder: ExecutionOrder {
    steps.allSatisfy(\.predecessors.isEmpty) ? .steps : .predecessors
  }
}

/// The bound of each iteration with a phase that counts, in their order.
package func iterationBounds(
  of plan: PhasePlan, program: Program, demands: [PhaseDemand], on network: FabricNetwork,
  order: ExecutionOrder, counting counts: (Int) -> Bool
) -> [Double] {
  var bound = ReadinessBound(program, on: network, order: order)
  var profiles = PhaseProfiles(plan, demands: demands, on: network)
  var bounds: [Double] = []
  var iteration: Int32?
  for (index, phase) in plan.phases.enumerated() where counts(index) {
    if iteration != phase.step.iteration {
      if iteration != nil { bounds.append(bound.takeTotal()) }
      iteration = phase.step.iteration
    }
    bound.add(profiles.profile(of: index), phase: index, scale: phase.scale, of: program)
  }
  if iteration != nil { bounds.append(bound.takeTotal()) }
  return bounds
}

/// Profiles of distinct demands, worked out in parallel for a stretch of phases at a time: all of them
/// together can be large.
private struct PhaseProfiles {
  private let plan: PhasePlan
  private let demands: [PhaseDemand]
  private let network: FabricNetwork
  private var known: [Int: PhaseProfile] = [:]
  private var end = 0
  private static let pairsAtOnce = 1 << 21

  init(_ plan: PhasePlan, demands: [PhaseDemand], on network: FabricNetwork) {
    self.plan = plan
    self.demands = demands
    self.network = network
  }

  mutating func profile(of phase: Int) -> PhaseProfile {
    if phase >= end { prepare(from: phase) }
    let demand = plan.phases[phase].demand
    return known[demand] ?? PhaseProfile(demands[demand], on: network)
  }

  private mutating func prepare(from first: Int) {
    var wanted = Set<Int>()
    var missing: [Int] = []
    var pairs = 0
    end = first
    while end < plan.phases.count, pairs < Self.pairsAtOnce {
      let demand = plan.phases[end].demand
      if wanted.insert(demand).inserted, known[demand] == nil { missing.append(demand) }
      pairs += demands[demand].pairs.count
      end += 1
    }
    // Demands of the stretch before are kept only where this one repeats them.
    known = known.filter { wanted.contains($0.key) }
    let (demands, network, asked) = (demands, network, missing)
    let made = parallelMap(count: asked.count) { PhaseProfile(demands[asked[$0]], on: network) }
    for (demand, profile) in zip(asked, made) { known[demand] = profile }
  }
}
