public import TraceModel

/// Everything that can be said about a workload's locality, in the order in which it is read:
/// where bytes go, imbalance, pair structure, regions, time, and what follows.
public struct LocalityReport: Sendable, Hashable {
  /// Grain of the workload.
  public var grain: Grain
  /// Servers of the layout.
  public var serverCount: Int
  /// Known iterations and layers with operations.
  public var iterationCount: Int
  /// Known layers with operations.
  public var layerCount: Int
  /// The traffic that structure, curve and time are about: "expert traffic", "all-to-alls" or
  /// "all traffic".
  public var subject: String

  /// Bytes by role and phase.
  public var byRoleAndPhase: [TrafficSlice]
  /// Bytes of the subject by layer, and by iteration.
  public var byLayer: [TrafficSlice]
  /// Bytes of the subject by iteration.
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
  /// Why there is no curve, or nil when there is one.
  public var curveAbsence: String?
  /// Servers with those of one expert group side by side.
  public var declaredOrder: [Int]
  /// The region sizes worth trying on the layout, or why no circuit has anything to carry.
  public var candidates: RegionCandidates

  /// How alike successive iterations and adjacent layers are.
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
  var sums = LocalitySums(TraceOutline(workload), isWhole: true)
  sums.add(workload)
  let subject = AnalysisSubject(workload, frame: sums.frame, bytes: sums.subjectBytes)
  let synthetic = syntheticReading(subject)
  var report = sums.report(options)
  report.layerProfiles = subject.layerProfiles()
  report.momentary = MomentaryStructure(subject, limit: options.demandLimit)
  report.time = TimeSimilarity(subject)
  report.synthetic = synthetic.sign
  report.notes += [synthetic.untested].compactMap(\.self)
  if options.readsDetails { report.details = LocalityDetails(subject, time: report.time) }
  report.verdict = verdict(on: report, subjectBytes: sums.subjectBytes, options: options)
  return report
}

/// How servers were guessed, or nil when somebody said which they are.
func layoutGuess(_ provenance: [String: Provenance]) -> String? {
  guard let layout = provenance["layout"], layout.origin == .inferred else { return nil }
  return layout.method
}
