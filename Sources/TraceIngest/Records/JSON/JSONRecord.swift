/// Where the values of the keys that a reader asked for stand in one JSON object.
///
/// Filled by one pass that checks the grammar of the whole object and converts nothing.
package struct JSONRecord {
  private let keys: JSONWords
  private var places: [Range<Int>]
  /// Where the record begins in the text that was lent with it.
  package private(set) var start = 0
  /// 1 for the first of its list.
  package private(set) var number: Int64 = 0

  /// - Parameter keys: the keys to note, each of up to 31 bytes.
  init(keys: [String]) {
    self.keys = JSONWords(keys)
    places = [Range<Int>](repeating: 0..<0, count: keys.count)
  }

  mutating func begin(at start: Int, number: Int64) {
    self.start = start
    self.number = number
  }

  /// Steps over an object and notes its values; of a repeated key the last counts.
  mutating func scan(_ text: RawSpan, with cursor: inout JSONCursor) throws(JSONDefect) {
    for index in places.indices { places[index] = 0..<0 }
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      let key = try cursor.key(text, among: keys)
      let start = cursor.placePastSpace(text, from: cursor.position)
      // The record and the list that it stands in are levels too.
      try cursor.skipValue(text, depth: 2)
      if key >= 0 { places[key] = start..<cursor.position }
      hasMore = try cursor.anotherMember(text)
    }
  }

  /// True when the object has the key.
  func has(_ key: Int) -> Bool { !places[key].isEmpty }

  /// A cursor before the value of a key; nil when the object lacks it.
  func cursor(at key: Int) -> JSONCursor? {
    places[key].isEmpty ? nil : JSONCursor(position: places[key].lowerBound)
  }

  /// An integer, or nil when the object lacks the key.
  package func integer(_ key: Int, _ text: RawSpan) throws(JSONDefect) -> Int64? {
    guard var cursor = cursor(at: key) else { return nil }
    return try cursor.integer(text)
  }

  /// The bytes between the quotes of a string, escapes as written; nil when the object lacks it.
  package func string(_ key: Int, _ text: RawSpan) throws(JSONDefect) -> Range<Int>? {
    let place = places[key]
    guard !place.isEmpty else { return nil }
    guard text.byte(at: place.lowerBound) == UInt8(ascii: "\"") else { throw .notAString }
    // Its end was found when the record was scanned.
    return place.lowerBound &+ 1..<place.upperBound &- 1
  }
}
