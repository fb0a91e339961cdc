/// What a number counts: it decides how people and machines see it.
public enum NumberKind: String, Sendable, Hashable, CaseIterable {
  /// A number without a unit.
  case plain
  /// How many of something; whole numbers are written in full.
  case count
  /// Bytes, written with decimal prefixes (1 kB = 1,000 bytes).
  case bytes
  /// Nanoseconds, written from ns to days.
  case nanoseconds
  /// Bits per second and direction.
  case bitsPerSecond
  /// A part of one, written in percent: 0.023 is "2.3 %".
  case share
  /// A factor: 1.18 is "1.18×".
  case ratio
  /// US dollars.
  case dollars
  /// Watts.
  case watts

  /// The unit as keys and unit columns spell it; empty for `plain`.
  public var unitKey: String {
    switch self {
    case .plain: ""
    case .count: "count"
    case .bytes: "bytes"
    case .nanoseconds: "ns"
    case .bitsPerSecond: "bits_per_second"
    case .share: "share"
    case .ratio: "ratio"
    case .dollars: "usd"
    case .watts: "watts"
    }
  }
}

/// One unit of a kind: from which magnitude on it is used, what it divides by, what is written.
package struct UnitStep: Sendable {
  package let from: Double
  package let scale: Double
  package let prefix: String
  package let suffix: String

  init(_ suffix: String, _ scale: Double, from: Double? = nil, prefix: String = "") {
    self.from = from ?? scale
    self.scale = scale
    self.prefix = prefix
    self.suffix = suffix
  }
}

extension NumberKind {
  /// The units of this kind, smallest first.
  package var steps: [UnitStep] {
    switch self {
    case .plain, .count: [UnitStep("", 1)]
    case .ratio: [UnitStep("×", 1)]
    case .share: [UnitStep(" %", 0.01)]
    case .bytes: Self.decimal(["", "k", "M", "G", "T", "P", "E"], unit: "B")
    case .bitsPerSecond: Self.decimal(["", "k", "M", "G", "T", "P"], unit: "b/s")
    case .watts: Self.decimal(["", "k", "M", "G"], unit: "W")
    case .dollars:
      [
        UnitStep("", 1, prefix: "$"), UnitStep(" k", 1e3, from: 1e4, prefix: "$"),
        UnitStep(" M", 1e6, prefix: "$"), UnitStep(" B", 1e9, prefix: "$"),
      ]
    case .nanoseconds:
      [
        UnitStep(" ns", 1), UnitStep(" µs", 1e3), UnitStep(" ms", 1e6), UnitStep(" s", 1e9),
        // 90 s says more than 1.5 min; the larger units begin at two of theirs.
        UnitStep(" min", 60e9, from: 120e9), UnitStep(" h", 3_600e9, from: 7_200e9),
        UnitStep(" d", 86_400e9, from: 172_800e9),
      ]
    }
  }

  /// Units of a large quantity that is not looked at digit by digit: "12.3 M".
  package static let compactSteps = [
    UnitStep("", 1), UnitStep(" k", 1e3, from: 1e4), UnitStep(" M", 1e6), UnitStep(" G", 1e9),
    UnitStep(" T", 1e12),
  ]

  private static func decimal(_ prefixes: [String], unit: String) -> [UnitStep] {
    var scale = 1.0
    return prefixes.map { prefix in
      defer { scale *= 1_000 }
      return UnitStep(" " + prefix + unit, scale)
    }
  }
}
