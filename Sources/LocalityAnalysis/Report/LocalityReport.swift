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
  /// The traffic that structure, curve and time are about: "expert traffic", "all-to-alls" or
  /// "all traffic".
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
  /// The profile that pairs and imbalance are read from: the last one, or the finest where no byte of
  /// the subject crosses the network.
  public var structureProfile: MatrixProfile
  /// The subject's matrix of each layer between the same ends, ascending.
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
  /// What takes longer to compute; nil unless it was asked for.
  public var details: LocalityDetails?
  /// Set when the routing looks made up.
  public var synthetic: SyntheticSign?
  /// How the layout was guessed, or nil when it was not.
  public var layoutGuess: String?
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
/// operation is known to be expert traffic, on the all-to-alls; without those on everything but
/// collectives that each fabric lowers anew. One pass over the pairs of each distinct
/// demand per table; dense matrices at the workload's grain (n ≤ 4096 ends is what this is for).
public func analyseLocality(
  _ workload: Workload, options: LocalityOptions = LocalityOptions()
) -> LocalityReport {
  let subject = AnalysisSubject(workload)
  let absentSources = subject.absentSources
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
  let profiles = subject.profiles()
  let matrix = workload.trafficMatrix(subject.asSent, at: .server) ?? TrafficMatrix(size: 0)
  let traffic = HeldOutTraffic(subject)
  let synthetic = syntheticReading(subject)
  let known = Set(workload.steps.lazy.map(\.iteration)).filter { $0 >= 0 }
  let layers = Set(workload.steps.lazy.map(\.layer)).filter { $0 >= 0 }

  var report = LocalityReport(
    grain: workload.grain, serverCount: layout.serverCount, iterationCount: known.count,
    layerCount: layers.count, subject: subject.name, byRoleAndPhase: bytes,
    byLayer: workload.trafficBytes(subject.selection, by: [.layer]),
    byIteration: workload.trafficBytes(subject.selection, by: [.iteration]), total: total,
    profiles: profiles,
    structureProfile: subject.readsNetwork ? profiles[profiles.count - 1] : profiles[0],
    layerProfiles: subject.layerProfiles(),
    momentary: MomentaryStructure(subject, limit: options.demandLimit),
    serverMatrix: matrix, curve: [], split: traffic.split,
    curveAbsence: absentSources.map { "not identifiable: \($0)" },
    declaredOrder: order, candidates: candidates,
    time: TimeSimilarity(subject),
    synthetic: synthetic.sign, layoutGuess: layoutGuess(workload.provenance), verdict: [],
    notes: subject.notes + [synthetic.untested].compactMap(\.self))
  if options.readsDetails { report.details = LocalityDetails(subject, time: report.time) }
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

/// How servers were guessed, or nil when somebody said which they are.
private func layoutGuess(_ provenance: [String: Provenance]) -> String? {
  guard let layout = provenance["layout"], layout.origin == .inferred else { return nil }
  return layout.method
}
