internal import Glibc

/// How values are spread along an axis or over colours.
public enum PlotScale: Sendable, Hashable {
  case linear
  /// Equal factors take equal lengths; values that are not positive have no place.
  case logarithmic
}

/// Where values stand between the two ends of an axis, and which of them are written.
package struct Axis: Sendable {
  package struct Tick: Sendable, Hashable {
    package var value: Double
    package var label: String
  }

  package let minimum: Double
  package let maximum: Double
  package let scale: PlotScale
  package private(set) var ticks: [Tick] = []

  /// An axis from zero (or a round number at or below a negative `minimum`) to a round number at
  /// or above `maximum`.
  package static func fromZero(
    to maximum: Double, downTo minimum: Double = 0, kind: NumberKind, tickCount: Int
  ) -> Axis {
    let lowest = minimum.isFinite ? min(0, max(minimum, -largest)) : 0
    let usable = maximum.isFinite ? min(maximum, largest) : 0
    let maximum = max(usable, 0) - lowest > smallest ? max(usable, 0) : 1
    let unit = HumanNumber.step(for: max(maximum, -lowest), of: kind.axisSteps)
    let step = roundStep((maximum - lowest) / unit.scale / Double(max(1, tickCount)))
    // A share never needs the ticks beyond 100 % that rounding would bring.
    let above = Int((maximum / unit.scale / step - 1e-9).rounded(.up))
    let below = Int((lowest / unit.scale / step + 1e-9).rounded(.down))
    var axis = Axis(
      minimum: step * Double(below) * unit.scale, maximum: step * Double(above) * unit.scale,
      scale: .linear)
    axis.ticks = (below...above).map { index in
      axis.tick(step * Double(index), step: step, unit: unit)
    }
    return axis
  }

  /// An axis that holds the values, with ticks at the values themselves while they are few.
  package static func spanning(
    _ values: [Double], kind: NumberKind, scale: PlotScale, tickCount: Int
  ) -> Axis {
    let usable = Set(
      values.filter { abs($0) <= largest && (scale == .linear || $0 > smallest) }
    ).sorted()
    guard let first = usable.first, let last = usable.last else {
      return Axis(minimum: 0, maximum: 1, scale: .linear)
    }
    var axis = Axis(minimum: first, maximum: last, scale: scale)
    if usable.count <= max(2, tickCount) || scale == .logarithmic {
      let every = (usable.count + tickCount - 1) / max(1, tickCount)
      axis.ticks = usable.enumerated().filter { $0.offset.isMultiple(of: max(1, every)) }
        .map { Tick(value: $0.element, label: HumanNumber.text($0.element, kind)) }
      return axis
    }
    let unit = HumanNumber.step(for: max(abs(first), abs(last)), of: kind.axisSteps)
    let step = roundStep((last - first) / unit.scale / Double(max(1, tickCount)))
    let from = (first / unit.scale / step).rounded(.up)
    let to = (last / unit.scale / step).rounded(.down)
    axis.ticks = stride(from: from, through: to, by: 1).map { multiple in
      axis.tick(multiple * step, step: step, unit: unit)
    }
    return axis
  }

  /// Beyond these, differences and powers leave the range of a Double.
  private static let largest = 1e300
  private static let smallest = 1e-300

  package init(minimum: Double, maximum: Double, scale: PlotScale) {
    self.minimum = minimum
    self.maximum = maximum
    self.scale = scale
  }

  /// 0 at the minimum, 1 at the maximum, nil for a value without a place.
  package func place(of value: Double) -> Double? {
    guard value.isFinite else { return nil }
    guard maximum > minimum else { return 0.5 }
    switch scale {
    case .linear: return (value - minimum) / (maximum - minimum)
    case .logarithmic:
      return value > 0 ? log(value / minimum) / log(maximum / minimum) : nil
    }
  }

  private func tick(_ inUnit: Double, step: Double, unit: UnitStep) -> Tick {
    if inUnit == 0 { return Tick(value: 0, label: "0") }
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    let digits = HumanNumber.fixed(abs(inUnit), decimals: min(decimals, 6))
    return Tick(
      value: inUnit * unit.scale,
      label: (inUnit < 0 ? "−" : "") + unit.prefix + digits + unit.suffix)
  }

  /// 1, 2 or 5 times a power of ten, at least `step`.
  private static func roundStep(_ step: Double) -> Double {
    let power = pow(10, floor(log10(step)))
    let factor = [1.0, 2, 5].first { $0 * power >= step * (1 - 1e-9) } ?? 10
    return factor * power
  }
}

extension NumberKind {
  /// Units for axes, where digits need not be complete.
  fileprivate var axisSteps: [UnitStep] {
    self == .count || self == .plain ? Self.compactSteps : steps
  }
}
