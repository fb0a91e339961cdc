/// Why an input could not be read: what happened, where, and what to do about it.
public struct IngestError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened and what was expected.
  public var message: String
  /// File name, with a byte offset or line number where there is one.
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
