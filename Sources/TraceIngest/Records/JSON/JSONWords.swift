/// The few keys (or string values) that a reader knows, found by number.
///
/// A word of up to 16 bytes is compared as two integers, which is faster than any string compare
/// and needs no allocation.
package struct JSONWords: Sendable {
  /// What stands for a word that is not in the list.
  package static let unknown = -1

  private let lengths: [Int]
  private let lows: [UInt64]
  private let highs: [UInt64]

  /// The list of known words; a word longer than 16 bytes would never be found.
  package init(_ words: [String]) {
    precondition(words.allSatisfy { $0.utf8.count <= PackedWord.capacity })
    let packed = words.map { word in
      var result = PackedWord()
      for byte in word.utf8 { result.append(byte) }
      return result
    }
    lengths = packed.map(\.length)
    lows = packed.map(\.low)
    highs = packed.map(\.high)
  }

  /// The number of a word, or `unknown`.
  func number(of word: PackedWord) -> Int {
    for index in lengths.indices
    where lows[index] == word.low && highs[index] == word.high && lengths[index] == word.length {
      return index
    }
    return Self.unknown
  }
}

/// The first 16 bytes of a word and its whole length.
struct PackedWord: Hashable {
  static let capacity = 16

  private(set) var length = 0
  private(set) var low: UInt64 = 0
  private(set) var high: UInt64 = 0

  /// Appends the lowest `count` of eight bytes.
  mutating func append(_ bytes: UInt64, count: Int) {
    guard count > 0 else { return }
    let kept = bytes & (~0 &>> UInt64(64 &- count &* 8))
    if length == 0 {
      low = kept
    } else if length == 8 {
      high = kept
    }
    length &+= count
  }

  mutating func append(_ byte: UInt8) {
    if length < 8 {
      low |= UInt64(byte) << UInt64(length &* 8)
    } else if length < Self.capacity {
      high |= UInt64(byte) << UInt64((length &- 8) &* 8)
    }
    length &+= 1
  }
}
