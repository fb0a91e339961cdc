import Foundation
import Testing
import TraceIngest
import TraceModel

@Suite struct JsonCursorTests {
  /// The defect of a whole text when its value is skipped, or nil.
  private func defect(of text: [UInt8]) -> JSONDefect? {
    var cursor = JSONCursor()
    do throws(JSONDefect) {
      try cursor.skipValue(text.span.bytes)
      try cursor.end(text.span.bytes)
      return nil
    } catch {
      return error
    }
  }

  private func integer(_ text: String) throws(JSONDefect) -> Int64 {
    let bytes = Array(text.utf8)
    var cursor = JSONCursor()
    let value = try cursor.integer(bytes.span.bytes)
    try cursor.end(bytes.span.bytes)
    return value
  }

  @Test(arguments: [
    "{}", "[]", "0", "-0", "-1.5e+10", "1E3", "\"\"", "\"a\\u00e9\\n\\\"\"", "true", "false",
    "null",
    " { \"a\" : [ 1 , { \"b\" : null } ] , \"é\" : \"\" } ", "[[[[1]]]]",
  ])
  func goodValuesAreSkipped(text: String) { #expect(defect(of: Array(text.utf8)) == nil) }

  @Test(arguments: [
    ("", JSONDefect.unterminated), ("{", .unterminated), ("{\"a\":1", .unterminated),
    ("[1,]", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte), ("{a:1}", .unexpectedByte),
    ("01", .badNumber), ("1.", .badNumber), ("1e", .badNumber), ("-", .unterminated),
    ("tru", .unterminated), ("trux", .unexpectedByte), ("\"a", .unterminated),
    ("\"\\x\"", .badEscape), ("\"\\u12g4\"", .badEscape), ("\"\u{1}\"", .controlByteInString),
    ("1 2", .trailingBytes), ("{} {}", .trailingBytes), ("NaN", .unexpectedByte),
  ])
  func badValuesAreNamed(text: String, expected: JSONDefect) {
    #expect(defect(of: Array(text.utf8)) == expected)
  }

  @Test func depthIsLimited() {
    let deep = { (levels: Int) in
      [UInt8](repeating: UInt8(ascii: "["), count: levels)
        + [UInt8](repeating: UInt8(ascii: "]"), count: levels)
    }
    #expect(defect(of: deep(JSONCursor.depthLimit)) == nil)
    #expect(defect(of: deep(JSONCursor.depthLimit + 1)) == .tooDeep)
    #expect(defect(of: deep(1_000_000)) == .tooDeep)
  }

  @Test func integersAreExactOrRefused() throws {
    #expect(try integer("0") == 0)
    #expect(try integer(" -17 ") == -17)
    #expect(try integer("999999999999999999") == 999_999_999_999_999_999)
    #expect(try integer("-1000000000000000000") == -1_000_000_000_000_000_000)
    #expect(try integer("\(Int64.max)") == .max)
    #expect(try integer("\(Int64.min)") == .min)
    for tooLarge in ["9223372036854775808", "-9223372036854775809", "12345678901234567890123"] {
      #expect(throws: JSONDefect.integerTooLarge) { try integer(tooLarge) }
    }
    #expect(throws: JSONDefect.badNumber) { try integer("0000000000000000000000") }
    #expect(throws: JSONDefect.notAnInteger) { try integer("1.0") }
    #expect(throws: JSONDefect.notAnInteger) { try integer("1e3") }
    #expect(throws: JSONDefect.notAnInteger) { try integer("\"1\"") }
    #expect(throws: JSONDefect.badNumber) { try integer("007") }
  }

  @Test func keysAreFoundByNumberInAnyOrder() throws {
    let keys = JSONWords(["step", "layer", "sixteen_letters_"])
    let text = Array(
      "{\"x\":[{}],\"layer\":3,\"sixteen_letters_x\":9,\"st\\u0065p\":8,\"sixteen_letters_\":7,\"step\":1}"
        .utf8)
    var cursor = JSONCursor()
    var found: [Int: Int64] = [:]
    var hasMore = try cursor.beginObject(text.span.bytes)
    while hasMore {
      let key = try cursor.key(text.span.bytes, among: keys)
      if key == JSONWords.unknown {
        try cursor.skipValue(text.span.bytes)
      } else {
        found[key] = try cursor.integer(text.span.bytes)
      }
      hasMore = try cursor.anotherMember(text.span.bytes)
    }
    try cursor.end(text.span.bytes)
    #expect(found == [0: 1, 1: 3, 2: 7])
  }

  @Test func damagedTextsGetTheSameVerdictAsFoundation() throws {
    let good = Array(
      #"{"step": 3, "a": [1, -2.5e3, true, null], "b": {"c": "d\n\u0041"}, "e": ""}"#.utf8)
    var random = RandomStream(seed: 7)
    for _ in 0..<3000 {
      var text = good
      for _ in 0...random.below(3) {
        let place = random.below(text.count)
        switch random.below(3) {
        case 0: text[place] = Array(#"{}[],:"\0129eE+-.tfn ux"#.utf8)[random.below(22)]
        case 1: text.remove(at: place)
        default: text.insert(text[random.below(text.count)], at: place)
        }
      }
      // Foundation lets a comma stand before a closing bracket; RFC 8259 does not.
      let withoutSpace = text.filter { $0 != UInt8(ascii: " ") }
      if zip(withoutSpace, withoutSpace.dropFirst()).contains(where: { pair in
        pair.0 == UInt8(ascii: ",") && (pair.1 == UInt8(ascii: "}") || pair.1 == UInt8(ascii: "]"))
      }) {
        continue
      }
      let isGood =
        (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
      let ours = defect(of: text)
      #expect(
        (ours == nil) == isGood,
        "\(String(decoding: text, as: UTF8.self)) \(String(describing: ours))")
    }
  }
}
