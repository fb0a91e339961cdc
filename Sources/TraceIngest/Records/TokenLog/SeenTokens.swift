internal import TraceModel

/// Which (problem and layer, token) keys occurred: half a byte per token of a log without gaps.
package struct SeenTokens {
  private var pages = KeyTable()
  private var bits: [UInt64] = []

  package init() {}

  /// Remembers a key, amortised O(1); false when it was there already.
  package mutating func insert(place: Int, token: Int32) -> Bool {
    let page = pages.number(of: UInt64(place) << 32 | UInt64(UInt32(bitPattern: token >> 6)))
    if page == bits.count { bits.append(0) }
    let bit: UInt64 = 1 << UInt64(token & 63)
    defer { bits[page] |= bit }
    return bits[page] & bit == 0
  }
}
