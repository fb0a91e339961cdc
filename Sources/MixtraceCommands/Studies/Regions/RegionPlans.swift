internal import LocalityAnalysis
internal import TraceModel

/// The divisions of the servers that are tried, and the iterations on which they are scored.
struct RegionPlans {
  let plans: [LocalityAnalysis.RegionPlan]
  /// What is replayed: the second half where some division was chosen for the first.
  let scored: Workload
  /// Why circuits have nothing to carry, in words, or nil.
  let noOptics: String?
  /// Sizes that were asked for and are of more servers than there are.
  let tooLarge: [Int]
  /// What a reader must know about the halves; nil where nothing was fitted.
  let sentence: String?

  /// - Parameters:
  ///   - sizes: nil for the sizes that are worth trying.
  ///   - newServers: where the layout's servers are; nil where they are in their own places.
  init(
    _ workload: Workload, sizes: [Int]?, groupings: [GroupingName], newServers: [Int]? = nil
  ) {
    let layout = workload.layout
    let isExpert = workload.steps.contains { $0.role == .expert }
    let traffic = workload.steps.filter { !isExpert || $0.role == .expert }
    let total = workload.matrix(of: traffic, at: .server).withoutDiagonal.total
    let candidates = RegionCandidates(
      layout, expertNetworkBytes: isExpert && total == 0 ? 0 : nil)
    noOptics = candidates.noOptics
    tooLarge = (sizes ?? []).filter { $0 > layout.serverCount }
    let wanted =
      noOptics != nil
      ? [] : (sizes ?? candidates.sizes.map(\.size)).filter { $0 > 1 && $0 <= layout.serverCount }
    let order = declaredServerOrder(layout).map { newServers?[$0] ?? $0 }
    let fitting = Fitting(workload)
    let canFit = groupings.contains(.best) && reasonAgainstSources(workload.provenance) == nil
    let curve =
      canFit
      ? localityCurve(
        fitting.demand, sizes: wanted, declaredOrder: order,
        serversPerDomain: layout.serversPerNetworkEnd) : []
    var plans: [LocalityAnalysis.RegionPlan] = []
    var isFitted = false
    for size in wanted {
      var tried: [Grouping] = []
      for name in groupings {
        let grouping: Grouping? =
          switch name {
          case .contiguous: .contiguous(serverCount: layout.serverCount, size: size)
          case .groups: Grouping(name: "expert groups", order: order, size: size)
          case .best: curve.first { $0.size == size }?.best.grouping
          }
        guard let grouping, !tried.contains(where: { $0.divides(as: grouping) }) else { continue }
        tried.append(grouping)
        if name == .best { isFitted = true }
      }
      plans += tried.map { LocalityAnalysis.RegionPlan(size: size, grouping: $0) }
    }
    self.plans = plans
    scored = isFitted ? fitting.scored : workload
    sentence =
      isFitted
      ? fitting.isScoredOnItself
        ? "One iteration is all that there is: regions found for its bytes are scored on the same bytes, "
          + "the most that they could do."
        : "Regions were found on iterations \(fitting.fittedOn); every candidate is scored on "
          + "\(fitting.scoredOn) only."
      : nil
  }
}
