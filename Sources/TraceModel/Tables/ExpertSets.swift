/// Numbers distinct expert sets 0, 1, 2 … in the order in which they first occur.
///
/// One flat column of experts and open addressing over its rows: a set costs no allocation.
package struct ExpertSets {
  /// `count + 1` offsets into `experts`.
  package private(set) var offsets: [Int] = [0]
  package private(set) var experts: [Int32] = []
  /// number + 1, or 0 for an empty slot.
  private var slots = [UInt32](repeating: 0, count: 64)

  package init() {}

  package var count: Int { offsets.count - 1 }

  /// The experts of one set, ascending.
  package func experts(of set: Int) -> ArraySlice<Int32> {
    experts[offsets[set]..<offsets[set + 1]]
  }

  /// The number of an ascending set, which is added when it is new.
  ///
  /// Amortised O(size of the set).
  package mutating func number(of set: Span<Int32>) -> Int {
    var slot = Self.hash(set) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if isEqual(number, set) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    for index in set.indices { experts.append(set[index]) }
    offsets.append(experts.count)
    slots[slot] = UInt32(count)
    if count * 2 > slots.count { grow() }
    return count - 1
  }

  /// True when set `first` comes before set `second`, expert by expert.
  package func precedes(_ first: Int, _ second: Int) -> Bool {
    experts(of: first).lexicographicallyPrecedes(experts(of: second))
  }

  private func isEqual(_ number: Int, _ set: Span<Int32>) -> Bool {
    let start = offsets[number]
    guard offsets[number + 1] - start == set.count else { return false }
    for index in set.indices where experts[start + index] != set[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = Self.slots(count: slots.count * 2, offsets: offsets, experts: experts.span)
  }

  private static func slots(count: Int, offsets: [Int], experts: Span<Int32>) -> [UInt32] {
    var slots = [UInt32](repeating: 0, count: count)
    for number in 0..<offsets.count - 1 {
      let set = experts.extracting(offsets[number]..<offsets[number + 1])
      var slot = hash(set) & (count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
      slots[slot] = UInt32(number + 1)
    }
    return slots
  }

  private static func hash(_ set: Span<Int32>) -> Int {
    var word: UInt64 = 0x9E37_79B9_7F4A_7C15
    for index in set.indices {
      word = (word ^ UInt64(UInt32(bitPattern: set[index]))) &* 0xBF58_476D_1CE4_E5B9
      word ^= word >> 29
    }
    return Int(truncatingIfNeeded: word >> 1)
  }
}

/// Sorts the experts of one token, a few entries of a list; false when one occurs twice.
package func sortExperts(_ experts: inout MutableSpan<Int32>, in range: Range<Int>) -> Bool {
  var areDistinct = true
  for index in range {
    let expert = experts[index]
    var hole = index
    while hole > range.lowerBound && experts[hole - 1] > expert {
      experts[hole] = experts[hole - 1]
      hole -= 1
    }
    experts[hole] = expert
    if hole > range.lowerBound && experts[hole - 1] == expert { areDistinct = false }
  }
  return areDistinct
}
