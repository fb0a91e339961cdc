public import TraceModel

/// Joins what a network saw with what the gates decided.
///
/// A capture or a profile knows times and bytes, a routing log knows iterations and layers; of one run,
/// they tell the same all-to-alls. What the routing must have put between servers under each rule of
/// copies is compared with what was measured there, in the order of time, separately for sets of servers
/// that experts join, and for each order in which micro-batches may have taken turns. Bytes inside
/// servers, which no capture sees, are left out on both sides, and so is what the tokens of ranks without
/// a log moved.
public struct TraceJoin {
  private let traffic: Trace
  let routing: Trace
  let logged: LoggedRanks

  /// Bytes of the exchanges that were found that may stay unexplained.
  public static let largestResidual = 0.2
  /// How much better the place that was found must fit than any other.
  public static let leastContrast = 0.2
  /// Rules of copies that differ by less explain the traffic equally well.
  static let tolerance = 0.005

  /// - Parameters:
  ///   - traffic: operations with times and transfers between servers.
  ///   - routing: operations with routing, on the same servers.
  public init(traffic: Trace, routing: Trace) {
    self.traffic = traffic
    self.routing = routing
    logged = LoggedRanks(routing)
  }

  /// The joined trace: operations and transfers as they were measured, with the iterations,
  /// micro-batches, layers and phases of the routing, and the routing itself.
  ///
  /// Operations that are none of the routing's keep their kind and role; they get the iteration that
  /// they ran in, as far as the routing's all-to-alls beside them tell.
  /// - Throws: an `IngestError` when the traces cannot be of one run, or cannot be told to be.
  /// - Complexity: see `SequenceAlignment`; memory for both traces and one rule's matrices at a time.
  public func run() throws -> (trace: Trace, summary: JoinSummary) {
    try check()
    let first = try workload(rules[0])
    let sites = JoinSites(first, logged: logged)
    let measured = try MeasuredExchanges(traffic, sites: sites)
    guard measured.count > 0 else { throw nothingToCompare(measured.ledger) }
    let fits = try rules.enumerated().map { place, copies in
      JoinFit(
        measured, to: place == 0 ? first : try workload(copies), on: sites, copies: copies)
    }.enumerated().sorted {
      ($0.element.unexplained, $0.offset) < ($1.element.unexplained, $1.offset)
    }.map(\.element)
    let best = try chosen(of: fits)
    var summary = summary(fits, best, measured, sites)
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
        advice: adviceOnRanks + "Join a longer capture, or a log that was not sampled.")
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
      advice: adviceOnRanks
        + "Check that both are of one run, that both were ingested with the layout they ran on, "
        + "and that the model has the right number of experts.")
  }

  private var adviceOnRanks: String {
    logged.words.map { "The routing has no lines of \($0): ingest the logs of all ranks. " } ?? ""
  }

  // MARK: What is said

  private func summary(
    _ fits: [JoinFit], _ best: JoinFit, _ measured: MeasuredExchanges, _ sites: JoinSites
  ) -> JoinSummary {
    var summary = JoinSummary()
    summary.copies = best.copies
    summary.rules = fits.map { ($0.copies, $0.coverage, $0.residual) }
    summary.contrast = best.contrast
    summary.measuredCount = measured.count
    summary.expectedCount = best.expectedCount
    summary.matchedCount = best.matchedCount
    summary.factors = best.factors
    summary.orders = best.stages.compactMap { fit in
      fit.runnerUp.map {
        JoinSummary.StageOrder(
          stage: fit.stage, order: fit.order.name, meanDistance: fit.meanDistance,
          runnerUp: $0.name, runnerUpMeanDistance: $0.meanDistance)
      }
    }
    summary.notes = notes(fits, best, summary.orders, sites)
    return summary
  }

  private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}
