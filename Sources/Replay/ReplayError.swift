/// Why a workload could not be replayed: what is wrong, where, and what to do about it.
public struct ReplayError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened and what was expected.
  public var message: String
  /// The fabric, the pair or the step that it is about.
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
