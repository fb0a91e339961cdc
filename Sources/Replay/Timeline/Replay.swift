public import TraceModel

/// Replays a workload on a fabric: every end runs its own program, flows share links max-min fairly.
///
/// An end (rank or server) sends its part of a step when its part of the step before has ended and
/// its compute before the step has passed; the part ends at its last receipt. Predecessors of a step
/// replace the order of the steps. Iterations of a job follow each other: training is synchronous.
/// Several jobs share the fabric all the time and wait for nothing of each other. MixNet's circuits
/// change for the forward and for the backward pass of each layer, region by region, as the options'
/// policy decides. With delays a second run repeats the decisions without them: the difference is what
/// the delays expose.
///
/// - Throws: a `ReplayError` when the fabric does not fit the layout, when the workload contradicts
///   its layout or itself, or when a pair cannot be reached (it is named).
/// - Complexity: per flow that starts or ends O(flows that share links with it, directly or through
///   others); one choice of circuits per distinct demand, in parallel.
public func replay(
  _ workload: Workload, on fabric: FabricSpecification, options: ReplayOptions = ReplayOptions()
) throws(ReplayError) -> ReplayResult {
  if let defect = options.defect { throw ReplayError(defect, at: "options") }
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  var options = options
  if !fabric.changesCircuits { options.policy = .never }
  try check(options.policy, on: fabric)
  if options.pacing == .recorded, workload.jobs.count > 1 {
    throw ReplayError(
      "jobs were recorded by clocks of their own", at: "workload",
      advice: "replay them by dependencies, or one alone as recorded")
  }
  let plan = try PhasePlan(
    workload, iterations: options.iterations, computeScale: options.computeScale)
  let first = try Execution(plan, of: workload, on: network, options: options)
  let (played, batchingError) = try played(first)
  var instant: Execution?
  if played.hasWaitedForCircuits, !played.isAbandoned, !options.answersTimesOnly {
    var second = first.repeating(played)
    try second.run()
    instant = second
  }
  var result = ReplayResult(
    fabric: fabric.name, sharing: fabric.optical.map { _ in fabric.sharing },
    policy: options.policy)
  result.effectiveParameters = network.effectiveParameters + options.effectiveParameters
  result.isExpertTrafficOnly = plan.phases.allSatisfy(\.isExpert)
  result.hasCompute =
    plan.phases.contains { $0.computeNanoseconds > 0 }
  result.fill(from: played, withoutDelays: instant)
  if !options.answersTimesOnly { result.addBounds(of: played, in: workload) }
  result.batchingError = batchingError
  result.notes =
    notes(on: result, workload: workload, fabric: fabric, network: network, options)
    + played.notesOnJobs
  return result
}

/// Circuits that follow each other for every demand leave a policy nothing to decide.
private func check(
  _ policy: ReconfigurationPolicy, on fabric: FabricSpecification
) throws(ReplayError) {
  guard let scheduler = fabric.optical?.scheduler, scheduler.dependsOnDemand,
    scheduler.answersWithSequence, policy != .always
  else { return }
  throw ReplayError(
    "\(scheduler.name) changes circuits while a phase is on, whatever the policy; here it is "
      + policy.name, at: "fabric \(fabric.name)",
    advice: fabric.changesCircuits
      ? "choose policy always" : "choose circuits that stand: nobody is left to change these")
}

/// What the reader must know beside the numbers.
private func notes(
  on result: ReplayResult, workload: Workload, fabric: FabricSpecification,
  network: FabricNetwork, _ options: ReplayOptions
) -> [String] {
  var notes = [semantics(of: workload, options)]
  if let error = result.batchingError {
    notes.append(
      "batched: flows that end within \(percent(options.batching.relativeStep)) of the time of "
        + "all that they share links with leave together; with twice that step "
        + words(for: error, of: workload.grain))
  }
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
  if let rails = fabric.electrical as? RailOptimised, rails.railsShareLeaves,
    rails.serversPerLeaf >= workload.layout.serverCount
  {
    notes.append("one switch holds every NIC, so rails are not apart")
  }
  if let optical = fabric.optical {
    notes += opticalNotes(on: result, fabric: fabric, optical: optical, network: network)
  }
  if result.isAbandoned { notes.append("given up: the limit was passed") }
  return notes
}

private func words(for error: BatchingError, of grain: Grain) -> String {
  let change = percent(error.relative)
  let words = "no iteration changes by more than \(change)"
  if error.measuredShards == error.shardCount { return words }
  return words
    + ", measured on those \(error.measuredShards) of \(error.shardCount) groups of "
    + "\(grain.name)s sharing nothing that take longest"
}

private func percent(_ share: Double) -> String {
  "\((share * 1e5).rounded() / 1e3) %"
}

private func semantics(of workload: Workload, _ options: ReplayOptions) -> String {
  if options.pacing == .recorded {
    return "open loop: every operation starts at its recorded time, whatever ran before it"
  }
  let hasPredecessors = workload.steps.contains { !$0.predecessors.isEmpty }
  return "each \(workload.grain.name) sends when its own part of "
    + (hasPredecessors
      ? "the operations that the trace names as predecessors (or else of the one before) "
      : "the operation before ")
    + "and its compute have ended; an operation ends for it at its last receipt; iterations follow "
    + "each other"
}

private func opticalNotes(
  on result: ReplayResult, fabric: FabricSpecification, optical: OpticalLayer,
  network: FabricNetwork
) -> [String] {
  guard optical.nicsPerServer > 0 else { return ["no NIC is optical, so no byte used a circuit"] }
  var notes = ["sharing of circuits and EPS: \(fabric.sharing.rawValue)"]
  if network.regions.allSatisfy({ $0.count == 1 }) {
    notes.append("every region is one server: no optical candidate")
  } else if result.bytes.circuits == 0 {
    notes.append("no byte used a circuit")
  }
  if optical.scheduler.answersWithSequence { return notes + [sequenceNote(of: optical)] }
  guard optical.scheduler.dependsOnDemand else { return notes }
  if result.policy == .never {
    notes.append("circuits stay as chosen for each region's first demand")
    return notes
  }
  notes.append(
    "circuits may change for the forward and for the backward pass of a layer, in each region by "
      + "itself, once its earlier traffic has left them; the demand of a dispatch is known when the "
      + "last gate of the region has run (unless it is predicted), that of a backward pass before it "
      + "starts")
  notes.append(
    "pairs that get a circuit wait for it; pairs that go over the EPS wait only for the decision")
  return notes
}

private func sequenceNote(of optical: OpticalLayer) -> String {
  if optical.scheduler.dependsOnDemand {
    return
      "\(optical.scheduler.name) serves every phase with configurations that follow each other: "
      + "each stays until the bytes that were planned for it have left; what none carries goes over "
      + "the EPS from the start"
  }
  return
    "circuits turn by the clock, whatever the demand; bytes wait until "
    + "theirs come round"
}
