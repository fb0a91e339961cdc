/// Why a trace cannot be synthesised: what is wrong with the plan and what would do.
public struct SynthesisError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened and what was expected.
  public var message: String
  /// The parameter that is wrong.
  public var location: String
  /// What the user can do.
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
