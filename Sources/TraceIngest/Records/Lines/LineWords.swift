internal import Glibc

extension RawSpan {
  /// Where a pattern of bytes first stands from `start` on, or nil.
  ///
  /// Fast where the pattern's first byte is rare.
  func firstIndex(of pattern: StaticString, from start: Int = 0) -> Int? {
    let first = unsafe pattern.utf8Start[0]
    var place = start
    while let found = firstIndex(of: first, from: place) {
      if has(pattern, at: found) { return found }
      place = found + 1
    }
    return nil
  }

  /// Where a byte first stands from `start` on, or nil.
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < byteCount else { return nil }
    return unsafe withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress,
        let found = unsafe memchr(base + start, Int32(byte), bytes.count - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }

  /// True when the bytes of a word stand at `place`.
  func has(_ word: StaticString, at place: Int) -> Bool {
    let count = word.utf8CodeUnitCount
    return place >= 0 && place + count <= byteCount
      && extracting(place..<place + count).equals(word)
  }
}

/// The next word from `place` on, which spaces or tabs end; `place` is then behind it.
func nextWord(_ line: RawSpan, _ place: inout Int) -> Range<Int>? {
  while place < line.byteCount, isSpace(line.byte(at: place)) { place += 1 }
  let first = place
  while place < line.byteCount, !isSpace(line.byte(at: place)) { place += 1 }
  return first < place ? first..<place : nil
}

/// The last word before `end`, or nil.
func lastWord(_ line: RawSpan, before end: Int) -> Range<Int>? {
  var last = end
  while last > 0, isSpace(line.byte(at: last - 1)) { last -= 1 }
  var first = last
  while first > 0, !isSpace(line.byte(at: first - 1)) { first -= 1 }
  return first < last ? first..<last : nil
}

func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// The decimal number that some bytes are; nil when they are none or above `Int64.max`.
func decimal(_ text: RawSpan, _ range: Range<Int>) -> Int64? {
  guard !range.isEmpty, range.count <= 19 else { return nil }
  var value: UInt64 = 0
  for place in range {
    let digit = text.byte(at: place) &- UInt8(ascii: "0")
    guard digit < 10 else { return nil }
    value = value &* 10 &+ UInt64(digit)
  }
  return Int64(exactly: value)
}

/// The hexadecimal number that some bytes are, "0x" before it or not; nil when they are none or
/// above 64 bits.
func hexadecimal(_ text: RawSpan, _ range: Range<Int>) -> UInt64? {
  let digits = text.has("0x", at: range.lowerBound) ? range.dropFirst(2) : range
  guard !digits.isEmpty, digits.count <= 16 else { return nil }
  var value: UInt64 = 0
  for place in digits {
    let byte = text.byte(at: place)
    let digit = byte &- UInt8(ascii: "0")
    let letter = (byte | 0x20) &- UInt8(ascii: "a")
    guard digit < 10 || letter < 6 else { return nil }
    value = value << 4 | UInt64(digit < 10 ? digit : letter + 10)
  }
  return value
}
