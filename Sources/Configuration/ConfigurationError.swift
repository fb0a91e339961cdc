/// What is wrong in a configuration file or value, where, and what would be accepted.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong and what was expected.
  public var message: String
  /// "layout.yaml:12", or the name of a flag.
  public var location: String
  /// What the user can write instead; nil where the message says it.
  public var advice: String?

  /// - Parameter location: "layout.yaml:12", or the name of a flag.
  public init(_ message: String, at location: String, advice: String? = nil) {
    self.message = message
    self.location = location
    self.advice = advice
  }

  /// "layout.yaml:12: what is wrong", and the advice on a line of its own.
  public var description: String {
    "\(location): \(message)" + (advice.map { "\n  \($0)" } ?? "")
  }
}
