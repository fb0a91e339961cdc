public import TraceModel

/// A time in nanoseconds below which no replay of a workload on a fabric can end, circuits free to
/// choose and without delay: what `ReplayResult.total.boundNanoseconds` says, without replaying.
///
/// Iterations of a job are added up, for each ends before the next begins. Inside one, every end waits
/// only for its own operations and for those that it receives from, so its bound is the larger of
/// - the longest chain of compute and bytes through the ends' programs (see `ReadinessBound`);
/// - the iteration's bytes over any one link, or over all NICs of a server, divided by the rate, after
///   the first of them can have been sent.
///
/// Of several jobs the slowest decides, or the bytes of all of them over one link.
///
/// - Throws: a `ReplayError` when the fabric does not fit the layout.
/// - Complexity: O(pairs) per phase, and O(pairs · links of a path) per distinct demand, in parallel.
public func completionBound(
  of workload: Workload, on fabric: FabricSpecification
) throws(ReplayError) -> Double {
  try BoundedWorkload(workload).completionBound(on: fabric)
}

/// A workload with what its bounds need on every fabric alike, for many fabrics one after the other.
public struct BoundedWorkload: Sendable {
  private let layout: Layout
  private let grain: Grain
  private let order: ExecutionOrder
  private let plan: PhasePlan
  private let program: Program
  private let demands: [PhaseDemand]

  /// - Throws: a `ReplayError` when the workload contradicts itself.
  /// - Complexity: O(pairs of the distinct demands + ends of all phases) time and memory.
  public init(_ workload: Workload) throws(ReplayError) {
    layout = workload.layout
    grain = workload.grain
    order = workload.executionOrder
    plan = try PhasePlan(workload, iterations: nil)
    program = Program(plan, of: workload)
    let terms = plan.demands
    demands = parallelMap(count: terms.count) { PhaseDemand(terms[$0], of: workload) }
  }

  /// See the function of this name.
  ///
  /// - Throws: a `ReplayError` when the fabric does not fit the layout.
  public func completionBound(on fabric: FabricSpecification) throws(ReplayError) -> Double {
    let network = try FabricNetwork(fabric, layout: layout, grain: grain)
    return RunBounds(of: plan, program: program, demands: demands, on: network, order: order) {
      _ in true
    }.total
  }
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

/// The bounds of a run and of its parts, from the phases that count.
package struct RunBounds: Sendable {
  /// Of each job's iteration with such a phase, in their order.
  package private(set) var iterations: [Double] = []
  /// By job.
  package private(set) var jobs: [Int32: Double] = [:]
  package private(set) var total = 0.0
  private let order: ExecutionOrder

  package init(
    of plan: PhasePlan, program: Program, demands: [PhaseDemand], on network: FabricNetwork,
    order: ExecutionOrder, paths: PathTable? = nil, counting counts: (Int) -> Bool
  ) {
    self.order = order
    var bound = ReadinessBound(program, on: network, order: order)
    var profiles = PhaseProfiles(plan, demands: demands, on: network, paths: paths)
    var span: (iteration: Int32, job: Int32)?
    for (index, phase) in plan.phases.enumerated() where counts(index) {
      let (iteration, job) = (phase.step.iteration, phase.step.job)
      if let last = span, last != (iteration, job) { take(&bound, of: last.job) }
      span = (iteration, job)
      bound.add(profiles.profile(of: index), phase: index, scale: phase.scale, of: program)
    }
    if let span { take(&bound, of: span.job) }
    total = jobs.values.max() ?? 0
    // One job's links are in its iterations.
    if jobs.count > 1, order != .recorded { total = max(total, bound.ofAllBytes) }
  }

  private mutating func take(_ bound: inout ReadinessBound, of job: Int32) {
    let before = jobs[job] ?? 0
    let iteration = bound.takeTotal(after: before)
    iterations.append(iteration)
    // Recorded iterations may overlap: only the longest is sure to be waited for.
    jobs[job] = order == .recorded ? max(before, iteration) : before + iteration
  }
}

/// Profiles of distinct demands, worked out in parallel for a stretch of phases at a time: all of them
/// together can be large.
private struct PhaseProfiles {
  private let plan: PhasePlan
  private let demands: [PhaseDemand]
  private let network: FabricNetwork
  private let paths: PathTable?
  private var known: [Int: PhaseProfile] = [:]
  private var end = 0
  private static let pairsAtOnce = 1 << 21

  init(
    _ plan: PhasePlan, demands: [PhaseDemand], on network: FabricNetwork, paths: PathTable?
  ) {
    self.plan = plan
    self.demands = demands
    self.network = network
    self.paths = paths
  }

  mutating func profile(of phase: Int) -> PhaseProfile {
    if phase >= end { prepare(from: phase) }
    let demand = plan.phases[phase].demand
    return known[demand] ?? PhaseProfile(demands[demand], on: network, paths: paths)
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
    let (demands, network, paths, asked) = (demands, network, paths, missing)
    let made = parallelMap(count: asked.count) {
      PhaseProfile(demands[asked[$0]], on: network, paths: paths)
    }
    for (demand, profile) in zip(asked, made) { known[demand] = profile }
  }
}
