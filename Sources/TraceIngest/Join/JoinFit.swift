internal import TraceModel

/// How well the measured exchanges are what the routing says, for one rule of copies.
struct JoinFit {
  let copies: CopyRule
  /// Operations of the routing that each measured exchange was, by site; nil where it was none.
  private(set) var stepsOf: [[[Workload.Step]?]] = []
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

  private typealias Found = (measured: ServerShares, expected: ServerShares, phase: Phase)

  init(
    _ measured: MeasuredExchanges, to workload: Workload, on sites: JoinSites, copies: CopyRule
  ) {
    self.copies = copies
    let expected = sites.expected(of: workload)
    let shifts = Self.shifts(measured, expected)
    let alignments = parallelMap(count: sites.count) { site in
      SequenceAlignment(
        of: measured.ofSite[site].map(\.shares), to: expected[site].map(\.shares),
        shift: shifts[site].shift)
    }
    var found: [Found] = []
    var contrasts = (sum: 0.0, bytes: 0.0)
    for site in 0..<sites.count {
      expectedCount += expected[site].count
      stepsOf.append(
        alignments[site].matchOf.map {
          $0.map { expected[site][$0].steps.map { workload.steps[$0] } }
        })
      for (place, match) in alignments[site].matchOf.enumerated() {
        guard let match else { continue }
        let shares = measured.ofSite[site][place].shares
        found.append((shares, expected[site][match].shares, expected[site][match].phase))
        contrasts.sum += shifts[site].contrast * shares.bytes
        contrasts.bytes += shares.bytes
      }
    }
    matchedCount = found.count
    let bytes = measured.ofSite.joined().reduce(0) { $0 + $1.shares.bytes }
    coverage = bytes > 0 ? contrasts.bytes / bytes : 0
    contrast = contrasts.bytes > 0 ? contrasts.sum / contrasts.bytes : 0
    factors = Self.factors(of: found)
    residual = residual(of: found)
  }

  /// Sites with equally many exchanges run in step, so they have one shift: all of them decide.
  private static func shifts(
    _ measured: MeasuredExchanges, _ expected: [[ExpectedExchange]]
  ) -> [(shift: Int, contrast: Double)] {
    let costs = parallelMap(count: expected.count) { site -> ShiftCosts? in
      guard !measured.ofSite[site].isEmpty, !expected[site].isEmpty else { return nil }
      return ShiftCosts(
        of: measured.ofSite[site].map(\.shares)[...], to: expected[site].map(\.shares)[...])
    }
    var together: [Int: ShiftCosts] = [:]
    for (site, own) in costs.enumerated() {
      guard let own else { continue }
      if together[expected[site].count]?.add(own) == nil { together[expected[site].count] = own }
    }
    return expected.map { together[$0.count]?.best ?? (0, 0) }
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
