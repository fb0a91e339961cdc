/// The answer to "which region": three winners with their reasons, and what was ruled out.
public struct RegionChoice: Sendable, Hashable {
  /// A plan with its score.
  public struct Scored: Sendable, Hashable {
    public var plan: RegionPlan
    public var score: PlanScore
  }

  /// One winner.
  public struct Answer: Sendable, Hashable {
    public var winner: Scored
    /// Why it won, in a sentence.
    public var reason: String
    /// How far the runner-up is behind, as a share of the winner's value; nil without a runner-up.
    public var margin: Double?
  }

  /// Replayed in full, fastest first.
  public var evaluated: [Scored]
  /// Dropped because their proven bound was enough to exclude them from every answer.
  public var provenWorse: [Scored]
  /// ε: how much slower than the best a plan may be and still be chosen for size or price.
  public var tolerance: Double

  public var fastest: Answer?
  public var smallest: Answer?
  public var cheapest: Answer?
  public var bestPerformancePerDollar: Answer?

  /// What a reader must be told, most important first.
  public var sentences: [String]

  /// "12 candidates: 7 replayed, 5 proven worse".
  public var countSentence: String {
    "\(evaluated.count + provenWorse.count) "
      + (evaluated.count + provenWorse.count == 1 ? "candidate" : "candidates")
      + ": \(evaluated.count) replayed in full, "
      + "\(provenWorse.count) proven worse by their bound"
  }
}
