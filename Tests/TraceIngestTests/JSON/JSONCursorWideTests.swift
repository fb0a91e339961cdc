import Testing
import TraceIngest
import TraceModel

/// The cursor looks at eight bytes at once: every byte must count at every place among them.
@Suite struct JSONCursorWideTests {
  private func outcome(_ bytes: [UInt8]) -> (position: Int, defect: JSONDefect?) {
    var cursor = JSONCursor()
    do throws(JSONDefect) {
      try cursor.skipValue(bytes.span.bytes)
      return (cursor.position, nil)
    } catch {
      return (cursor.position, error)
    }
  }

  @Test func eachByteOfAStringCounts() {
    for length in 0...25 {
      for place in 0...length {
        for byte in UInt8(0)...255 {
          var content = [UInt8](repeating: 0x7F, count: length)
          if place < length { content[place] = byte }
          let bytes = [0x22] + content + [0x22] + [UInt8](repeating: 0x20, count: place % 9)
          let found = outcome(bytes)
          switch byte {
          case _ where place == length: #expect(found == (length + 2, nil))
          case 0x22: #expect(found == (place + 2, nil))
          case 0x5C: #expect(found.defect == (place + 1 < length ? .badEscape : .unterminated))
          case 0..<0x20: #expect(found == (place + 2, .controlByteInString))
          default: #expect(found == (length + 2, nil))
          }
        }
      }
    }
  }

  @Test func digitsEndWhereTheyEnd() {
    for length in 1...25 {
      for byte in UInt8(0)...255 where !(0x30...0x39).contains(byte) {
        guard byte != UInt8(ascii: "."), byte | 0x20 != UInt8(ascii: "e") else { continue }
        let digits = (0..<length).map { UInt8(0x31 + $0 % 9) }
        #expect(outcome(digits + [byte] + digits) == (length, nil))
      }
    }
  }

  @Test func spacesOfAllKindsArePassed() {
    var random = RandomStream(seed: 2)
    let kinds: [UInt8] = [0x20, 0x20, 0x20, 0x20, 0x0A, 0x0D, 0x09]
    for _ in 0..<500 {
      let count = Int(random.next() % 40)
      let spaces = (0..<count).map { _ in kinds[Int(random.next() % UInt64(kinds.count))] }
      #expect(outcome(spaces + [0x31, 0x5D]) == (count + 1, nil))
      #expect(outcome(spaces + [0x0B]).defect == .unexpectedByte)
    }
  }

  @Test func keysOfAllLengthsAreTold() throws {
    let letters = (0..<16).map { String("abcdefghijklmnop".prefix($0 + 1)) }
    let words = JSONWords(letters)
    for (number, word) in letters.enumerated() {
      for (text, expected) in [(word, number), (word.dropLast() + "X", JSONWords.unknown)] {
        let bytes = Array("\"\(text)\":".utf8)
        var cursor = JSONCursor()
        #expect(try cursor.key(bytes.span.bytes, among: words) == expected)
        #expect(cursor.position == bytes.count)
      }
    }
  }
}
