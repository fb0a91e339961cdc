/// A number, or why there is none.
public enum Measurement: Sendable, Hashable {
  case value(Double)
  case notMeasurable(String)

  /// The number, or nil.
  public var value: Double? {
    if case .value(let value) = self { value } else { nil }
  }

  /// A gain below this part does not pay for optics, whatever they cost.
  public static let worthwhileGain = 0.05

  /// True for a gain that is known and worth having.
  public var isWorthwhile: Bool { (value ?? 0) >= Self.worthwhileGain }
}
