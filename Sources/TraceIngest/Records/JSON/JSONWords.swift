/// The few keys (or string values) that a reader knows, found by number.
///
/// A word of up to 16 bytes is compared as two integers, a longer one as four, which is faster than
/// any string compare and needs no allocation.
package struct JSONWords: Sendable {
  /// What stands for a word that is not in the list.
  package static let unknown = -1

  private let lengths: [Int]
  /// Bit n is set when some word has n bytes.
  private let lengthBits: UInt32
  private let lows: [UInt64]
  private let highs: [UInt64]
  private let tails: [PackedWord.Tail]

  /// The list of known words, of up to 31 bytes each.
  package init(_ words: [String]) {
    precondition(words.allSatisfy { $0.utf8.count <= PackedWord.capacity })
    let packed = words.map { word in
      let bytes = Array(word.utf8)
      return unsafe PackedWord(bytes.span.bytes, at: 0, length: bytes.count)
    }
    lengths = packed.map(\.length)
    lengthBits = packed.reduce(0) { $0 | 1 << UInt32($1.length) }
    lows = packed.map(\.low)
    highs = packed.map(\.high)
    tails = packed.map(\.tail)
  }

  /// False when no word has so many bytes.
  @inline(__always)
  func hasWord(ofLength length: Int) -> Bool {
    length <= PackedWord.capacity && lengthBits &>> UInt32(length) & 1 != 0
  }

  /// The number of a word, or `unknown`.
  func number(of word: PackedWord) -> Int {
    for index in lows.indices
    where lows[index] == word.low && highs[index] == word.high && lengths[index] == word.length
      && tails[index] == word.tail
    {
      return index
    }
    return Self.unknown
  }
}

/// A word of up to 31 bytes as numbers.
struct PackedWord: Hashable {
  static let capacity = 31

  /// The last 16 bytes of a longer word; zeros of others.
  struct Tail: Hashable {
    var low: UInt64 = 0
    var high: UInt64 = 0
  }

  let length: Int
  let low: UInt64
  let high: UInt64
  let tail: Tail

  /// The word of `length` bytes at an offset.
  @inline(__always)
  init(_ text: RawSpan, at offset: Int, length: Int) {
    self.length = length
    low = Self.bytes(text, at: offset, count: min(8, length))
    high = length > 8 ? Self.bytes(text, at: offset &+ 8, count: min(8, length &- 8)) : 0
    tail =
      length > 16
      ? Tail(
        low: text.eightBytes(at: offset &+ length &- 16),
        high: text.eightBytes(at: offset &+ length &- 8))
      : Tail()
  }

  /// 0 … 8 bytes as one number.
  @inline(__always)
  private static func bytes(_ text: RawSpan, at offset: Int, count: Int) -> UInt64 {
    guard count > 0 else { return 0 }
    if offset &+ 8 <= text.byteCount {
      return text.eightBytes(at: offset) & (~0 &>> UInt64(64 &- count &* 8))
    }
    var value: UInt64 = 0
    for place in 0..<count {
      value |= UInt64(text.byte(at: offset &+ place)) &<< UInt64(place &* 8)
    }
    return value
  }
}
