internal import TraceModel

/// How well the measured exchanges are what the routing says, for one rule of copies.
struct JoinFit {
  let copies: CopyRule
  let workload: Workload
  /// By site, in the order of their starts.
  let measured: [[MeasuredExchange]]
  /// The steps of `workload` that each measured exchange was; by site.
  private(set) var stepsOf: [[[Int]?]] = []
  /// Expected exchanges, and those that were found.
  private(set) var expectedCount = 0
  private(set) var matchedCount = 0
  /// Measured bytes, and those of exchanges that were found.
  private(set) var bytes = 0.0
  private(set) var matchedBytes = 0.0
  /// Bytes on the wire for one byte that the routing and the model predict, by phase.
  private(set) var factors: [(phase: Phase, factor: Double)] = []
  /// Share of the found exchanges' bytes that is on other pairs, or more or less, than predicted.
  private(set) var residual = 0.0
  /// Sites whose exchanges could as well be those of another place in the routing.
  private(set) var ambiguousSites = 0

  init(_ trace: Trace, to workload: Workload, copies: CopyRule) {
    self.copies = copies
    self.workload = workload
    let sites = JoinSites(workload)
    let measured = sites.measured(in: trace)
    self.measured = measured
    let expected = sites.expected(of: workload)
    var found: [(measured: ServerShares, expected: ServerShares, phase: Phase)] = []
    for site in 0..<sites.count {
      let alignment = SequenceAlignment(
        of: measured[site].map(\.shares), to: expected[site].map(\.shares))
      if alignment.otherShift != nil { ambiguousSites += 1 }
      expectedCount += expected[site].count
      bytes += measured[site].reduce(0) { $0 + $1.shares.bytes }
      stepsOf.append(alignment.expected.map { $0.map { expected[site][$0].steps } })
      for (place, match) in alignment.expected.enumerated() {
        guard let match else { continue }
        let exchange = expected[site][match]
        let phase = exchange.steps.first.map { workload.steps[$0].phase } ?? .unspecified
        found.append((measured[site][place].shares, exchange.shares, phase))
      }
    }
    matchedCount = found.count
    matchedBytes = found.reduce(0) { $0 + $1.measured.bytes }
    factors = Phase.allCases.compactMap { phase in
      let own = found.filter { $0.phase == phase }
      let predicted = own.reduce(0) { $0 + $1.expected.bytes }
      return predicted > 0
        ? (phase, own.reduce(0) { $0 + $1.measured.bytes } / predicted) : nil
    }
    residual = residual(of: found)
  }

  /// Weighted by bytes; exchanges of one phase share one factor, for headers and number formats.
  private func residual(
    of found: [(measured: ServerShares, expected: ServerShares, phase: Phase)]
  ) -> Double {
    var sum = 0.0
    for (measured, expected, phase) in found {
      let factor = factors.first { $0.phase == phase }?.factor ?? 1
      sum += measured.bytes * measured.residual(of: expected, factor: factor)
    }
    return matchedBytes > 0 ? sum / matchedBytes : 1
  }

  /// What cannot be explained of all that was measured: 0 … 1.
  var unexplained: Double {
    bytes > 0 ? 1 - (1 - residual) * matchedBytes / bytes : 1
  }
}
