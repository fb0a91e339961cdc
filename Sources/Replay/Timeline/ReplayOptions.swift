/// What decides when operations start.
public enum ReplayPacing: String, Sendable, Hashable, CaseIterable {
  /// What an end waits for, and its compute (closed loop).
  case dependencies
  /// The recorded start times, whatever the fabric does with them (open loop).
  case recorded
}

/// How to replay, apart from the fabric.
public struct ReplayOptions: Sendable, Hashable {
  public var policy: ReconfigurationPolicy
  /// Who guesses demands for `ReconfigurationPolicy.predicted`.
  public var predictor: PredictorChoice?
  /// Whether setting up the first circuits costs their delay, or they stand when the job starts.
  public var chargesFirstConfiguration: Bool
  public var pacing: ReplayPacing
  /// All compute times are multiplied by this.
  public var computeScale: Double
  /// Whether flows that end at nearly the same time may leave together, which is faster.
  public var batching: FluidBatching
  /// Iterations to replay; nil for all.
  public var iterations: ClosedRange<Int32>?
  /// Stop as soon as the completion is known to exceed this; the result says so.
  public var giveUpAfterNanoseconds: Double?
  /// Links to list, busiest first.
  public var busiestLinkCount: Int
  /// True where only the times are wanted: nothing is repeated without delays (no delay counts as
  /// exposed then), and bounds, optima and the error of batching are left out.
  package var answersTimesOnly = false

  public init(
    policy: ReconfigurationPolicy = .always, predictor: PredictorChoice? = nil,
    chargesFirstConfiguration: Bool = true, pacing: ReplayPacing = .dependencies,
    computeScale: Double = 1, batching: FluidBatching = .exact,
    iterations: ClosedRange<Int32>? = nil,
    giveUpAfterNanoseconds: Double? = nil, busiestLinkCount: Int = 10
  ) {
    self.policy = policy
    self.predictor = predictor
    self.chargesFirstConfiguration = chargesFirstConfiguration
    self.pacing = pacing
    self.computeScale = computeScale
    self.batching = batching
    self.iterations = iterations
    self.giveUpAfterNanoseconds = giveUpAfterNanoseconds
    self.busiestLinkCount = busiestLinkCount
  }

  /// Why nothing can be replayed like this, in words, or nil.
  package var defect: String? {
    if !(computeScale >= 0 && computeScale.isFinite) { return "compute scale is \(computeScale)" }
    if case .predicted = policy, predictor == nil { return "the policy needs a predictor" }
    return nil
  }

  public var effectiveParameters: [EffectiveParameter] {
    var parameters = [
      EffectiveParameter("reconfiguration policy", policy.name),
      EffectiveParameter("first configuration charged", chargesFirstConfiguration ? "yes" : "no"),
      EffectiveParameter("pacing", pacing.rawValue),
      EffectiveParameter("compute scale", computeScale),
    ]
    if !batching.isExact {
      parameters.append(EffectiveParameter("batching step", batching.relativeStep))
    }
    if let predictor, case .predicted = policy {
      parameters.append(EffectiveParameter("predictor", predictor.name))
    }
    return parameters
  }
}
