/// What the rows of a list of lists of integers have in common.
package struct IntegerRows: Sendable, Hashable {
  package var count = 0
  /// Integers in the first row.
  package var width = 0
  /// Every row is as wide as the first.
  package var areEven = true
}

extension JSONCursor {
  /// Appends the integers of a list of lists, row by row; a row that is no list is refused.
  ///
  /// Integers that 32 bits cannot hold are clamped: the readers know the largest as too large.
  package mutating func appendIntegerRows(
    _ text: RawSpan, to list: inout [Int32]
  ) throws(JSONDefect) -> IntegerRows {
    var rows = IntegerRows()
    var hasMore = try beginArray(text)
    while hasMore {
      let first = list.count
      try appendIntegers(text, to: &list)
      let width = list.count &- first
      if rows.count == 0 { rows.width = width }
      if width != rows.width { rows.areEven = false }
      rows.count &+= 1
      hasMore = try anotherElement(text)
    }
    return rows
  }

  /// Appends the integers of one list: nearly all bytes of a router trace are in such lists.
  ///
  /// Integers that 32 bits cannot hold are clamped.
  package mutating func appendIntegers(
    _ text: RawSpan, to list: inout [Int32]
  ) throws(JSONDefect) {
    var hasMore = try beginArray(text)
    while hasMore {
      if let end = plainInteger(text, to: &list) {
        if end == UInt8(ascii: "]") { return }
        continue
      }
      list.append(Int32(clamping: try integer(text)))
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
