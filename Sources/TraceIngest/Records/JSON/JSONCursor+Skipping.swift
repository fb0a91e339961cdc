/// Steps over values whose grammar is checked and which are not converted: most of a log.
///
/// The functions take a place and return the next one, so that it stays in a register; the cursor
/// itself is moved when they are done, or to where a defect is.
extension JSONCursor {
  /// Steps over any value after checking its grammar.
  package mutating func skipValue(_ text: RawSpan, depth: Int = 0) throws(JSONDefect) {
    var place = placePastSpace(text, from: position)
    // One bit for each open object or list, the innermost lowest; 1 for an object.
    var isObject: UInt64 = 0
    var level = 0
    while true {
      switch Self.byte(text, at: place) {
      case UInt8(ascii: "\""): place = try placePastString(text, from: place)
      case UInt8(ascii: "{"):
        guard depth &+ level < Self.depthLimit else { throw defect(.tooDeep, at: place) }
        place = placePastSpace(text, from: place &+ 1)
        if Self.byte(text, at: place) == UInt8(ascii: "}") {
          place &+= 1
        } else {
          level &+= 1
          isObject = isObject &<< 1 | 1
          place = try placePastKey(text, from: place)
          continue
        }
      case UInt8(ascii: "["):
        guard depth &+ level < Self.depthLimit else { throw defect(.tooDeep, at: place) }
        place = placePastSpace(text, from: place &+ 1)
        if Self.byte(text, at: place) == UInt8(ascii: "]") {
          place &+= 1
        } else {
          level &+= 1
          isObject = isObject &<< 1
          continue
        }
      case UInt8(ascii: "t"): place = try placePastLiteral(text, "true", from: place)
      case UInt8(ascii: "f"): place = try placePastLiteral(text, "false", from: place)
      case UInt8(ascii: "n"): place = try placePastLiteral(text, "null", from: place)
      default: place = try placePastNumber(text, from: place)
      }
      // Behind a value: what it closes, up to the next one.
      while true {
        guard level > 0 else {
          position = place
          return
        }
        place = placePastSpace(text, from: place)
        let byte = Self.byte(text, at: place)
        if byte == UInt8(ascii: ",") {
          place = placePastSpace(text, from: place &+ 1)
          if isObject & 1 != 0 { place = try placePastKey(text, from: place) }
          break
        }
        guard byte == (isObject & 1 != 0 ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw unexpected(text, at: place)
        }
        place &+= 1
        level &-= 1
        isObject &>>= 1
      }
    }
  }

  /// The value behind a key and its colon; the key begins at `place`.
  @inline(__always)
  private mutating func placePastKey(_ text: RawSpan, from place: Int) throws(JSONDefect) -> Int {
    guard Self.byte(text, at: place) == UInt8(ascii: "\"") else {
      throw unexpected(text, at: place)
    }
    let end = placePastSpace(text, from: try placePastString(text, from: place))
    guard Self.byte(text, at: end) == UInt8(ascii: ":") else { throw unexpected(text, at: end) }
    return placePastSpace(text, from: end &+ 1)
  }

  // MARK: Strings

  /// The place behind a string whose first quote is at `place`.
  @inline(__always)
  mutating func placePastString(_ text: RawSpan, from place: Int) throws(JSONDefect) -> Int {
    // Most strings are short and plain.
    let first = place &+ 1
    if first &+ 16 <= text.byteCount {
      let end = first &+ SixteenBytes(text, at: first).plainCount
      if end < first &+ 16, text.byte(at: end) == UInt8(ascii: "\"") { return end &+ 1 }
      return try placePastLongString(text, from: end)
    }
    return try placePastLongString(text, from: first)
  }

  /// The place behind a string of which all before `place` is plain.
  private mutating func placePastLongString(
    _ text: RawSpan, from place: Int
  ) throws(JSONDefect) -> Int {
    let count = text.byteCount
    var place = place
    while true {
      while place &+ 16 <= count {
        let step = SixteenBytes(text, at: place).plainCount
        place &+= step
        if step < 16 { break }
      }
      guard place < count else { throw defect(.unterminated, at: place) }
      let byte = text.byte(at: place)
      place &+= 1
      if byte == UInt8(ascii: "\"") { return place }
      if byte < 0x20 { throw defect(.controlByteInString, at: place) }
      if byte == UInt8(ascii: "\\") { place = try placePastEscape(text, from: place) }
    }
  }

