/// How to replay, apart from the fabric.
public struct ReplayOptions: Sendable, Hashable {
  public var policy: ReconfigurationPolicy
  /// Whether setting up the first circuits costs their delay, or they stand when the job starts.
  public var chargesFirstConfiguration: Bool
  /// Iterations to replay; nil for all.
  public var iterations: ClosedRange<Int32>?
  /// Stop as soon as the completion is known to exceed this; the result says so.
  public var giveUpAfterNanoseconds: Double?
  /// Links to list, busiest first.
  public var busiestLinkCount: Int

  public init(
    policy: ReconfigurationPolicy = .always, chargesFirstConfiguration: Bool = true,
    iterations: ClosedRange<Int32>? = nil, giveUpAfterNanoseconds: Double? = nil,
    busiestLinkCount: Int = 10
  ) {
    self.policy = policy
    self.chargesFirstConfiguration = chargesFirstConfiguration
    self.iterations = iterations
    self.giveUpAfterNanoseconds = giveUpAfterNanoseconds
    self.busiestLinkCount = busiestLinkCount
  }

  public var effectiveParameters: [EffectiveParameter] {
    [
      EffectiveParameter("reconfiguration policy", policy.name),
      EffectiveParameter("first configuration charged", chargesFirstConfiguration ? "yes" : "no"),
    ]
  }
}
