internal import TraceModel

/// Numbers problems by their names 0, 1, 2 … in the order in which they first occur.
///
/// One flat column of bytes, so that a log of millions of short requests can be held.
package struct ProblemTable {
  private var keys = KeyTable()
  private var bytes: [UInt8] = []
  /// `count + 1` offsets into `bytes`.
  private var offsets: [Int] = [0]

  package init() {}

  package var count: Int { offsets.count - 1 }

  /// The number of a name, which is added when it is new.
  ///
  /// Amortised O(length of the name).
  package mutating func number(of name: [UInt8]) -> Int {
    var key = Self.hash(name)
    while true {
      let number = keys.number(of: key)
      if number == count {
        bytes += name
        offsets.append(bytes.count)
        return number
      }
      if bytes[offsets[number]..<offsets[number + 1]].elementsEqual(name) { return number }
      // Another name has the same key: the later one takes the next free of a sequence of keys.
      key &+= 0x9E37_79B9_7F4A_7C15
    }
  }

  private static func hash(_ name: [UInt8]) -> UInt64 {
    var word: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name {
      word = (word ^ UInt64(byte)) &* 0xBF58_476D_1CE4_E5B9
      word ^= word >> 29
    }
    return word
  }
}
