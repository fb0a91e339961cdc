public import TraceModel

/// What a join found, for people and for the file's provenance.
public struct JoinSummary: Sendable {
  /// The rule of copies that the joined trace has.
  public var copies = CopyRule.perExpert
  /// The rules that were tried, with the share of measured bytes that each found among the routing's
  /// all-to-alls and what stays unexplained of these; the best first.
  public var rules: [(copies: CopyRule, coverage: Double, residual: Double)] = []
  /// How the passes of micro-batches took turns, by pipeline stage; of stages with several orders.
  public var orders: [StageOrder] = []
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

  /// The order of passes that was found for a pipeline stage.
  public struct StageOrder: Sendable {
    /// `Operation.unknown` where the routing does not say.
    public var stage: Int32
    /// The order in words.
    public var order: String
    /// Mean share of an exchange's bytes that would have to go elsewhere to be what is expected, 0 … 0.25.
    public var meanDistance: Double
    /// The next best order, and its mean distance.
    public var runnerUp: String
    public var runnerUpMeanDistance: Double
  }
}
