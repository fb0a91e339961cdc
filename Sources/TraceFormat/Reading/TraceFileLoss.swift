/// A part of a `.mixt` file that could not be read and was left out.
public struct TraceFileLoss: Sendable, Hashable, CustomStringConvertible {
  /// First byte of the part.
  public var offset: Int64
  public var byteCount: Int64
  /// What was lost and why, "65,536 rows of transfers: the checksum does not fit".
  public var message: String

  public var description: String { "byte \(offset), \(byteCount) bytes: \(message)" }
}
