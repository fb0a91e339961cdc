/// Where a column's values come from.
public struct Provenance: Sendable, Hashable, Codable {
  /// How far the values can be trusted.
  public enum Origin: String, Sendable, Hashable, Codable, CaseIterable {
    /// Read from the input.
    case measured
    /// The user said so (a flag, a layout or a model file).
    case declared
    /// Worked out by a method that is named beside it.
    case inferred
    /// The input does not say, and nothing stands in its place.
    case absent
  }

  public var origin: Origin
  /// The reader, the flag or the inference method, in a few words.
  public var method: String
  /// How sure an inference is, 0 … 1; nil where the method cannot tell.
  public var confidence: Double?

  public init(_ origin: Origin, method: String, confidence: Double? = nil) {
    self.origin = origin
    self.method = method
    self.confidence = confidence
  }
}
