internal import Glibc

/// Numbers as people read them: three significant digits, a unit, never an exponent.
///
/// A zero after the point is written only where rounding left it: exactly 25,000,000 ns is
/// "25 ms", 25,031,221 ns is "25.0 ms". Whole counts keep all digits ("10,779"). Infinity is "∞",
/// not-a-number is "–"; what rounds away is "<0.001", never "0".
public enum HumanNumber {
  /// A value of a kind in its own base unit (bytes, nanoseconds, bits per second, parts of one …).
  public static func text(_ value: Double, _ kind: NumberKind) -> String {
    text(value, steps: kind.steps)
  }

  /// A whole number; counts are exact to the last digit.
  public static func text(_ value: some BinaryInteger, _ kind: NumberKind) -> String {
    guard kind == .count || kind == .plain else { return text(Double(value), kind) }
    return (value < 0 ? "−" : "") + grouped(String(value.magnitude))
  }

  /// A quantity of which only the size matters, for rates and axes: "12.3 M".
  public static func compact(_ value: Double) -> String {
    text(value, steps: NumberKind.compactSteps)
  }

  /// The unit that a value of this size is written in.
  package static func step(for value: Double, of steps: [UnitStep]) -> UnitStep {
    let size = abs(value)
    var index = steps.lastIndex { size >= $0.from } ?? 0
    // 999,999 ns is "1.00 ms", not "1,000 µs".
    while index + 1 < steps.count {
      let scale = steps[index].scale
      let written = rounded(size / scale, decimals: decimals(for: size / scale)) * scale
      guard written >= steps[index + 1].from else { break }
      index += 1
    }
    return steps[index]
  }

  private static func text(_ value: Double, steps: [UnitStep]) -> String {
    if value.isNaN { return "–" }
    let sign = value < 0 ? "−" : ""
    if value.isInfinite { return sign + "∞" }
    let step = step(for: value, of: steps)
    let size = abs(value) / step.scale
    guard size.isFinite else { return sign + "∞" }
    if size > 0, size < 0.000_999_5 {
      return (value < 0 ? ">−" : "<") + step.prefix + "0.001" + step.suffix
    }
    return sign + step.prefix + digits(size) + step.suffix
  }

  /// Three significant digits of a number that is not negative; whole digits from 1,000 on.
  private static func digits(_ size: Double) -> String {
    let places = decimals(for: size)
    let shown = rounded(size, decimals: places)
    let isExact = abs(shown - size) <= size * 1e-12
    return fixed(size, decimals: places, dropsTrailingZeros: isExact)
  }

  /// Digits after the point that leave three significant ones (0.00123, 1.23, 12.3, 123).
  private static func decimals(for size: Double) -> Int {
    guard size > 0, size < 1e15 else { return 0 }
    var places = max(0, min(5, 2 - Int(floor(log10(size)))))
    // 9.996 becomes 10.0, not 10.00.
    if places > 0, rounded(size, decimals: places) >= pow(10, Double(3 - places)) { places -= 1 }
    return places
  }

  private static func rounded(_ size: Double, decimals: Int) -> Double {
    let factor = pow(10, Double(decimals))
    return (size * factor).rounded() / factor
  }

  /// A number that is not negative with a fixed count of digits after the point.
  package static func fixed(
    _ size: Double, decimals: Int, dropsTrailingZeros: Bool = false
  ) -> String {
    let factor = pow(10, Double(decimals))
    let scaled = (size * factor).rounded()
    guard let whole = UInt64(exactly: scaled), whole < 1 << 53 else {
      return grouped(ExactNumber.withoutExponent(size))
    }
    let divisor = UInt64(factor)
    let left = grouped(String(whole / divisor))
    guard decimals > 0 else { return left }
    let right = String(whole % divisor)
    var fraction = String(repeating: "0", count: decimals - right.count) + right
    if dropsTrailingZeros { while fraction.last == "0" { fraction.removeLast() } }
    return fraction.isEmpty ? left : left + "." + fraction
  }

  /// Commas between thousands of a string of digits.
  package static func grouped(_ digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }
}
