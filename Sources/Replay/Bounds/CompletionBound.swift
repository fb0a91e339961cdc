public import TraceModel

/// A time in nanoseconds below which no replay of a workload on a fabric can end.
///
/// Compute and the tightest bound of every phase, one after the other, circuits free to choose and
/// without delay: what `ReplayResult.total.boundNanoseconds` says, without replaying.
/// - Throws: a `ReplayError` when the fabric does not fit the layout.
/// - Complexity: O(pairs) per distinct demand, in parallel.
public func completionBound(
  of workload: Workload, on fabric: FabricSpecification
) throws(ReplayError) -> Double {
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let plan = try PhasePlan(workload, iterations: nil)
  let terms = plan.demands
  let bounds = parallelMap(count: terms.count) {
    lowerBound(of: PhaseDemand(terms[$0], of: workload), on: network).nanoseconds
  }
  return plan.phases.reduce(0) { $0 + $1.computeNanoseconds + bounds[$1.demand] * $1.scale }
}
