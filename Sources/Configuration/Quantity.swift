/// Numbers with units, as people write them: "25 ms", "400 Gb/s".
///
/// A number without a unit is refused wherever a unit is needed: guessing units is how public
/// simulators came to read 25 ms as 25 µs.
public enum Quantity {
  /// Nanoseconds of a duration: ns, us or µs, ms, s, min.
  public static func nanoseconds(_ text: String, at location: String) throws(ConfigurationError)
    -> Double
  {
    try value(of: text, units: durations, kind: "a duration such as \"25 ms\"", at: location)
  }

  /// Bits per second **per direction** of a data rate: b/s … Tb/s, or B/s … TB/s; "400G" is Gb/s.
  public static func bitsPerSecond(_ text: String, at location: String) throws(ConfigurationError)
    -> Double
  {
    try value(
      of: text, units: rates, kind: "a rate per direction such as \"400 Gb/s\"", at: location)
  }

  private static let durations: [(unit: String, factor: Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("min", 60e9),
  ]
  private static let rates: [(unit: String, factor: Double)] = [
    ("b/s", 1), ("kb/s", 1e3), ("Mb/s", 1e6), ("Gb/s", 1e9), ("Tb/s", 1e12), ("G", 1e9),
    ("Gbps", 1e9), ("Tbps", 1e12), ("B/s", 8), ("MB/s", 8e6), ("GB/s", 8e9), ("TB/s", 8e12),
  ]

  private static func value(
    of text: String, units: [(unit: String, factor: Double)], kind: String, at location: String
  ) throws(ConfigurationError) -> Double {
    let trimmed = text.filter { $0 != " " && $0 != "_" }
    let digits = trimmed.prefix { $0.isNumber || $0 == "." || $0 == "-" }
    let unit = String(trimmed.dropFirst(digits.count))
    guard let number = Double(digits), number >= 0 else {
      throw ConfigurationError("\"\(text)\" is not \(kind)", at: location)
    }
    if number == 0, unit.isEmpty { return 0 }
    guard let known = units.first(where: { $0.unit == unit }) else {
      let names = units.map(\.unit).joined(separator: ", ")
      throw ConfigurationError(
        unit.isEmpty ? "\"\(text)\" has no unit" : "\"\(unit)\" is not a unit of \(kind)",
        at: location, advice: "Write \(kind); units: \(names).")
    }
    let product = number * known.factor
    // Above it no nanosecond could be counted.
    guard product < 9e18 else {
      throw ConfigurationError("\"\(text)\" is too large", at: location)
    }
    return product
  }
}
