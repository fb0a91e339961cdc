/// Why experts cannot be placed as asked: what is wrong, where, and what to do about it.
public struct PlacementError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  /// The number or part that is wrong.
  public var location: String
  public var advice: String?

  public init(_ message: String, at location: String, advice: String? = nil) {
    self.message = message
    self.location = location
    self.advice = advice
  }

  public var description: String {
    "\(location): \(message)" + (advice.map { "\n  \($0)" } ?? "")
  }
}
