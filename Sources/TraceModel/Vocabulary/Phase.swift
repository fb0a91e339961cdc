/// The four all-to-alls of one mixture-of-experts layer, in the order in which they run.
///
/// Dispatch-forward and combine-backward carry the routing matrix W (token owner → expert);
/// combine-forward and dispatch-backward carry its transpose (MixNet, section 5).
public enum Phase: UInt8, Sendable, Hashable, CaseIterable, Codable {
  case unspecified = 0
  case dispatchForward = 1
  case combineForward = 2
  case combineBackward = 3
  case dispatchBackward = 4

  /// The four all-to-alls, without `unspecified`.
  public static let allToAlls: [Phase] = [
    .dispatchForward, .combineForward, .combineBackward, .dispatchBackward,
  ]

  /// True when bytes run from the experts back to the owners of the tokens.
  public var runsFromExperts: Bool { self == .combineForward || self == .dispatchBackward }

  /// True for the two phases of the backward pass.
  public var isBackward: Bool { self == .combineBackward || self == .dispatchBackward }

  /// The word used in tables, flags and files.
  public var name: String {
    switch self {
    case .unspecified: "unspecified"
    case .dispatchForward: "dispatch-forward"
    case .combineForward: "combine-forward"
    case .combineBackward: "combine-backward"
    case .dispatchBackward: "dispatch-backward"
    }
  }
}
