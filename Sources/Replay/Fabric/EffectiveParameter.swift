/// One value that a result rests on, as it was used.
public struct EffectiveParameter: Sendable, Hashable {
  public var name: String
  public var value: String
  /// Empty for words and counts.
  public var unit: String

  public init(_ name: String, _ value: some CustomStringConvertible, unit: String = "") {
    self.name = name
    self.value = value.description
    self.unit = unit
  }
}
