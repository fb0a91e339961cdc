internal import TraceModel

/// How well the measured exchanges are what the routing says, for one rule of copies.
struct JoinFit {
  let copies: CopyRule
  /// What became of each measured exchange, by site.
  private(set) var fates: [[MeasuredFate]]
  /// Operations of the routing that were not found, and whether they ran outside the time of what was
  /// measured.
  private(set) var missing: [(operations: [Int32], isBeyond: Bool)] = []
  /// How passes took turns, by pipeline stage; of sites where something was measured.
  private(set) var stages: [StageFit] = []
  /// Expected exchanges, and those that were found.
  private(set) var expectedCount = 0
  private(set) var matchedCount = 0
  /// Bytes on the wire for one byte that the routing and the model predict, by phase.
  private(set) var factors: [(phase: Phase, factor: Double)] = []
  /// Share of the found exchanges' bytes that is on other pairs, or more or less, than predicted.
  private(set) var residual = 1.0
  /// Share of all measured bytes that was found.
  private(set) var coverage = 0.0
  /// How much better the exchanges fit where they were found than anywhere else: 0 when another place
  /// fits as well, 1 when no other fits at all.
  private(set) var contrast = 0.0

  /// What became of a measured exchange.
  enum MeasuredFate {
    /// It is these operations of the routing.
    case found([Workload.Step])
    /// It ran before or after all that the routing holds.
    case beyond
    /// The routing has nothing like it in its place.
    case unlike
  }

  private typealias Found = (measured: ServerShares, expected: ServerShares, phase: Phase)

  init(
    _ measured: MeasuredExchanges, to workload: Workload, on sites: JoinSites, copies: CopyRule
  ) {
    self.copies = copies
    let expected = sites.expected(of: workload)
    expectedCount = expected.reduce(0) { $0 + $1.count }
    fates = measured.ofSite.map { $0.map { _ in .unlike } }
    var found: [Found] = []
    var foundBytes = 0.0
    for group in Self.sitesInStep(measured, expected) {
      let fit = StageFit(
        group.map { (measured.ofSite[$0], expected[$0]) },
        stageCount: workload.layout.parallelism.pipeline)
      stages.append(fit)
      for (site, matches) in zip(group, fit.matchOf) {
        let ordered = fit.order.places.map { expected[site][$0] }
        settle(matches, site: site, ordered, in: workload)
        for (place, match) in matches.enumerated() {
          guard let match else { continue }
          let (own, other) = (measured.ofSite[site][place], ordered[match])
          found.append((own.shares(for: other), other.shares, other.place.phase))
          foundBytes += own.bytes
          contrast += fit.contrast * own.bytes
        }
      }
    }
    matchedCount = found.count
    let bytes = measured.ofSite.joined().reduce(0) { $0 + $1.bytes }
    coverage = bytes > 0 ? foundBytes / bytes : 0
    contrast = foundBytes > 0 ? contrast / foundBytes : 0
    factors = Self.factors(of: found)
    residual = residual(of: found)
  }

  /// Sites where something was measured, together when the same is expected of them in the same order:
  /// the copies of a pipeline stage.
  private static func sitesInStep(
    _ measured: MeasuredExchanges, _ expected: [[ExpectedExchange]]
  ) -> [[Int]] {
    var groupOf: [[ExpectedExchange.Place]: Int] = [:]
    var groups: [[Int]] = []
    for site in expected.indices
    where !measured.ofSite[site].isEmpty && !expected[site].isEmpty {
      let places = expected[site].map(\.place)
      if let group = groupOf[places] {
        groups[group].append(site)
      } else {
        groupOf[places] = groups.count
        groups.append([site])
      }
    }
    return groups
  }

  /// What became of the exchanges of a site, on both sides.
  private mutating func settle(
    _ matches: [Int?], site: Int, _ ordered: [ExpectedExchange], in workload: Workload
  ) {
    var rowOf = [Int?](repeating: nil, count: ordered.count)
    let areBeyond = Self.areBeyond(matches, count: ordered.count)
    for (row, match) in matches.enumerated() {
      if let match {
        rowOf[match] = row
        fates[site][row] = .found(ordered[match].steps.map { workload.steps[$0] })
      } else if areBeyond[row] {
        fates[site][row] = .beyond
      }
    }
    for (place, isBeyond) in Self.areBeyond(rowOf, count: matches.count).enumerated()
    where rowOf[place] == nil {
      missing.append(
        (ordered[place].steps.map { workload.steps[$0].operation }, isBeyond: isBeyond))
    }
  }

  /// Whether those of a sequence without a partner lie before or after all of the other sequence, if
  /// both go on beside each other from the outermost pairs.
  private static func areBeyond(_ matches: [Int?], count: Int) -> [Bool] {
    let pairs = matches.enumerated().compactMap { row, match in
      match.map { (row: row, match: $0) }
    }
    guard let first = pairs.first, let last = pairs.last else {
      return [Bool](repeating: false, count: matches.count)
    }
    return matches.indices.map { row in
      row < first.row && first.match - (first.row - row) < 0
        || row > last.row && last.match + (row - last.row) >= count
    }
  }

  /// What orders rules of copies: the share of all measured bytes that stays unexplained.
  var unexplained: Double { 1 - (1 - residual) * coverage }

  private static func factors(of found: [Found]) -> [(phase: Phase, factor: Double)] {
    Phase.allCases.compactMap { phase in
      let own = found.filter { $0.phase == phase }
      let predicted = own.reduce(0) { $0 + $1.expected.bytes }
      return predicted > 0
        ? (phase, own.reduce(0) { $0 + $1.measured.bytes } / predicted) : nil
    }
  }

  /// Weighted by bytes; exchanges of one phase share one factor, for headers and number formats.
  private func residual(of found: [Found]) -> Double {
    var (sum, bytes) = (0.0, 0.0)
    for (measured, expected, phase) in found {
      let factor = factors.first { $0.phase == phase }?.factor ?? 1
      sum += measured.bytes * measured.residual(of: expected, factor: factor)
      bytes += measured.bytes
    }
    return bytes > 0 ? sum / bytes : 1
  }
}
