public import TraceModel

/// Everything that can be said about a workload's locality, in the order in which it is read:
/// where bytes go, imbalance, pair structure, regions, time, and what follows.
public struct LocalityReport: Sendable, Hashable {
  /// Grain of the workload.
  public var grain: Grain
  public var serverCount: Int
  /// Known iterations and layers with operations.
  public var iterationCount: Int
  public var layerCount: Int
  /// The traffic that structure, curve and time are about: "expert traffic" or "all traffic".
  public var subject: String

  /// Bytes by role and phase.
  public var byRoleAndPhase: [TrafficSlice]
  /// Bytes of the subject by layer, and by iteration.
  public var byLayer: [TrafficSlice]
  public var byIteration: [TrafficSlice]
  /// All bytes.
  public var total: TierBytes

  /// The subject's matrix summed over all layers and iterations, once per grain that the workload
  /// knows and that differs in its ends; servers (or scale-up domains of several) last.
  public var profiles: [MatrixProfile]
  /// The subject's network matrix of each layer, ascending.
  public var layerProfiles: [MatrixProfile]
  /// Single operations.
  public var momentary: MomentaryStructure

  /// Server matrix of the subject in bytes as sent, for heat maps.
  public var serverMatrix: TrafficMatrix
  /// φ against region size; empty when `curveAbsence` says why.
  public var curve: [CurvePoint]
  /// The iterations that the curve's best partitions are fitted to, and those that they are scored on.
  public var split: IterationSplit
  public var curveAbsence: String?
  /// Servers with those of one expert group side by side.
  public var declaredOrder: [Int]
  public var candidates: RegionCandidates

  public var time: TimeSimilarity
  /// Set when the routing looks made up.
  public var synthetic: SyntheticSign?
  /// The conclusions, most important first.
  public var verdict: [VerdictLine]
  /// What limits the statements above.
  public var notes: [String]

  /// The profile between the ends of the network: servers, or scale-up domains of several.
  public var networkProfile: MatrixProfile { profiles[profiles.count - 1] }
}

/// Analyses the locality of a workload.
///
/// Structure is read on the expert traffic, from token owner to expert in all four phases; where no
/// operation is known to be expert traffic, on everything. One pass over the pairs of each distinct
/// demand per table; dense matrices at the workload's grain (n ≤ 4096 ends is what this is for).
public func analyseLocality(
  _ workload: Workload, options: LocalityOptions = LocalityOptions()
) -> LocalityReport {
  let subject = AnalysisSubject(workload)
  let absentSources = reasonAgainstSources(workload.provenance)
  let layout = workload.layout
  let bytes = workload.trafficBytes(by: [.role, .phase])
  var total = TierBytes()
  for slice in bytes { total.add(slice.bytes) }
  var subjectBytes = TierBytes()
  for slice in workload.trafficBytes(subject.selection, by: []) { subjectBytes.add(slice.bytes) }

  let candidates = RegionCandidates(
    layout, expertNetworkBytes: subject.isExpert ? subjectBytes.betweenDomains : nil,
    limit: options.switchLimit)
  let order = declaredServerOrder(layout)
  let blocks = subject.networkBlocks
  let matrix = workload.trafficMatrix(subject.asSent, at: .server) ?? TrafficMatrix(size: 0)
  let traffic = HeldOutTraffic(subject)
  let known = Set(workload.steps.lazy.map(\.iteration)).filter { $0 >= 0 }
  let layers = Set(workload.steps.lazy.map(\.layer)).filter { $0 >= 0 }

  var report = LocalityReport(
    grain: workload.grain, serverCount: layout.serverCount, iterationCount: known.count,
    layerCount: layers.count, subject: subject.name, byRoleAndPhase: bytes,
    byLayer: workload.trafficBytes(subject.selection, by: [.layer]),
    byIteration: workload.trafficBytes(subject.selection, by: [.iteration]), total: total,
    profiles: subject.profiles(absentSources: absentSources),
    layerProfiles: subject.layerProfiles(absentSources: absentSources),
    momentary: MomentaryStructure(
      workload, subject.selection, blocks: blocks, absentSources: absentSources,
      limit: options.demandLimit),
    serverMatrix: matrix, curve: [], split: traffic.split,
    curveAbsence: absentSources.map { "not identifiable: \($0)" },
    declaredOrder: order, candidates: candidates,
    time: TimeSimilarity(workload, subject.selection, absentSources: absentSources),
    synthetic: syntheticSign(workload, subject.selection), verdict: [],
    notes: subject.notes)
  if absentSources == nil {
    let sizes = candidates.sizes.map(\.size) + divisors(of: layout.serverCount)
    report.curve = localityCurve(
      traffic.fitted, scoredOn: traffic.scored, sizes: sizes + options.extraRegionSizes,
      declaredOrder: order,
      serversPerDomain: layout.serversPerNetworkEnd)
    if report.curve.isEmpty { report.curveAbsence = "no bytes leave their server" }
  }
  report.verdict = verdict(on: report, subjectBytes: subjectBytes, options: options)
  return report
}
