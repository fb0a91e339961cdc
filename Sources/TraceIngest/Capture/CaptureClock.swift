/// How an interface counts time: ticks per second and seconds to add.
struct CaptureClock {
  private enum Unit {
    /// Nanoseconds per tick.
    case multiple(Int64)
    /// Ticks per nanosecond.
    case fraction(Int64)
    /// 2 to the power of this many ticks per second.
    case binary(UInt64)
  }

  private var unit: Unit
  private var offsetSeconds: Int64 = 0

  static let microseconds = CaptureClock(unit: .multiple(1_000))
  static let nanoseconds = CaptureClock(unit: .multiple(1))

  private init(unit: Unit) { self.unit = unit }

  /// From pcapng's `if_tsresol` (a power of ten, or of two when the top bit is set) and
  /// `if_tsoffset`; nil for a resolution finer than 64 bits can hold for a second.
  init?(resolution: UInt8, offsetSeconds: Int64) {
    let exponent = resolution & 0x7F
    if resolution & 0x80 != 0 {
      guard exponent < 64 else { return nil }
      unit = .binary(UInt64(exponent))
    } else {
      guard exponent <= 18 else { return nil }
      let power = (0..<abs(9 - Int(exponent))).reduce(Int64(1)) { value, _ in value * 10 }
      unit = exponent <= 9 ? .multiple(power) : .fraction(power)
    }
    self.offsetSeconds = offsetSeconds
  }

  /// Nanoseconds since 1970; wraps for times that 64 bits cannot hold (after the year 2262).
  @inline(__always)
  func nanoseconds(ticks: UInt64) -> Int64 {
    let base: Int64
    switch unit {
    case .multiple(let factor): base = Int64(truncatingIfNeeded: ticks) &* factor
    case .fraction(let divisor): base = Int64(truncatingIfNeeded: ticks / UInt64(divisor))
    case .binary(let bits):
      let seconds = Int64(truncatingIfNeeded: ticks >> bits)
      let rest = ticks & ((1 << bits) &- 1)
      let (high, low) = rest.multipliedFullWidth(by: 1_000_000_000)
      let fraction = bits == 0 ? 0 : high << (64 - bits) | low >> bits
      base = seconds &* 1_000_000_000 &+ Int64(truncatingIfNeeded: fraction)
    }
    return base &+ offsetSeconds &* 1_000_000_000
  }
}
