internal import TraceModel

extension JSONCursor {
  /// Appends the integers of a list; false when they do not fit 32 bits.
  mutating func integers(_ text: RawSpan) throws(JSONDefect) -> [Int32] {
    var list: [Int32] = []
    try appendIntegers(text, to: &list)
    return list
  }

  /// The kind of the next value by its first byte: `{`, `[`, `"`, `t`, `f`, `n`, a digit or `-`.
  mutating func firstByte(_ text: RawSpan) -> UInt8 {
    var next = self
    _ = next.beginsObject(text)
    position = next.position
    return position < text.byteCount ? text.byte(at: position) : 0
  }

  /// Where each element of a list stands; a value that is no list is refused.
  mutating func elements(_ text: RawSpan) throws(JSONDefect) -> [JSONCursor] {
    var places: [JSONCursor] = []
    var hasMore = try beginArray(text)
    while hasMore {
      _ = firstByte(text)
      places.append(self)
      try skipValue(text)
      hasMore = try anotherElement(text)
    }
    return places
  }
}

/// A list of integers that stands in a string: "[96, 224, …]".
struct IntegerListText {
  var values: [Int32] = []
  /// The writer cut it: PyTorch writes 30 entries and ", ...".
  var isCut = false

  /// Nil when the text is no list of integers.
  init?(_ text: RawSpan, _ range: Range<Int>) {
    var place = range.lowerBound
    while place < range.upperBound, text.byte(at: place) == 0x20 { place += 1 }
    let end = range.upperBound - 1
    guard place < end, text.byte(at: place) == UInt8(ascii: "["),
      text.byte(at: end) == UInt8(ascii: "]")
    else { return nil }
    place += 1
    while place < end {
      var last = place
      while last < end, text.byte(at: last) != UInt8(ascii: ",") { last += 1 }
      guard place == last || take(text, place..<last) else { return nil }
      place = last + 1
    }
  }

  /// One part between commas; false when it is no integer of 32 bits.
  private mutating func take(_ text: RawSpan, _ range: Range<Int>) -> Bool {
    var place = range.lowerBound
    while place < range.upperBound, text.byte(at: place) == 0x20 { place += 1 }
    if text.has("...", at: place) {
      isCut = true
      return true
    }
    let isNegative = place < range.upperBound && text.byte(at: place) == UInt8(ascii: "-")
    if isNegative { place += 1 }
    let first = place
    while place < range.upperBound, text.byte(at: place) != 0x20 { place += 1 }
    guard let size = decimal(text, first..<place),
      let value = Int32(exactly: isNegative ? -size : size)
    else { return false }
    values.append(value)
    return true
  }
}
