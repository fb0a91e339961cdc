extension RawSpan {
  /// One byte; an offset outside the span is a programming error and stops the program.
  @inline(__always)
  package func byte(at offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// Eight bytes as one number, the first lowest.
  @inline(__always)
  func eightBytes(at offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

/// Sixteen bytes of a text, looked at together.
///
/// Whole vectors are compared: with a scalar on one side, or negated, the compiler calls generic code
/// for each.
private struct SixteenBytes {
  private let bytes: SIMD16<UInt8>

  @inline(__always)
  init(_ text: RawSpan, at offset: Int) {
    bytes = unsafe text.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
  }

  /// Bytes before the first quote, backslash or control byte; 16 when there is none.
  @inline(__always)
  var plainCount: Int {
    Self.firstSet(
      (bytes .== SIMD16(repeating: UInt8(ascii: "\"")))
        .| (bytes .== SIMD16(repeating: UInt8(ascii: "\\")))
        .| (bytes .< SIMD16(repeating: 0x20)), flipped: 0)
  }

  /// Bytes of white space before the first that is none; 16 when all are.
  @inline(__always)
  var spaceCount: Int {
    Self.firstSet(
      (bytes .== SIMD16(repeating: 0x20)) .| (bytes .== SIMD16(repeating: 0x0A))
        .| (bytes .== SIMD16(repeating: 0x0D)) .| (bytes .== SIMD16(repeating: 0x09)), flipped: .max
    )
  }

  @inline(__always)
  private static func firstSet(_ mask: SIMDMask<SIMD16<Int8>>, flipped: UInt64) -> Int {
    let halves = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    let (low, high) = (halves.x ^ flipped, halves.y ^ flipped)
    return low != 0
      ? low.trailingZeroBitCount &>> 3 : 8 &+ high.trailingZeroBitCount &>> 3
  }
}

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
      try skipLiteral(text, "null")
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
    let hasEscapes = try skipString(text)
    let length = position &- 1 &- first
    guard !hasEscapes, words.hasWord(ofLength: length) else { return JSONWords.unknown }
    return words.number(of: PackedWord(text, at: first, length: length))
  }

  /// Steps over a string and returns the bytes between its quotes, escapes as written.
  package mutating func rawString(_ text: RawSpan) throws(JSONDefect) -> Range<Int> {
    guard peekPastSpace(text) == UInt8(ascii: "\"") else { throw .notAString }
    let first = position &+ 1
    try skipString(text)
    return first..<position &- 1
  }

  // MARK: Skipping

  /// Steps over any value after checking its grammar.
  package mutating func skipValue(
    _ text: RawSpan, depth: Int = 0
  ) throws(JSONDefect) {
    switch peekPastSpace(text) {
    case UInt8(ascii: "\""): try skipString(text)
    case UInt8(ascii: "{"): try skipObject(text, depth: depth)
    case UInt8(ascii: "["): try skipArray(text, depth: depth)
    case UInt8(ascii: "t"): try skipLiteral(text, "true")
    case UInt8(ascii: "f"): try skipLiteral(text, "false")
    case UInt8(ascii: "n"): try skipLiteral(text, "null")
    default: try skipNumber(text)
    }
  }

  private mutating func skipObject(_ text: RawSpan, depth: Int) throws(JSONDefect) {
    guard depth < Self.depthLimit else { throw .tooDeep }
    var hasMore = try beginObject(text)
    while hasMore {
      guard peekPastSpace(text) == UInt8(ascii: "\"") else { throw unexpected(text) }
      try skipString(text)
      guard peekPastSpace(text) == UInt8(ascii: ":") else { throw unexpected(text) }
      position &+= 1
      try skipValue(text, depth: depth + 1)
      hasMore = try anotherMember(text)
    }
  }

  private mutating func skipArray(_ text: RawSpan, depth: Int) throws(JSONDefect) {
    guard depth < Self.depthLimit else { throw .tooDeep }
    var hasMore = try beginArray(text)
    while hasMore {
      try skipValue(text, depth: depth + 1)
      hasMore = try anotherElement(text)
    }
  }

  /// Steps over a string; true when it has escapes.
  @discardableResult
  private mutating func skipString(_ text: RawSpan) throws(JSONDefect) -> Bool {
    position &+= 1
    let count = text.byteCount
    var hasEscapes = false
    while true {
      while position &+ 16 <= count {
        let step = SixteenBytes(text, at: position).plainCount
        position &+= step
        if step < 16 { break }
      }
      guard position < count else { throw .unterminated }
      let byte = text.byte(at: position)
      position &+= 1
      if byte == UInt8(ascii: "\"") { return hasEscapes }
      if byte < 0x20 { throw .controlByteInString }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try skipEscape(text)
      }
    }
  }

  private mutating func skipEscape(_ text: RawSpan) throws(JSONDefect) {
    guard position < text.byteCount else { throw .unterminated }
    let kind = text.byte(at: position)
    position &+= 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return
    case UInt8(ascii: "u"):
      for _ in 0..<4 {
        guard position < text.byteCount else { throw .unterminated }
        let digit = text.byte(at: position)
        let letter = digit | 0x20
        guard
          digit &- UInt8(ascii: "0") < 10
            || (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f"))
        else { throw .badEscape }
        position &+= 1
      }
    default: throw .badEscape
    }
  }

  private mutating func skipNumber(_ text: RawSpan) throws(JSONDefect) {
    let first = position
    if peek(text) == UInt8(ascii: "-") { position &+= 1 }
    let leading = peek(text)
    let whole = skipDigits(text)
    guard whole > 0 else {
      if position == text.byteCount { throw .unterminated }
      throw position == first ? .unexpectedByte : .badNumber
    }
    if whole > 1 && leading == UInt8(ascii: "0") { throw .badNumber }
    if peek(text) == UInt8(ascii: ".") {
      position &+= 1
      guard skipDigits(text) > 0 else { throw .badNumber }
    }
    if peek(text) | 0x20 == UInt8(ascii: "e") {
      position &+= 1
      if peek(text) == UInt8(ascii: "+") || peek(text) == UInt8(ascii: "-") { position &+= 1 }
      guard skipDigits(text) > 0 else { throw .badNumber }
    }
  }

  @inline(__always)
  private mutating func skipDigits(_ text: RawSpan) -> Int {
    let first = position
    let count = text.byteCount
    while position &+ 8 <= count {
      // 0 … 9 under exclusive or with "0"; 0x76 more reach the highest bit from 10 on.
      let values = text.eightBytes(at: position) ^ 0x3030_3030_3030_3030
      let others = ((values &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
      guard others == 0 else {
        position &+= others.trailingZeroBitCount &>> 3
        return position &- first
      }
      position &+= 8
    }
    while position < count && text.byte(at: position) &- UInt8(ascii: "0") < 10 { position &+= 1 }
    return position &- first
  }

  private mutating func skipLiteral(
    _ text: RawSpan, _ literal: StaticString
  ) throws(JSONDefect) {
    let count = literal.utf8CodeUnitCount
    for offset in 0..<count {
      guard position < text.byteCount else { throw .unterminated }
      let expected = unsafe literal.utf8Start[offset]
      guard text.byte(at: position) == expected else { throw .unexpectedByte }
      position &+= 1
    }
  }

  // MARK: Bytes

  /// The byte at the cursor, or 0 (which JSON has no use for) at the end.
  @inline(__always)
  private func peek(_ text: RawSpan) -> UInt8 {
    position < text.byteCount ? text.byte(at: position) : 0
  }

  @inline(__always)
  private mutating func peekPastSpace(_ text: RawSpan) -> UInt8 {
    guard position < text.byteCount else { return 0 }
    let byte = text.byte(at: position)
    if byte > 0x20 { return byte }
    // The single space behind a colon or a comma.
    if byte == 0x20, position &+ 1 < text.byteCount {
      let next = text.byte(at: position &+ 1)
      if next > 0x20 {
        position &+= 1
        return next
      }
    }
    return pastSpace(text)
  }

  /// Printed documents are indented: spaces come in runs.
  private mutating func pastSpace(_ text: RawSpan) -> UInt8 {
    let count = text.byteCount
    while position < count {
      if position &+ 16 <= count {
        let step = SixteenBytes(text, at: position).spaceCount
        position &+= step
        if step < 16 { return text.byte(at: position) }
        continue
      }
      let byte = text.byte(at: position)
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position &+= 1
    }
    return 0
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
