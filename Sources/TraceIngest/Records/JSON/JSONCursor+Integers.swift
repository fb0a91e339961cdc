extension JSONCursor {
  /// Appends the integers of a list, or of a list of lists, in the order in which they stand.
  ///
  /// A number that no expert can have becomes −1, which the readers then refuse in their own words.
  package mutating func appendIntegers(
    _ text: RawSpan, to list: inout [Int32]
  ) throws(JSONDefect) {
    var hasMore = try beginArray(text)
    while hasMore {
      if isAtArray(text) {
        try appendRow(text, to: &list)
      } else {
        list.append(Int32(exactly: try integer(text)) ?? -1)
      }
      hasMore = try anotherElement(text)
    }
  }

  /// One list of integers: nearly all bytes of a router trace are in such lists.
  private mutating func appendRow(
    _ text: RawSpan, to list: inout [Int32]
  ) throws(JSONDefect) {
    var hasMore = try beginArray(text)
    while hasMore {
      if let end = plainInteger(text, to: &list) {
        if end == UInt8(ascii: "]") { return }
        continue
      }
      list.append(Int32(exactly: try integer(text)) ?? -1)
      hasMore = try anotherElement(text)
    }
  }

  /// Takes an unsigned integer of up to nine digits that a comma or a bracket follows at once, with
  /// that; returns it, or nil when anything else stands there (and nothing was taken).
  @inline(__always)
  private mutating func plainInteger(_ text: RawSpan, to list: inout [Int32]) -> UInt8? {
    let count = text.byteCount
    var place = position
    if place < count && text.byte(at: place) == 0x20 { place &+= 1 }
    let first = place
    var value: Int32 = 0
    while place < count {
      let byte = text.byte(at: place)
      let digit = byte &- UInt8(ascii: "0")
      if digit < 10 {
        value = value &* 10 &+ Int32(digit)
        place &+= 1
        continue
      }
      let digits = place &- first
      guard digits > 0, digits < 10, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]"),
        digits == 1 || text.byte(at: first) != UInt8(ascii: "0")
      else { return nil }
      list.append(value)
      position = place &+ 1
      return byte
    }
    return nil
  }
}
