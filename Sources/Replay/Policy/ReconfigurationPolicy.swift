/// When circuits are changed for the demand at hand.
public enum ReconfigurationPolicy: Sendable, Hashable {
  /// The circuits of each region's first demand stay.
  case never
  /// New circuits for every forward and every backward pass of a layer, where it has demand.
  case always
  /// Only when the phases served gain more than `factor` times the wait.
  case threshold(factor: Double)

  /// The word used in tables, flags and files.
  public var name: String {
    switch self {
    case .never: "never"
    case .always: "always"
    case .threshold(let factor): "threshold-\(factor)"
    }
  }

  /// What a decision rests on.
  package struct Prospect {
    /// Nanoseconds that the phases served would take on the old and on the new circuits.
    package var onOldCircuits: Double
    package var onNewCircuits: Double
    /// Nanoseconds for which traffic would wait for the new circuits.
    package var wait: Double
  }

  /// Whether to change; `prospect` is worked out only by policies that look at it.
  package func changes(_ prospect: () throws(ReplayError) -> Prospect) throws(ReplayError) -> Bool {
    switch self {
    case .never: return false
    case .always: return true
    case .threshold(let factor):
      let prospect = try prospect()
      return prospect.onOldCircuits - prospect.onNewCircuits > factor * prospect.wait
    }
  }
}
