public import TraceModel

/// Replays a workload on a fabric: exact max-min fluid phases, one after the other.
///
/// Operations of the same iteration, micro-batch, layer and phase run together; phases and the
/// compute before them form one serial chain. A demand that was solved on the same circuits is not
/// solved again, whatever its bytes per unit. MixNet's circuits change for the forward and for
/// the backward pass of each layer, as the options' policy decides.
///
/// - Throws: a `ReplayError` when the fabric does not fit the layout, when the workload contradicts
///   its layout, or when a pair cannot be reached (it is named).
/// - Complexity: one fluid solve per distinct (demand, circuits), in parallel where they can be
///   foreseen.
public func replay(
  _ workload: Workload, on fabric: FabricSpecification, options: ReplayOptions = ReplayOptions()
) throws(ReplayError) -> ReplayResult {
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let plan = try PhasePlan(workload, iterations: options.iterations)
  let openers = plan.phases.filter { $0.opensEpoch }.map(\.demand)
  let solved = SolvedPhases(
    plan, of: workload, on: network,
    schedules: fabric.optical == nil ? [] : Set(openers))
  for demand in solved.demands { try network.checkReachable(demand) }
  var options = options
  if !fabric.changesCircuits { options.policy = .never }
  var result = ReplayResult(
    fabric: fabric.name, sharing: fabric.optical.map { _ in fabric.sharing },
    policy: options.policy)
  result.effectiveParameters = network.effectiveParameters + options.effectiveParameters
  result.isExpertTrafficOnly = plan.phases.allSatisfy(\.isExpert)
  result.hasCompute = plan.phases.contains { $0.computeNanoseconds > 0 }
  var timeline = Timeline(plan, solved: solved, fabric: fabric, options: options)
  try timeline.run(into: &result)
  // Only what was played: an abandoned replay has phases left.
  let bounds = iterationBounds(
    of: plan.phases.prefix(result.phases.count), in: workload, on: network)
  for (iteration, bound) in bounds.enumerated() {
    result.iterations[iteration].boundNanoseconds = bound
  }
  result.total.boundNanoseconds = bounds.reduce(0, +)
  result.notes = notes(on: result, workload: workload, fabric: fabric, network: network)
  return result
}

/// What the reader must know beside the numbers.
private func notes(
  on result: ReplayResult, workload: Workload, fabric: FabricSpecification,
  network: FabricNetwork
) -> [String] {
  var notes = ["phases run one after the other; the groups of one phase run together"]
  if !result.hasCompute { notes.append("no compute time is known: times are communication alone") }
  if result.isExpertTrafficOnly { notes.append("expert traffic only") }
  if workload.grain != .rank {
    notes.append(
      "the workload is at \(workload.grain.name) grain: NICs of a server are pooled, and gathering "
        + "to them inside the server is not modelled")
  } else if network.policy == .pooled && workload.layout.gpusPerServer > 1 {
    notes.append(
      "pooled NICs: every byte between servers is charged to the scale-up links of its GPUs, and "
        + "its delegates to their server as a whole")
  }
  if let tree = fabric.electrical as? FatTree, tree.oversubscription > 1,
    tree.serversPerLeaf >= workload.layout.serverCount
  {
    notes.append("one switch holds every NIC, so nothing is oversubscribed")
  }
  if let optical = fabric.optical {
    notes.append("sharing of circuits and EPS: \(fabric.sharing.rawValue)")
    if network.regions.allSatisfy({ $0.count == 1 }) {
      notes.append("every region is one server: no optical candidate")
    } else if result.bytes.circuits == 0 {
      notes.append("no byte used a circuit")
    }
    if optical.scheduler.dependsOnDemand {
      notes.append(
        result.policy == .never
          ? "circuits stay as chosen for each region's first demand"
          : "circuits change for the forward and for the backward pass of a layer; the gate's demand "
            + "is known only when it has run, that of a backward pass before it starts")
    }
  }
  if result.isAbandoned { notes.append("given up: the limit was passed") }
  return notes
}
