public import TraceModel

/// The locality of a trace that is read once, in parts, and not kept: sums that do not grow with its
/// length.
///
/// Bytes by role, phase, layer and iteration, imbalance, the structure of the summed matrices and what
/// stays inside regions are those of `analyseLocality`, to the last digit, in whatever parts the trace
/// comes. Where ends are more than `denseEndLimit`, what each sends and receives is exact and pairs are
/// a `HeavyPairs` summary. Single operations and similarity in time need the whole trace and are not
/// read.
public struct LocalitySums: Sendable {
  let frame: SubjectFrame
  private let isWhole: Bool
  private var roles = SliceSums()
  private var layers = SliceSums()
  private var iterations = SliceSums()
  private var matrices: SubjectMatrices
  private var heldOut: HeldOutSums?
  private var networkLayers: LayerMatrices?
  private var ownLayers: LayerMatrices?

  /// No bytes yet.
  ///
  /// Memory is that of a few matrices of at most `denseEndLimit` ends.
  ///
  /// - Parameter outline: all operations of which parts will be added.
  public init(_ outline: TraceOutline) { self.init(outline, isWhole: false) }

  /// - Parameter isWhole: the trace is in memory, so that layers need not be kept and the ends of the
  ///   network have a matrix however many they are.
  init(_ outline: TraceOutline, isWhole: Bool) {
    frame = SubjectFrame(outline)
    self.isWhole = isWhole
    matrices = SubjectMatrices(frame, sketches: !isWhole)
    heldOut =
      isWhole || outline.layout.serverCount <= denseEndLimit ? HeldOutSums(frame) : nil
    guard !isWhole else { return }
    networkLayers = LayerMatrices(frame, map: frame.network)
    if !ownEndsAreNetwork {
      ownLayers = LayerMatrices(frame, map: frame.ends(readingNetwork: false))
    }
  }

  private var ownEndsAreNetwork: Bool {
    frame.layout.endpointCount(at: frame.grain) == frame.network.count
  }

  /// Adds operations of the outline with their bytes.
  ///
  /// O(pairs of distinct demands + operations).
  ///
  /// - Parameters:
  ///   - part: has the outline's layout and grain.
  ///   - countsOperations: false where the part is more of operations that came with an earlier one.
  public mutating func add(_ part: Workload, countsOperations: Bool = true) {
    precondition(
      part.grain == frame.grain && part.endpointCount == frame.layout.endpointCount(at: part.grain),
      "a part between the ends of the outline")
    let units = part.unitsByTier()
    let subject = frame.part.selection
    roles.add(
      part.trafficBytes(by: [.role, .phase], units: units), countsOperations: countsOperations)
    layers.add(
      part.trafficBytes(subject, by: [.layer], units: units), countsOperations: countsOperations)
    iterations.add(
      part.trafficBytes(subject, by: [.iteration], units: units),
      countsOperations: countsOperations)
    matrices.add(part)
    heldOut?.add(part)
    networkLayers?.add(part)
    ownLayers?.add(part)
  }

  /// Bytes of the subject by tier.
  var subjectBytes: TierBytes { layers.total }

  /// The heaviest pairs of the subject between the workload's ends, from the owner of a token to its
  /// expert: exact up to `denseEndLimit` ends, beyond that each with the range that its bytes are in.
  public func heaviestPairs(_ count: Int) -> [HeavyPairs.Pair] { matrices.heaviest(count) }

  /// Bytes of the subject between different ends, all pairs together.
  public var pairBytes: Int64 { subjectBytes.moved }

  /// How much the bytes of such a pair may be counted too low; 0 where they are exact.
  public var pairErrorBytes: Int64 { matrices.errorBytes }

  /// What the sums say; what they cannot tell is a finding without a number.
  public func report(_ options: LocalityOptions = LocalityOptions()) -> LocalityReport {
    let absentSources = frame.absentSources
    let layout = frame.layout
    let subjectBytes = subjectBytes
    let readsNetwork = frame.readsNetwork(subjectBytes)
    let readOnce = Finding.notIdentifiable("the trace was read once and its operations not kept")
    let profiles = matrices.profiles()
    let traffic = heldOut?.traffic
    let blocks = readsNetwork ? frame.networkBlocks : frame.blocks(at: frame.grain)
    let layerMatrices = readsNetwork || ownEndsAreNetwork ? networkLayers : ownLayers
    var report = LocalityReport(
      grain: frame.grain, serverCount: layout.serverCount,
      iterationCount: frame.outline.iterations.count, layerCount: frame.outline.layers.count,
      subject: frame.part.name, byRoleAndPhase: roles.sorted, byLayer: layers.sorted,
      byIteration: iterations.sorted, total: roles.total, profiles: profiles,
      structureProfile: readsNetwork ? profiles[profiles.count - 1] : profiles[0],
      layerProfiles: layerMatrices?.profiles(blocks: blocks, absentSources: absentSources) ?? [],
      momentary: MomentaryStructure(absence: readOnce),
      serverMatrix: traffic?.whole ?? TrafficMatrix(size: 0), curve: [],
      split: traffic?.split ?? IterationSplit(fittingAll: frame.outline.subjectIterations),
      curveAbsence: absentSources.map { "not identifiable: \($0)" },
      declaredOrder: declaredServerOrder(layout),
      candidates: RegionCandidates(
        layout, expertNetworkBytes: frame.isExpert ? subjectBytes.betweenDomains : nil,
        limit: options.switchLimit),
      time: TimeSimilarity(
        iterationCount: frame.outline.subjectIterations.count, absence: readOnce),
      layoutGuess: layoutGuess(frame.outline.provenance), verdict: [],
      notes: frame.notes(readingNetwork: readsNetwork)
        + (isWhole ? [] : ["signs of a generator are not looked for in a trace that is read once"]))
    if absentSources == nil { addCurve(to: &report, traffic, options) }
    report.verdict = verdict(on: report, subjectBytes: subjectBytes, options: options)
    return report
  }

  private func addCurve(
    to report: inout LocalityReport, _ traffic: HeldOutTraffic?, _ options: LocalityOptions
  ) {
    guard let traffic else {
      report.curveAbsence = "matrices of \(frame.layout.serverCount) servers are not kept"
      return
    }
    let sizes = report.candidates.sizes.map(\.size) + divisors(of: frame.layout.serverCount)
    report.curve = localityCurve(
      traffic.fitted, scoredOn: traffic.scored, sizes: sizes + options.extraRegionSizes,
      declaredOrder: report.declaredOrder, serversPerDomain: frame.layout.serversPerNetworkEnd)
    if report.curve.isEmpty { report.curveAbsence = "no bytes leave their server" }
  }
}
