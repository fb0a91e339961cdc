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
  init?(_ text: some StringProtocol) {
    let inner = text.drop { $0 == " " }
    guard inner.first == "[", inner.last == "]" else { return nil }
    for part in inner.dropFirst().dropLast().split(separator: ",") {
      let word = part.drop { $0 == " " }
      if word.hasPrefix("...") {
        isCut = true
      } else if let value = Int32(String(word.prefix { $0 != " " })) {
        values.append(value)
      } else {
        return nil
      }
    }
  }
}
