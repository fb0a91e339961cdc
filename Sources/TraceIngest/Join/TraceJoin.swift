public import TraceModel

/// What a join found, for people and for the file's provenance.
public struct JoinSummary: Sendable {
  /// The rule of copies that the joined trace has.
  public var copies = CopyRule.perExpert
  /// Share of the measured bytes that each rule of copies leaves unexplained; the least first.
  public var unexplained: [(copies: CopyRule, share: Double)] = []
  /// Exchanges that were measured, that the routing expects, and that are both.
  public var measuredCount = 0
  public var expectedCount = 0
  public var matchedCount = 0
  /// Bytes on the wire for one byte that the routing and the model predict, by phase.
  public var factors: [(phase: Phase, factor: Double)] = []
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

  /// Measured bytes that may stay unexplained.
  public static let largestUnexplained = 0.2
  /// Rules of copies that differ by less explain the traffic equally well.
  private static let tolerance = 0.005

  /// - Parameters:
  ///   - traffic: operations with times and transfers between servers.
  ///   - routing: operations with routing, on the same servers.
  public init(traffic: Trace, routing: Trace) {
    self.traffic = traffic
    self.routing = routing
  }

  /// The joined trace: operations and transfers as they were measured, with the iterations, micro-batches,
  /// layers and phases of the routing, and the routing itself.
  ///
  /// Operations that nothing in the routing explains keep their role and get the iteration that they ran
  /// in.
  /// - Throws: an `IngestError` when the traces cannot be of one run.
  /// - Complexity: O(rows of both) memory; see `SequenceAlignment`.
  public func run() throws -> (trace: Trace, summary: JoinSummary) {
    try check()
    let fits = try CopyRule.allCases.map { copies in
      JoinFit(traffic, to: try workload(copies), copies: copies)
    }.enumerated().sorted {
      ($0.element.unexplained, $0.offset) < ($1.element.unexplained, $1.offset)
    }.map(\.element)
    guard let least = fits.first?.unexplained, least <= Self.largestUnexplained else {
      throw refusal(fits)
    }
    // Of rules that cannot be told apart the declared one stands.
    let alike = fits.filter { $0.unexplained - least < Self.tolerance }
    let best = alike.first { $0.copies == routing.metadata.model?.copies } ?? alike[0]
    let summary = summary(fits, best, alike)
    return (JoinedTrace(traffic, routing, best).trace(summary), summary)
  }

  /// The routing at server grain, in bytes if a model says how many, or else in token copies.
  private func workload(_ copies: CopyRule) throws -> Workload {
    var routing = routing
    routing.metadata.model?.copies = copies
    if routing.metadata.model == nil { return try tokens(routing) }
    return try Workload(trace: routing, grain: .server)
  }

  private func tokens(_ routing: Trace) throws -> Workload {
    try Workload(trace: routing, grain: .server, tokensAsBytes: true)
  }

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

  private func refusal(_ fits: [JoinFit]) -> IngestError {
    let shares = fits.map { "\(percent($0.unexplained)) per \($0.copies.rawValue)" }
    return IngestError(
      "the traffic is not what the routing says: unexplained are, with one copy of a token each, "
        + "\(shares.joined(separator: ", ")) of its bytes between servers", at: "join",
      advice:
        "Check that both are of one run, that both were ingested with the layout they ran on, "
        + "and that the model has the right number of experts.")
  }

  private func summary(
    _ fits: [JoinFit], _ best: JoinFit, _ alike: [JoinFit]
  ) -> JoinSummary {
    var summary = JoinSummary()
    summary.copies = best.copies
    summary.unexplained = fits.map { ($0.copies, $0.unexplained) }
    summary.measuredCount = best.measured.reduce(0) { $0 + $1.count }
    summary.expectedCount = best.expectedCount
    summary.matchedCount = best.matchedCount
    summary.factors = best.factors
    let others = alike.map(\.copies).filter { $0 != best.copies }
    if !others.isEmpty {
      summary.notes.append(
        "copies per \(others.map(\.rawValue).joined(separator: " and per ")) explain the "
          + "traffic as well as per \(best.copies.rawValue)")
    }
    if best.ambiguousSites > 0 {
      summary.notes.append(
        "iterations resemble each other so much that the traffic could as well be of others: their "
          + "numbers are those nearest to the beginning of the routing")
    }
    if routing.metadata.model == nil {
      summary.notes.append("no model was declared: bytes per token are what the traffic shows")
    } else if best.factors.contains(where: { !(0.8...1.25).contains($0.factor) }) {
      summary.notes.append(
        "the wire carries other amounts than the model predicts: the log may be sampled "
          + "(--tokens-per-logged-token), or the number formats differ")
    }
    if routing.metadata.model?.compute.isDeclared == true {
      summary.notes.append(
        "compute between operations is what was recorded; the model's own times are left out")
    }
    return summary
  }
}

func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
