/// A statistic, or the reason why the input cannot give it.
///
/// A number that the input does not support is worse than none: pair structure needs real
/// sources, a trend needs several iterations.
public enum Finding: Sendable, Hashable {
  /// A number and what it is measured in.
  case value(Double, Unit)
  /// The input does not hold the information at all.
  case notIdentifiable(String)
  /// The input holds it, but not often enough: `have` of the `need` things called `of`.
  case tooFew(have: Int, need: Int, of: String)

  /// What a value is measured in.
  public enum Unit: String, Sendable, Hashable, CaseIterable {
    /// A quotient of two equal units.
    case ratio = "×"
    /// A part of a whole, 0 … 1.
    case share
    /// Bits of information.
    case bits = "bit"
    /// A dimensionless index, most often 0 … 1.
    case index
    /// A number of (source, destination) pairs.
    case pairs
    /// A distance in iterations.
    case iterations
  }

  /// The number, or nil when there is none.
  public var number: Double? {
    if case .value(let number, _) = self { number } else { nil }
  }

  /// Why there is no number, or nil when there is one.
  public var absence: String? {
    switch self {
    case .value: nil
    case .notIdentifiable(let reason): "not identifiable: \(reason)"
    case .tooFew(let have, let need, let things): "too few: \(have) of \(need) \(things)"
    }
  }
}

extension Finding: CustomStringConvertible {
  /// The number with its unit, or the reason.
  public var description: String {
    guard case .value(let number, let unit) = self else { return absence ?? "" }
    switch unit {
    case .ratio: return decimal(number, places: 2) + "×"
    case .share: return percent(number)
    case .bits: return decimal(number, places: 3) + " bit"
    case .index: return decimal(number, places: 3)
    case .pairs: return decimal(number, places: 0) + " pairs"
    case .iterations:
      return decimal(number, places: number == number.rounded() ? 0 : 1) + " iterations"
    }
  }
}
