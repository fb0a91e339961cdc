/// How exactly the moments are kept at which rates are worked out anew.
public struct FluidBatching: Sendable, Hashable {
  /// Flows that end within this fraction of the time that all of a component take leave together: of the
  /// least they take where they start at once, of what they take at present rates where they come and go.
  ///
  /// Each still ends at its own time at the rate it had; the rates of the others change once, at
  /// the mean of those times weighted by rate, so that the capacity used too early and the
  /// capacity left unused cancel. On all-to-alls of 256 ends a step of 0.02 moves the completion
  /// by up to 0.6 % and single flows by 0.14 % on average and 5 % at most; a step of 0.005 by
  /// 0.05 %, 0.04 % and 0.8 %. A flow that is short beside the others may be off by the whole step. A completion may come out below its lower bound by as much.
  public private(set) var relativeStep: Double

  /// - Parameter relativeStep: 0 to 1; what is not a number counts as 0.
  public init(relativeStep: Double) {
    self.relativeStep = relativeStep > 0 ? min(relativeStep, 1) : 0
  }

  /// Rates are worked out anew whenever a flow ends.
  public static let exact = FluidBatching(relativeStep: 0)

  package var isExact: Bool { relativeStep == 0 }

  /// With twice the step, also where that is more than one may ask for.
  package var doubled: FluidBatching {
    var doubled = self
    doubled.relativeStep *= 2
    return doubled
  }
}
