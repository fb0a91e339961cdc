public import TraceModel

/// What a join found, for people and for the file's provenance.
public struct JoinSummary: Sendable {
  /// The rule of copies that the joined trace has.
  public var copies = CopyRule.perExpert
  /// The rules that were tried, with the share of measured bytes that each found among the routing's
  /// all-to-alls and what stays unexplained of these; the best first.
  public var rules: [(copies: CopyRule, coverage: Double, residual: Double)] = []
  /// 0 when other places in the routing fit as well, 1 when no other fits at all.
  public var contrast = 0.0
  /// Exchanges that were measured, that the routing expects, and that are both.
  public var measuredCount = 0
  public var expectedCount = 0
  public var matchedCount = 0
  /// Bytes on the wire for one byte that the routing and the model predict, by phase.
  public var factors: [(phase: Phase, factor: Double)] = []
  /// What became of the measured operations and of the routing.
  public var ledgers: [Ledger] = []
  public var notes: [String] = []
}

/// Joins what a network saw with what the gates decided.
///
/// A capture or a profile knows times and bytes, a routing log knows iterations and layers; of one run,
/// they tell the same all-to-alls. What the routing must have put between servers under each rule of
/// copies is compared with what was measured there, in the order of time, separately for sets of servers
/// that experts join. Bytes inside servers, which no capture sees, are left out on both sides.
public struct TraceJoin {
  private let traffic: Trace
  private let routing: Trace

  /// Bytes of the exchanges that were found that may stay unexplained.
  public static let largestResidual = 0.2
  /// How much better the place that was found must fit than any other.
  public static let leastContrast = 0.2
  /// Rules of copies that differ by less explain the traffic equally well.
  private static let tolerance = 0.005

  /// - Parameters:
  ///   - traffic: operations with times and transfers between servers.
  ///   - routing: operations with routing, on the same servers.
  public init(traffic: Trace, routing: Trace) {
    self.traffic = traffic
    self.routing = routing
  }

  /// The joined trace: operations and transfers as they were measured, with the iterations,
  /// micro-batches, layers and phases of the routing, and the routing itself.
  ///
  /// Operations that are none of the routing's keep their kind and role; they get the iteration that
  /// they ran in, unless they ran before or after all of those.
  /// - Throws: an `IngestError` when the traces cannot be of one run, or cannot be told to be.
  /// - Complexity: see `SequenceAlignment`; memory for both traces and one rule's matrices at a time.
  public func run() throws -> (trace: Trace, summary: JoinSummary) {
    try check()
    let first = try workload(rules[0])
    let sites = JoinSites(first)
    let measured = try MeasuredExchanges(traffic, sites: sites)
    guard measured.count > 0 else { throw nothingToCompare(measured.ledger) }
    let fits = try rules.enumerated().map { place, copies in
      JoinFit(
        measured, to: place == 0 ? first : try workload(copies), on: sites, copies: copies)
    }.enumerated().sorted {
      ($0.element.unexplained, $0.offset) < ($1.element.unexplained, $1.offset)
    }.map(\.element)
    let best = try chosen(of: fits)
    var summary = summary(fits, best, measured)
    let trace = JoinedTrace(traffic, routing, measured, best).trace(&summary)
    return (trace, summary)
  }

  /// The declared rule first; sets of one expert do not show copies that were saved.
  private var rules: [CopyRule] {
    let declared = routing.metadata.model?.copies ?? .perExpert
    if routing.metadata.routingUnit == .assignments { return [declared] }
    return [declared] + CopyRule.allCases.filter { $0 != declared }
  }

  /// The routing at server grain, in bytes if a model says how many, or else in token copies.
  private func workload(_ copies: CopyRule) throws -> Workload {
    var routing = routing
    if routing.metadata.model == nil { routing.metadata.model = tokenModel }
    routing.metadata.model?.copies = copies
    return try Workload(trace: routing, grain: .server)
  }

  /// A model of one byte per token copy.
  private var tokenModel: ExpertModel {
    let ranks = max(1, routing.metadata.layout.parallelism.expert)
    let experts = Int(routing.routing.experts.max() ?? 0) + 1
    return ExpertModel(
      name: "tokens", layerCount: 1, expertCount: (experts + ranks - 1) / ranks * ranks, topK: 1,
      hiddenSize: 1, bytesPerToken: PhaseBytes(all: 1))
  }

