internal import ByteStreams

/// Why a `.mixt` file could not be written or read: where, and what to do about it.
public struct TraceFormatError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Reason: Sendable, Hashable {
    /// The file cannot be opened, read, created or written.
    case file
    /// The file is not a `.mixt` file.
    case notATrace
    /// The file was written by a newer version of the format.
    case version
    /// The file contradicts its checksums or itself.
    case damaged
    /// The rows that were to be written do not fit together.
    case rows
  }

  public var reason: Reason
  public var file: String
  /// Byte in the file, or nil where there is none.
  public var offset: Int64?
  /// What happened and what was expected.
  public var message: String
  /// What the user can do.
  public var advice: String?

  public init(
    _ reason: Reason, file: String, offset: Int64? = nil, message: String, advice: String? = nil
  ) {
    self.reason = reason
    self.file = file
    self.offset = offset
    self.message = message
    self.advice = advice
  }

  init(_ error: ByteStreamError) {
    self.init(
      .file, file: error.file, offset: error.offset, message: error.message, advice: error.advice)
  }

  public var description: String {
    let place = offset.map { "\(file): byte \($0)" } ?? file
    return "\(place): \(message)" + (advice.map { "\n  \($0)" } ?? "")
  }
}

/// Runs `body` and passes its failure on as one of this library.
func asTraceFormatError<Result>(
  _ body: () throws(ByteStreamError) -> Result
) throws(TraceFormatError) -> Result {
  do { return try body() } catch { throw TraceFormatError(error) }
}
