/// What a group of ranks communicates for: the kind of parallelism that its bytes serve.
public enum Role: UInt8, Sendable, Hashable, CaseIterable, Codable {
  case other = 0
  case expert = 1
  case tensor = 2
  case pipeline = 3
  case data = 4

  /// The word used in tables, flags and files.
  public var name: String {
    switch self {
    case .other: "other"
    case .expert: "expert"
    case .tensor: "tensor"
    case .pipeline: "pipeline"
    case .data: "data"
    }
  }
}
