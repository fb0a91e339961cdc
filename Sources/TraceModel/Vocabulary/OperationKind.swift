/// The collective (or point-to-point) operation that moved the bytes.
public enum OperationKind: UInt8, Sendable, Hashable, CaseIterable, Codable {
  case unknown = 0
  case allToAll = 1
  case allReduce = 2
  case allGather = 3
  case reduceScatter = 4
  case broadcast = 5
  case sendReceive = 6
  /// Neighbour traffic around a ring whose collective is not known (a capture sees only the ring).
  case ring = 7

  /// The word used in tables, flags and files.
  public var name: String {
    switch self {
    case .unknown: "unknown"
    case .allToAll: "all-to-all"
    case .allReduce: "all-reduce"
    case .allGather: "all-gather"
    case .reduceScatter: "reduce-scatter"
    case .broadcast: "broadcast"
    case .sendReceive: "send-receive"
    case .ring: "ring"
    }
  }
}
