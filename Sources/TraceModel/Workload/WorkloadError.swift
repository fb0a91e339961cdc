/// Why a trace cannot become a workload: what is wrong, where, and what to do about it.
public struct WorkloadError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened and what was expected.
  public var message: String
  /// The row or the part of the metadata that is wrong.
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
