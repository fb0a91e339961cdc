/// What a plan costs and how long the iterations take on it.
public struct PlanScore: Sendable, Hashable {
  /// Time of the evaluated iterations in nanoseconds; nil when the evaluator gave up, because the
  /// plan is proven to take longer than the bound it was given.
  public var completionNanoseconds: Double?
  /// Price of the whole fabric in US dollars; nil when no prices are declared.
  public var costUSD: Double?
  /// A time that no schedule on this plan can beat, in nanoseconds.
  public var provenLowerBoundNanoseconds: Double

  public init(
    completionNanoseconds: Double?, costUSD: Double?, provenLowerBoundNanoseconds: Double
  ) {
    self.completionNanoseconds = completionNanoseconds
    self.costUSD = costUSD
    self.provenLowerBoundNanoseconds = provenLowerBoundNanoseconds
  }

  /// 1 ÷ (completion · cost), larger is better; nil where either is missing or not positive.
  public var performancePerDollar: Double? {
    guard let time = completionNanoseconds, let cost = costUSD, time > 0, cost > 0 else {
      return nil
    }
    return 1 / (time * cost)
  }
}

/// Whoever can replay the workload on a plan; the region chooser knows no fabric of its own.
///
/// Which workload, iterations, fabric and scheduler are replayed is the evaluator's own affair; they
/// must be the same for every plan.
public struct PlanEvaluator<Failure: Error> {
  /// Scores a plan.
  ///
  /// It may give up once the plan is proven to take longer than the second argument (nanoseconds);
  /// given 0, it returns cost and bound without replaying.
  public let score: (RegionPlan, Double) throws(Failure) -> PlanScore

  public init(_ score: @escaping (RegionPlan, Double) throws(Failure) -> PlanScore) {
    self.score = score
  }
}
