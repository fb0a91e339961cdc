/// When circuits are changed for the demand at hand; each region decides for itself.
public enum ReconfigurationPolicy: Sendable, Hashable {
  /// The circuits of each region's first demand stay.
  case never
  /// New circuits for every forward and every backward pass of a layer, where it has demand.
  case always
  /// Only when the phases served gain more than `factor` times the wait, each alone on the fabric.
  case threshold(factor: Double)
  /// Only when the new circuits would have gained more than `factor` times the wait over the last
  /// `epochs` forward or backward passes, this one included.
  case hysteresis(factor: Double, epochs: Int)
  /// Circuits for a forward dispatch are chosen from a predicted demand before its gate has run, so
  /// that setting them up can hide behind attention; backward passes know their demand.
  ///
  /// With `recalibrates` the combine gets circuits for the demand that the gate then showed, which
  /// hide behind the experts. Where nothing can be predicted yet, the gate is waited for.
  case predicted(recalibrates: Bool)

  /// The word used in tables, flags and files.
  public var name: String {
    switch self {
    case .never: "never"
    case .always: "always"
    case .threshold(let factor): "threshold-\(factor)"
    case .hysteresis(let factor, let epochs): "hysteresis-\(factor)-\(epochs)"
    case .predicted(let recalibrates): recalibrates ? "predicted-recalibrated" : "predicted"
    }
  }
}
