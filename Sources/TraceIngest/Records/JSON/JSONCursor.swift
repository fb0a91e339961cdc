/// Where a scan of one JSON text stands.
///
/// The text is passed to each call because a struct cannot keep a span. Every value that is not
/// asked for is still checked against the grammar (RFC 8259), so that a damaged line is never
/// half used; bytes above 0x7F inside strings are passed over without a check of UTF-8.
package struct JSONCursor {
  /// Arrays and objects inside one another; a deeper text is refused rather than recursed into.
  package static let depthLimit = 64

  /// The next byte to be looked at.
  package internal(set) var position: Int

  package init(position: Int = 0) { self.position = position }

  // MARK: Structure

  /// Steps over `{`; false when the object is empty (then its `}` has been passed too).
  package mutating func beginObject(_ text: RawSpan) throws(JSONDefect) -> Bool {
    guard peekPastSpace(text) == UInt8(ascii: "{") else { throw .notAnObject }
    position &+= 1
    guard peekPastSpace(text) == UInt8(ascii: "}") else { return true }
    position &+= 1
    return false
  }

  /// Steps over a key and its colon; returns the key's number among `keys`, or `unknown`.
  ///
  /// A key that is written with escapes counts as unknown.
  package mutating func key(_ text: RawSpan, among keys: JSONWords) throws(JSONDefect) -> Int {
    let number = try word(text, among: keys)
    guard peekPastSpace(text) == UInt8(ascii: ":") else { throw unexpected(text) }
    position &+= 1
    return number
  }

  /// After a member's value: true when another follows, false when the object has ended.
  package mutating func anotherMember(_ text: RawSpan) throws(JSONDefect) -> Bool {
    try another(text, end: UInt8(ascii: "}"))
  }

  /// Steps over `[`; false when the list is empty (then its `]` has been passed too).
  package mutating func beginArray(_ text: RawSpan) throws(JSONDefect) -> Bool {
    guard peekPastSpace(text) == UInt8(ascii: "[") else { throw .notAnArray }
    position &+= 1
    guard peekPastSpace(text) == UInt8(ascii: "]") else { return true }
    position &+= 1
    return false
  }

  /// After an element: true when another follows, false when the list has ended.
  package mutating func anotherElement(_ text: RawSpan) throws(JSONDefect) -> Bool {
    try another(text, end: UInt8(ascii: "]"))
  }

  /// True when the next value is a list; the cursor stands before it.
  mutating func beginsArray(_ text: RawSpan) throws(JSONDefect) -> Bool {
    switch peekPastSpace(text) {
    case UInt8(ascii: "["): return true
    case UInt8(ascii: "{"): return false
    case _ where position == text.byteCount: throw .unterminated
    default: return false
    }
  }

  /// True when the next value is an object; the cursor stands before it.
  mutating func beginsObject(_ text: RawSpan) -> Bool {
    peekPastSpace(text) == UInt8(ascii: "{")
  }

  /// True when a value follows; false when nothing but white space does.
  mutating func hasValue(_ text: RawSpan) -> Bool {
    _ = peekPastSpace(text)
    return position < text.byteCount
  }

  /// Steps to the next line that begins with `{`, or to the end.
  mutating func skipToObject(_ text: RawSpan) {
    let count = text.byteCount
    while position < count {
      let isLineEnd = text.byte(at: position) == 0x0A
      position &+= 1
      if isLineEnd, position < count, text.byte(at: position) == UInt8(ascii: "{") { return }
    }
  }

  /// Steps over a key and its colon; returns the bytes between its quotes, escapes as written.
  mutating func memberName(_ text: RawSpan) throws(JSONDefect) -> Range<Int> {
    guard peekPastSpace(text) == UInt8(ascii: "\"") else { throw unexpected(text) }
    let range = try rawString(text)
    guard peekPastSpace(text) == UInt8(ascii: ":") else { throw unexpected(text) }
    position &+= 1
    return range
  }

  /// Checks that nothing but white space follows.
  package mutating func end(_ text: RawSpan) throws(JSONDefect) {
    _ = peekPastSpace(text)
    guard position == text.byteCount else { throw .trailingBytes }
  }

  // MARK: Values

  /// An integer of 64 bits, exactly; `1.0` and `1e3` are not integers.
  package mutating func integer(_ text: RawSpan) throws(JSONDefect) -> Int64 {
    let sign = peekPastSpace(text)
    let isNegative = sign == UInt8(ascii: "-")
    if isNegative { position &+= 1 }
    let first = position
    let count = text.byteCount
    var value: Int64 = 0
    while position < count {
      let digit = text.byte(at: position) &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      if position &- first >= 18 {
        try Self.append(digit, to: &value, isNegative: isNegative)
      } else {
        value = value &* 10 &+ Int64(digit)
      }
      position &+= 1
    }
    let digits = position &- first
    guard digits > 0 else { throw position == count ? .unterminated : .notAnInteger }
    if digits > 1 && text.byte(at: first) == UInt8(ascii: "0") { throw .badNumber }
    switch peek(text) {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): throw .notAnInteger
    default: return isNegative && digits < 19 ? 0 &- value : value
    }
  }

  /// Appends the 19th digit and those after it; a value of so many digits has its sign already.
  private static func append(
    _ digit: UInt8, to value: inout Int64, isNegative: Bool
  ) throws(JSONDefect) {
    let signed = isNegative && value > 0 ? 0 &- value : value
    let (tens, isBeyond) = signed.multipliedReportingOverflow(by: 10)
    let (sum, isAbove) =
      isNegative
      ? tens.subtractingReportingOverflow(Int64(digit)) : tens.addingReportingOverflow(Int64(digit))
    if isBeyond || isAbove { throw .integerTooLarge }
    value = sum
  }

  /// An integer, or nil for `null`.
  package mutating func integerOrNull(_ text: RawSpan) throws(JSONDefect) -> Int64? {
    if peekPastSpace(text) == UInt8(ascii: "n") {
      position = try placePastLiteral(text, "null", from: position)
      return nil
    }
    return try integer(text)
  }

  /// A string's number among `words`, or `unknown`; a string with escapes is unknown.
  package mutating func word(
    _ text: RawSpan, among words: JSONWords
  ) throws(JSONDefect) -> Int {
    guard peekPastSpace(text) == UInt8(ascii: "\"") else {
      throw position == text.byteCount ? .unterminated : .notAString
    }
    let first = position &+ 1
    position = try placePastString(text, from: position)
    let length = position &- 1 &- first
    // A string with escapes holds a backslash: no word does.
    guard words.hasWord(ofLength: length) else { return JSONWords.unknown }
    return words.number(of: PackedWord(text, at: first, length: length))
  }

  /// Steps over a string and returns the bytes between its quotes, escapes as written.
  package mutating func rawString(_ text: RawSpan) throws(JSONDefect) -> Range<Int> {
    guard peekPastSpace(text) == UInt8(ascii: "\"") else { throw .notAString }
    let first = position &+ 1
    position = try placePastString(text, from: position)
    return first..<position &- 1
  }

  // MARK: Bytes

  /// The byte at the cursor, or 0 (which JSON has no use for) at the end.
  @inline(__always)
  private func peek(_ text: RawSpan) -> UInt8 {
    position < text.byteCount ? text.byte(at: position) : 0
  }

  /// Steps over white space; returns the byte behind it, or 0 at the end.
  @inline(__always)
  mutating func peekPastSpace(_ text: RawSpan) -> UInt8 {
    position = placePastSpace(text, from: position)
    return peek(text)
  }

  private mutating func another(_ text: RawSpan, end: UInt8) throws(JSONDefect) -> Bool {
    let byte = peekPastSpace(text)
    guard byte == UInt8(ascii: ",") || byte == end else { throw unexpected(text) }
    position &+= 1
    return byte != end
  }

  private func unexpected(_ text: RawSpan) -> JSONDefect {
    position == text.byteCount ? .unterminated : .unexpectedByte
  }
}
