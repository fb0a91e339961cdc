/// What `analyseLocality` is asked for.
public struct LocalityOptions: Sendable, Hashable {
  /// Region sizes to look at beside the candidates, in servers.
  public var extraRegionSizes: [Int]
  /// What the optical switch takes; nil for no limit.
  public var switchLimit: SwitchLimit?
  /// Largest receipt ÷ mean from which imbalance is called the first thing to cure.
  public var imbalanceWorthCuring: Double
  /// Excess pair information in bits below which there is no pair structure to serve.
  public var noPairStructureBits: Double
  /// Excess pair information in bits from which pair structure is called strong.
  public var strongPairStructureBits: Double
  /// Distinct demands examined one by one.
  public var demandLimit: Int
  /// Whether to look for changes, measure trace complexity and resample iterations as well: slower.
  public var readsDetails: Bool

  /// Defaults are the thresholds that the documentation names.
  public init(
    extraRegionSizes: [Int] = [], switchLimit: SwitchLimit? = nil,
    imbalanceWorthCuring: Double = 1.2, noPairStructureBits: Double = 0.05,
    strongPairStructureBits: Double = 0.3, demandLimit: Int = 512,
    readsDetails: Bool = false
  ) {
    self.extraRegionSizes = extraRegionSizes
    self.switchLimit = switchLimit
    self.imbalanceWorthCuring = imbalanceWorthCuring
    self.noPairStructureBits = noPairStructureBits
    self.strongPairStructureBits = strongPairStructureBits
    self.demandLimit = demandLimit
    self.readsDetails = readsDetails
  }
}
