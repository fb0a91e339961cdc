/// What the rows of a block are.
///
/// Kinds that are not known here are kept and skipped.
public struct BlockKind: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
  public var rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `TraceMetadata` as JSON; the last one of a file is in force.
  public static let metadata = BlockKind(rawValue: 1)
  public static let operations = BlockKind(rawValue: 2)
  public static let dependencies = BlockKind(rawValue: 3)
  public static let transfers = BlockKind(rawValue: 4)
  public static let routing = BlockKind(rawValue: 5)
  public static let messages = BlockKind(rawValue: 6)
  /// The list of all other blocks, written last.
  static let index = BlockKind(rawValue: 7)

  public var description: String {
    switch self {
    case .metadata: "metadata"
    case .operations: "operations"
    case .dependencies: "dependencies"
    case .transfers: "transfers"
    case .routing: "routing"
    case .messages: "messages"
    case .index: "index"
    default: "unknown kind \(rawValue)"
    }
  }
}