  private mutating func placePastEscape(
    _ text: RawSpan, from first: Int
  ) throws(JSONDefect) -> Int {
    guard first < text.byteCount else { throw defect(.unterminated, at: first) }
    let place = first &+ 1
    switch text.byte(at: first) {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return place
    case UInt8(ascii: "u"):
      for place in place..<place &+ 4 {
        guard place < text.byteCount else { throw defect(.unterminated, at: place) }
        let digit = text.byte(at: place)
        let letter = digit | 0x20
        guard
          digit &- UInt8(ascii: "0") < 10
            || (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f"))
        else { throw defect(.badEscape, at: place) }
      }
      return place &+ 4
    default: throw defect(.badEscape, at: place)
    }
  }

  // MARK: Numbers and literals

  /// The place behind a number that begins at `place`.
  @inline(__always)
  private mutating func placePastNumber(_ text: RawSpan, from place: Int) throws(JSONDefect) -> Int
  {
    // Most numbers are short integers.
    if place &+ 8 <= text.byteCount {
      let word = EightDigits(text.eightBytes(at: place))
      let digits = word.digitCount
      if digits > 0, digits < 8, digits == 1 || !word.beginsWithZero {
        let next = word.byte(at: digits)
        if next == UInt8(ascii: ",") || next < UInt8(ascii: "+") || next > UInt8(ascii: "e") {
          return place &+ digits
        }
      }
    }
    return try placePastLongNumber(text, from: place)
  }

  private mutating func placePastLongNumber(
    _ text: RawSpan, from first: Int
  ) throws(JSONDefect) -> Int {
    let start = Self.byte(text, at: first) == UInt8(ascii: "-") ? first &+ 1 : first
    var place = Self.placePastDigits(text, from: start)
    guard place > start else {
      if place == text.byteCount { throw defect(.unterminated, at: place) }
      throw defect(place == first ? .unexpectedByte : .badNumber, at: place)
    }
    if place > start &+ 1, text.byte(at: start) == UInt8(ascii: "0") {
      throw defect(.badNumber, at: place)
    }
    if Self.byte(text, at: place) == UInt8(ascii: ".") {
      let fraction = place &+ 1
      place = Self.placePastDigits(text, from: fraction)
      guard place > fraction else { throw defect(.badNumber, at: place) }
    }
    if Self.byte(text, at: place) | 0x20 == UInt8(ascii: "e") {
      place &+= 1
      let sign = Self.byte(text, at: place)
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { place &+= 1 }
      let exponent = place
      place = Self.placePastDigits(text, from: exponent)
      guard place > exponent else { throw defect(.badNumber, at: place) }
    }
    return place
  }

  @inline(__always)
  private static func placePastDigits(_ text: RawSpan, from first: Int) -> Int {
    var place = first
    while place &+ 8 <= text.byteCount {
      let count = EightDigits(text.eightBytes(at: place)).digitCount
      place &+= count
      if count < 8 { return place }
    }
    while place < text.byteCount, text.byte(at: place) &- UInt8(ascii: "0") < 10 { place &+= 1 }
    return place
  }

  mutating func placePastLiteral(
    _ text: RawSpan, _ literal: StaticString, from first: Int
  ) throws(JSONDefect) -> Int {
    for offset in 0..<literal.utf8CodeUnitCount {
      let place = first &+ offset
      guard place < text.byteCount else { throw defect(.unterminated, at: place) }
      let expected = unsafe literal.utf8Start[offset]
      guard text.byte(at: place) == expected else { throw defect(.unexpectedByte, at: place) }
    }
    return first &+ literal.utf8CodeUnitCount
  }

  // MARK: Bytes

  /// The byte at a place, or 0 (which JSON has no use for) at the end.
  @inline(__always)
  private static func byte(_ text: RawSpan, at place: Int) -> UInt8 {
    place < text.byteCount ? text.byte(at: place) : 0
  }

  /// The first place from `place` on that holds no white space.
  @inline(__always)
  func placePastSpace(_ text: RawSpan, from place: Int) -> Int {
    guard place < text.byteCount else { return place }
    let byte = text.byte(at: place)
    if byte > 0x20 { return place }
    // The single space behind a colon or a comma.
    if byte == 0x20, place &+ 1 < text.byteCount, text.byte(at: place &+ 1) > 0x20 {
      return place &+ 1
    }
    return Self.placePastSpaces(text, from: place)
  }

  /// Printed documents are indented: spaces come in runs.
  private static func placePastSpaces(_ text: RawSpan, from first: Int) -> Int {
    let count = text.byteCount
    var place = first
    while place < count {
      if place &+ 16 <= count {
        let step = SixteenBytes(text, at: place).spaceCount
        place &+= step
        if step < 16 { return place }
        continue
      }
      let byte = text.byte(at: place)
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return place }
      place &+= 1
    }
    return place
  }

  /// Moves to where a defect is.
  private mutating func defect(_ defect: JSONDefect, at place: Int) -> JSONDefect {
    position = place
    return defect
  }

  private mutating func unexpected(_ text: RawSpan, at place: Int) -> JSONDefect {
    defect(place == text.byteCount ? .unterminated : .unexpectedByte, at: place)
  }
}
