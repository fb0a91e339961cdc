/// What the ends of a transfer are.
///
/// A capture sees NICs, a router log sees ranks; neither is ever turned into the other by guessing.
public enum Grain: UInt8, Sendable, Hashable, CaseIterable, Codable {
  case rank = 0
  case nic = 1
  case server = 2

  /// The word used in tables, flags and files.
  public var name: String {
    switch self {
    case .rank: "rank"
    case .nic: "nic"
    case .server: "server"
    }
  }
}
