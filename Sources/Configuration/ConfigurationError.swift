/// What is wrong in a configuration file or value, where, and what would be accepted.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  public var message: String
  /// "layout.yaml:12", or the name of a flag.
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
