/// Why bytes could not be read or written: which file, where in it, and what to do about it.
public struct ByteStreamError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is: callers treat a damaged input otherwise than an absent one.
  public enum Reason: Sendable, Hashable {
    /// The file cannot be opened or created.
    case unavailable
    /// The operating system failed to read, write, flush or rename.
    case system
    /// The input ends in the middle of a compressed stream.
    case truncated
    /// The compressed stream contradicts itself, or something else follows it.
    case corrupt
    /// A limit of `ByteLimits` was met.
    case limit
  }

  /// The kind of failure.
  public var reason: Reason
  /// File name as the user gave it.
  public var file: String
  /// Byte in the file on disk (compressed where it is compressed), or nil where there is none.
  public var offset: Int64?
  /// What happened and what was expected.
  public var message: String
  /// What the user can do.
  public var advice: String?

  /// An error about a file; `description` puts the parts together.
  public init(
    _ reason: Reason, file: String, offset: Int64? = nil, message: String, advice: String? = nil
  ) {
    self.reason = reason
    self.file = file
    self.offset = offset
    self.message = message
    self.advice = advice
  }

  public var description: String {
    let place = offset.map { "\(file): byte \($0)" } ?? file
    return "\(place): \(message)" + (advice.map { "\n  \($0)" } ?? "")
  }
}
