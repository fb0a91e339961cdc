import Testing
import TraceIngest
import TraceModel

/// The cursor against readers that look at one byte at a time, on good and on damaged texts.
@Suite struct JSONCursorTwinTests {
  private static let texts = [
    #"{"step": 3, "a": [1, -2.5e3, true, null], "b": {"c": "d\n\u0041"}, "e": "", "#
      + #""a key of many letters": "a long string \" that goes on", "n": [123456789012, 0.1, 1e5]}"#,
    "[[1, 2, 33], [4,5,600], [7, 8, 9], [1000000, 99999999, 12345678901]]",
    "[[1,2],[3,4],[5,6],[70,80],[9,1],[2,3]]", "[  [1 ,2] , [ 3,4],[-5,6],[0,0], []   ]",
    "[[1, 2],[3, 4], [5,6]\n,[7,\n8]]",
  ]

  private func damaged(_ random: inout RandomStream) -> [UInt8] {
    var text = Array(Self.texts[random.below(Self.texts.count)].utf8)
    for _ in 0..<random.below(3) {
      let place = random.below(text.count)
      switch random.below(4) {
      case 0: text[place] = Array(#"{}[],:"\0129eE+-.tfn ux"#.utf8)[random.below(22)]
      case 1: text.remove(at: place)
      case 2: text.insert(text[random.below(text.count)], at: place)
      default: text.removeLast(random.below(text.count))
      }
      if text.isEmpty { text = [0x20] }
    }
    return text
  }

  @Test func skippingIsWhatByteByByteIs() {
    var random = RandomStream(seed: 11)
    for _ in 0..<4_000 {
      let text = damaged(&random)
      var cursor = JSONCursor()
      var defect: JSONDefect?
      do throws(JSONDefect) { try cursor.skipValue(text.span.bytes) } catch { defect = error }
      var twin = PlainScan(text)
      let isGood = twin.value(depth: 0)
      #expect((defect == nil) == isGood, "\(String(decoding: text, as: UTF8.self))")
      // Where it stops decides whether more bytes may make it good.
      #expect(cursor.position == twin.place, "\(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test func rowsOfIntegersAreWhatByteByByteIs() {
    var random = RandomStream(seed: 12)
    for _ in 0..<4_000 {
      let text = damaged(&random)
      var cursor = JSONCursor()
      var list: [Int32] = [77]
      var rows: IntegerRows?
      do throws(JSONDefect) {
        rows = try cursor.appendIntegerRows(text.span.bytes, to: &list)
      } catch {}
      var twin = PlainScan(text)
      let expected = twin.rows()
      #expect((rows == nil) == (expected == nil), "\(String(decoding: text, as: UTF8.self))")
      guard let rows, let expected else { continue }
      #expect(list == [77] + expected.flatMap { $0 }, "\(String(decoding: text, as: UTF8.self))")
      #expect(rows.count == expected.count && rows.width == expected.first?.count ?? 0)
      #expect(rows.areEven == expected.allSatisfy { $0.count == rows.width })
      #expect(cursor.position == twin.place)
    }
  }

  @Test(arguments: [",", ", ", " ,\n "])
  func longListsOfIntegersAreExact(separator: String) throws {
    var random = RandomStream(seed: 13)
    for width in [1, 2, 8, 63, 64, 65, 700] {
      let rows = (0..<40).map { _ in
        (0..<width).map { _ in Int32(truncatingIfNeeded: random.next() >> (33 + random.next() % 31))
        }
      }
      let words = rows.map { "[" + $0.map(String.init).joined(separator: separator) + "]" }
      let text = Array(("[" + words.joined(separator: separator) + "]").utf8)
      var cursor = JSONCursor()
      var list: [Int32] = []
      let found = try cursor.appendIntegerRows(text.span.bytes, to: &list)
      #expect(list == rows.flatMap { $0 })
      #expect(found.count == rows.count && found.width == width && found.areEven)
      #expect(cursor.position == text.count)
    }
  }
}

/// JSON by the letter of RFC 8259, one byte after the other.
private struct PlainScan {
  private let text: [UInt8]
  private(set) var place = 0

  init(_ text: [UInt8]) { self.text = text }

  private var byte: UInt8 { place < text.count ? text[place] : 0 }

  private mutating func space() {
    while [0x20, 0x09, 0x0A, 0x0D].contains(byte) { place += 1 }
  }

  private mutating func takes(_ wanted: Character) -> Bool {
    space()
    guard byte == wanted.asciiValue else { return false }
    place += 1
    return true
  }

  mutating func value(depth: Int) -> Bool {
    space()
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let isObject = byte == UInt8(ascii: "{")
      guard depth < JSONCursor.depthLimit else { return false }
      place += 1
      if takes(isObject ? "}" : "]") { return true }
      while true {
        if isObject {
          space()
          guard byte == UInt8(ascii: "\""), string(), takes(":") else { return false }
        }
        guard value(depth: depth + 1) else { return false }
        if takes(isObject ? "}" : "]") { return true }
        guard takes(",") else { return false }
      }
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "t"): return literal("true")
    case UInt8(ascii: "f"): return literal("false")
    case UInt8(ascii: "n"): return literal("null")
    default: return number()
    }
  }

  private mutating func literal(_ word: String) -> Bool {
    for expected in word.utf8 {
      guard byte == expected else { return false }
      place += 1
    }
    return true
  }

  private mutating func string() -> Bool {
    place += 1
    while place < text.count {
      let byte = text[place]
      place += 1
      if byte == UInt8(ascii: "\"") { return true }
      if byte < 0x20 { return false }
      guard byte == UInt8(ascii: "\\") else { continue }
      guard place < text.count else { return false }
      let kind = text[place]
      place += 1
      if kind == UInt8(ascii: "u") {
        for _ in 0..<4 {
          guard Character(UnicodeScalar(self.byte)).isHexDigit else { return false }
          place += 1
        }
      } else if !Array(#""\/bfnrt"#.utf8).contains(kind) {
        return false
      }
    }
    return false
  }

  private mutating func digits() -> Int {
    let first = place
    while byte >= 0x30 && byte <= 0x39 { place += 1 }
    return place - first
  }

  private mutating func number() -> Bool {
    if byte == UInt8(ascii: "-") { place += 1 }
    let leading = byte
    let whole = digits()
    guard whole == 1 || whole > 1 && leading != 0x30 else { return false }
    if byte == UInt8(ascii: ".") {
      place += 1
      guard digits() > 0 else { return false }
    }
    if byte | 0x20 == UInt8(ascii: "e") {
      place += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { place += 1 }
      guard digits() > 0 else { return false }
    }
    return true
  }

  // MARK: Integers

  /// The rows of a list of lists of integers; nil when it is none.
  mutating func rows() -> [[Int32]]? {
    guard takes("[") else { return nil }
    if takes("]") { return [] }
    var rows: [[Int32]] = []
    while true {
      guard let row = integers() else { return nil }
      rows.append(row)
      if takes("]") { return rows }
      guard takes(",") else { return nil }
    }
  }

  private mutating func integers() -> [Int32]? {
    guard takes("[") else { return nil }
    if takes("]") { return [] }
    var row: [Int32] = []
    while true {
      space()
      let first = place
      guard number(), let value = Int64(String(decoding: text[first..<place], as: UTF8.self)) else {
        return nil
      }
      row.append(Int32(clamping: value))
      if takes("]") { return row }
      guard takes(",") else { return nil }
    }
  }
}
