extension JSONCursor {
  /// Appends the integers of a list of lists, row by row; a row that is no list is refused.
  ///
  /// Integers that 32 bits cannot hold are clamped: the readers know the largest as too large.
  package mutating func appendIntegerRows(
    _ text: RawSpan, to list: inout [Int32]
  ) throws(JSONDefect) -> IntegerRows {
    var filled = FilledIntegers(taking: &list)
    defer { filled.give(to: &list) }
    var hasMore = try beginArray(text)
    while hasMore {
      try readRow(text, into: &filled, goesOn: true)
      hasMore = try anotherElement(text)
    }
    return filled.rows
  }

  /// Appends the integers of one list: nearly all bytes of a router trace are in such lists.
  ///
  /// Integers that 32 bits cannot hold are clamped.
  package mutating func appendIntegers(
    _ text: RawSpan, to list: inout [Int32]
  ) throws(JSONDefect) {
    var filled = FilledIntegers(taking: &list)
    defer { filled.give(to: &list) }
    try readRow(text, into: &filled, goesOn: false)
  }

  /// One row, and those behind it that are written plainly when reading may go on to them.
  private mutating func readRow(
    _ text: RawSpan, into filled: inout FilledIntegers, goesOn: Bool
  ) throws(JSONDefect) {
    var isOpen = try beginArray(text)
    while isOpen {
      filled.makeRoom()
      switch takePlainIntegers(text, into: &filled, goesOn: goesOn) {
      case .full: break
      case .rowEnd: return
      case .other:
        filled.append(Int32(clamping: try integer(text)))
        isOpen = try anotherElement(text)
      }
    }
    filled.endRow()
  }

  private enum Stop { case full, rowEnd, other }

  /// Takes unsigned integers of up to seven digits that a comma or a bracket follows at once, and goes
  /// from row to row, up to what is written in another way.
  ///
  /// Whether a space follows each comma is looked at once and then only checked: where the next
  /// integer begins must not wait for it.
  private mutating func takePlainIntegers(
    _ text: RawSpan, into filled: inout FilledIntegers, goesOn: Bool
  ) -> Stop {
    let last = text.byteCount &- 12
    var place = position
    var count = filled.count
    var rows = filled.rows
    var rowStart = filled.rowStart
    defer {
      position = place
      (filled.count, filled.rows, filled.rowStart) = (count, rows, rowStart)
    }
    guard place <= last else { return .other }
    if text.byte(at: place) == 0x20 { place &+= 1 }
    let hasSpaces = filled.hasSpaces(text, from: place)
    let gap = hasSpaces ? 1 : 0
    var list = filled.list.mutableSpan
    while place <= last, count < list.count {
      let word = EightDigits(text.eightBytes(at: place))
      let digits = word.digitCount
      let end = place &+ digits
      guard digits > 0, digits < 8, digits == 1 || !word.beginsWithZero else { return .other }
      let mark = text.byte(at: end)
      guard !hasSpaces || text.byte(at: end &+ 1) == 0x20 || mark != UInt8(ascii: ",") else {
        return .other
      }
      guard mark == UInt8(ascii: ",") || mark == UInt8(ascii: "]") else { return .other }
      list[count] = word.value(ofDigits: digits)
      count &+= 1
      place = end &+ 1 &+ gap
      guard mark == UInt8(ascii: "]") else { continue }
      rows.add(width: count &- rowStart)
      rowStart = count
      guard goesOn, text.byte(at: end &+ 1) == UInt8(ascii: ","),
        !hasSpaces || text.byte(at: end &+ 2) == 0x20,
        text.byte(at: end &+ 2 &+ gap) == UInt8(ascii: "["),
        text.byte(at: end &+ 3 &+ gap) &- UInt8(ascii: "0") < 10
      else {
        place = end &+ 1
        return .rowEnd
      }
      place = end &+ 3 &+ gap
    }
    return place <= last ? .full : .other
  }
}
