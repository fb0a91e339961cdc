/// A list that integers are written into, with room behind the last.
struct FilledIntegers {
  var list: [Int32]
  var count: Int
  var rows = IntegerRows()
  /// Where the row that is being read begins.
  var rowStart: Int

  /// Takes a list away until it is given back: two holders of one would copy it.
  init(taking list: inout [Int32]) {
    self.list = []
    swap(&self.list, &list)
    count = self.list.count
    rowStart = count
  }

  /// True when a space stands behind the first comma from a place on, as far as that is near.
  func hasSpaces(_ text: RawSpan, from place: Int) -> Bool {
    for offset in place..<min(place &+ 8, text.byteCount &- 1)
    where text.byte(at: offset) == UInt8(ascii: ",") {
      return text.byte(at: offset &+ 1) == 0x20
    }
    return false
  }

  mutating func append(_ value: Int32) {
    list[count] = value
    count &+= 1
  }

  mutating func endRow() {
    rows.add(width: count &- rowStart)
    rowStart = count
  }

  /// Room for one integer at least.
  mutating func makeRoom() {
    guard count == list.count else { return }
    list.append(contentsOf: repeatElement(0, count: min(max(64, count), 1 << 16)))
  }

  consuming func give(to other: inout [Int32]) {
    list.removeLast(list.count &- count)
    swap(&list, &other)
  }
}
