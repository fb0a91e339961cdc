/// Numbers as machines read them back bit for bit.
public enum ExactNumber {
  /// The shortest decimal that parses to the same Double, or nil for infinities and NaN, which
  /// neither JSON nor most CSV readers know.
  public static func text(_ value: Double) -> String? {
    value.isFinite ? value.description : nil
  }

  /// The whole digits of a large Double: 1.5e+21 becomes 1500000000000000000000.
  package static func withoutExponent(_ value: Double) -> String {
    let parts = value.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
    let zeros = exponent - fraction.count
    guard zeros >= 0 else { return String(mantissa[0]) }
    return mantissa[0] + fraction + String(repeating: "0", count: zeros)
  }
}
