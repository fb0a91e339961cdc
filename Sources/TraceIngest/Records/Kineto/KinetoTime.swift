internal import TraceModel

extension JSONCursor {
  /// Nanoseconds of a number of microseconds, exactly: "4458676524648.797", "1740461679472450",
  /// "1.5e3".
  ///
  /// Digits below the nanosecond are cut off. A `Double` would be off by hundreds of nanoseconds
  /// for microseconds since 1970.
  package mutating func nanosecondsOfMicroseconds(_ text: RawSpan) throws(JSONDefect) -> Int64 {
    _ = firstByte(text)
    let first = position
    try skipValue(text)
    var digits: Int64 = 0
    var digitCount = 0
    var exponent = 3
    var isFraction = false
    var place = first
    while place < position {
      let byte = text.byte(at: place)
      switch byte {
      case UInt8(ascii: "-") where place == first: break
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if digitCount < 18 {
          digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
          if digits > 0 { digitCount += 1 }
          if isFraction { exponent -= 1 }
        } else if !isFraction {
          throw .integerTooLarge
        }
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        exponent += try Self.exponent(text, place + 1..<position)
        place = position
      default: throw .notANumber
      }
      place += 1
    }
    while exponent > 0, digits != 0 {
      let (next, overflows) = digits.multipliedReportingOverflow(by: 10)
      if overflows { throw .integerTooLarge }
      digits = next
      exponent -= 1
    }
    while exponent < 0, digits != 0 {
      digits /= 10
      exponent += 1
    }
    return text.byte(at: first) == UInt8(ascii: "-") ? -digits : digits
  }

  private static func exponent(_ text: RawSpan, _ range: Range<Int>) throws(JSONDefect) -> Int {
    let words = text.string(in: range)
    guard let value = Int(words.hasPrefix("+") ? String(words.dropFirst()) : words),
      (-99...99).contains(value)
    else { throw .integerTooLarge }
    return value
  }
}
