public import TraceModel

/// The region sizes worth trying, and why each is.
public struct RegionCandidates: Sendable, Hashable {
  /// Why a size is a candidate.
  public enum Reason: String, Sendable, Hashable, CaseIterable {
    case noCircuits = "no circuits"
    case divisor = "divides the servers evenly"
    case expertGroup = "servers of one expert group"
    case switchLimit = "largest that the switch takes"
    case wholeCluster = "all servers"
  }

  /// One size with its reasons.
  public struct Size: Sendable, Hashable {
    /// Servers per region.
    public var size: Int
    /// Why it is worth trying, one or more.
    public var reasons: [Reason]
    /// Servers in the last region.
    public var lastRegionSize: Int
  }

  /// Ascending; only size 1 when `noOptics` says why.
  public var sizes: [Size]
  /// Sizes left out because a region would not fit its switch.
  public var tooLarge: [Int]
  /// Why circuits between servers have nothing to carry, or nil when they do.
  public var noOptics: String?

  /// Candidates for a layout.
  ///
  /// - Parameters:
  ///   - expertNetworkBytes: expert bytes between scale-up domains, or nil when not known.
  ///   - limit: what the optical switch takes; nil for no limit.
  public init(_ layout: Layout, expertNetworkBytes: Int64? = nil, limit: SwitchLimit? = nil) {
    let count = layout.serverCount
    noOptics = Self.reasonAgainstOptics(layout, expertNetworkBytes: expertNetworkBytes)
    tooLarge = []
    sizes = []
    var reasons: [Int: [Reason]] = [1: [.noCircuits]]
    if noOptics == nil {
      // Scale-up domains stay whole, and one alone has no circuits.
      let domain = layout.serversPerNetworkEnd
      for ends in divisors(of: count / domain) where ends > 1 && ends * domain < count {
        reasons[ends * domain, default: []].append(.divisor)
      }
      let group = ExpertBlocks(networkEndsOf: layout).largestSize * domain
      if group > domain { reasons[group, default: []].append(.expertGroup) }
      if let limit, limit.serversPerRegion < count {
        let most = limit.serversPerRegion / domain * domain
        if most > domain { reasons[most, default: []].append(.switchLimit) }
      }
      if count > domain { reasons[count, default: []].append(.wholeCluster) }
    }
    let most = limit?.serversPerRegion ?? .max
    for size in reasons.keys.sorted() {
      if size > 1 && size > most {
        tooLarge.append(size)
      } else {
        sizes.append(
          Size(
            size: size, reasons: reasons[size] ?? [],
            lastRegionSize: regionSizes(serverCount: count, size: size).last ?? size))
      }
    }
  }

  private static func reasonAgainstOptics(
    _ layout: Layout, expertNetworkBytes: Int64?
  ) -> String? {
    if layout.serverCount < 2 { return "there is one server" }
    let domain = layout.serversPerScaleUpDomain
    if layout.defect == nil {
      let gpus = layout.gpusPerServer
      let parallelism = layout.parallelism
      let spans = { (size: Int) in
        (0..<parallelism.expertGroupCount).contains { group in
          let places = parallelism.ranks(ofExpertGroup: group).map { $0 / (gpus * size) }
          return places.contains { $0 != places[0] }
        }
      }
      if !spans(1) { return "each expert group lies inside one server" }
      if !spans(domain) {
        return "each expert group lies inside one scale-up domain of \(domain) servers"
      }
    }
    if expertNetworkBytes == 0 { return "no expert bytes leave their scale-up domain" }
    return nil
  }

  /// Plans for every size: contiguous, by declared expert group, and the best partition found,
  /// leaving out those that divide the servers as an earlier one does.
  ///
  /// - Parameters:
  ///   - declaredOrder: servers with those of one expert group side by side.
  ///   - curve: points whose best partitions are to be tried.
  public func plans(declaredOrder: [Int], curve: [CurvePoint] = []) -> [RegionPlan] {
    var plans: [RegionPlan] = []
    for candidate in sizes {
      let size = candidate.size
      let declared = Grouping(name: "expert groups", order: declaredOrder, size: size)
      let contiguous = Grouping.contiguous(serverCount: declaredOrder.count, size: size)
      let best = curve.first { $0.size == size }.map(\.best.grouping)
      var groupings: [Grouping] = []
      for grouping in [contiguous, declared] + (best.map { [$0] } ?? [])
      where !groupings.contains(where: { $0.divides(as: grouping) }) {
        groupings.append(grouping)
      }
      plans += groupings.map { RegionPlan(size: size, grouping: $0) }
    }
    return plans
  }
}

/// The servers of a layout, those whose ranks share an expert group side by side.
///
/// Scale-up domains stay together.
public func declaredServerOrder(_ layout: Layout) -> [Int] {
  let domain = layout.serversPerNetworkEnd
  let domains = ExpertBlocks(networkEndsOf: layout).members.flatMap { $0 }
  return domains.flatMap { $0 * domain..<($0 + 1) * domain }
}