  private func chosen(of fits: [JoinFit]) throws -> JoinFit {
    let least = fits[0].unexplained
    guard fits[0].residual <= Self.largestResidual, fits[0].matchedCount > 0 else {
      throw refusal(fits)
    }
    guard fits[0].contrast >= Self.leastContrast else {
      throw IngestError(
        "the traffic fits other places of the routing nearly as well as the best one, so nothing "
          + "says that both are of one run", at: "join",
        advice: "Join a longer capture, or a log that was not sampled.")
    }
    // Of rules that cannot be told apart the declared one stands.
    let alike = fits.filter { $0.unexplained - least < Self.tolerance }
    return alike.first { $0.copies == rules[0] } ?? fits[0]
  }

  // MARK: What is refused

  private func check() throws {
    let (left, right) = (traffic.metadata.layout, routing.metadata.layout)
    guard left.serverCount == right.serverCount, left.gpusPerServer == right.gpusPerServer else {
      throw IngestError(
        "the traffic is of \(left.serverCount) servers × \(left.gpusPerServer) GPUs, the routing of "
          + "\(right.serverCount) × \(right.gpusPerServer)", at: "join",
        advice: "Ingest both with the same --layout.")
    }
    guard routing.routing.count > 0 else {
      throw IngestError(
        "the second trace holds no routing", at: "join",
        advice: "Name the trace of the network first, that of the router logs second.")
    }
    guard traffic.transfers.count > 0,
      traffic.operations.rows.contains(where: { $0.start != Operation.unknownTime })
    else {
      throw IngestError(
        "the first trace holds no transfers with times", at: "join",
        advice: "Name the trace of the network first, that of the router logs second.")
    }
  }

  private func nothingToCompare(_ ledger: Ledger) -> IngestError {
    let reasons = ledger.skipped.map { "\($0.count) × \($0.reason)" }
    return IngestError(
      "no measured operation can be an all-to-all of the routing: "
        + reasons.joined(separator: ", "), at: "join",
      advice: "Check that both were ingested with the layout that they ran on.")
  }

  private func refusal(_ fits: [JoinFit]) -> IngestError {
    let shares = fits.map { fit in
      fit.matchedCount == 0
        ? "nothing is alike with one copy per \(fit.copies.rawValue)"
        : "\(percent(fit.residual)) stay unexplained with one copy per \(fit.copies.rawValue)"
    }
    return IngestError(
      "the traffic is not what the routing says: of the bytes between servers "
        + shares.joined(separator: ", "), at: "join",
      advice:
        "Check that both are of one run, that both were ingested with the layout they ran on, "
        + "and that the model has the right number of experts.")
  }

  // MARK: What is said

  private func summary(
    _ fits: [JoinFit], _ best: JoinFit, _ measured: MeasuredExchanges
  ) -> JoinSummary {
    var summary = JoinSummary()
    summary.copies = best.copies
    summary.rules = fits.map { ($0.copies, $0.coverage, $0.residual) }
    summary.contrast = best.contrast
    summary.measuredCount = measured.count
    summary.expectedCount = best.expectedCount
    summary.matchedCount = best.matchedCount
    summary.factors = best.factors
    summary.ledgers = [measured.ledger]
    summary.notes = notes(fits, best)
    return summary
  }

  private func notes(_ fits: [JoinFit], _ best: JoinFit) -> [String] {
    var notes: [String] = []
    let alike = fits.filter {
      $0.copies != best.copies && $0.unexplained - best.unexplained < Self.tolerance
    }.map(\.copies.rawValue)
    if !alike.isEmpty {
      notes.append(
        "copies per \(alike.joined(separator: " and per ")) explain the traffic as well as per "
          + "\(best.copies.rawValue)")
    }
    if routing.metadata.routingUnit == .assignments {
      notes.append(
        "the log counts assignments, not tokens: whether copies were saved per rank or server cannot "
          + "be told")
    }
    guard let model = routing.metadata.model else {
      return notes + ["no model was declared: bytes per token are what the traffic shows"]
    }
    if model.copies != best.copies {
      notes.append(
        "the model declares one copy per \(model.copies.rawValue), but the traffic is that of one per "
          + "\(best.copies.rawValue), which is taken")
    }
    if best.factors.contains(where: { !(0.8...1.25).contains($0.factor) }) {
      notes.append(
        "the wire carries other amounts than the model predicts: the log may be sampled "
          + "(--tokens-per-logged-token), or the number formats differ")
    }
    if model.compute.isDeclared {
      notes.append(
        "compute between operations is what was recorded; the model's own times are left out")
    }
    return notes
  }

  private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}
