/// Finds the lane of a packet between two IPv4 addresses by these and the queue pair.
///
/// Open addressing, linear probing; the keys stand in the lanes. A lane whose source has changed may
/// be led to from several slots, of which only those of its present key are found.
struct LaneIndex {
  /// Lane number + 1, or 0 for an empty slot.
  private(set) var slots = [UInt32](repeating: 0, count: 1 << 12)
  private var usedCount = 0

  /// Where the search for a key begins, among `slotCount` slots, a power of two.
  @inline(__always)
  static func slot(ends: UInt64, channel: UInt32, slotCount: Int) -> Int {
    // Addresses and queue pairs often count upwards: neighbours land in neighbouring slots only
    // by chance.
    let mixed = (ends ^ UInt64(channel) << 32 ^ UInt64(channel)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32 ^ mixed >> 47) & (slotCount - 1)
  }

  /// The lane with this key, or nil.
  @inline(__always)
  static func lane(
    ends: UInt64, channel: UInt32, slots: Span<UInt32>, lanes: borrowing MutableSpan<QueuePairLane>
  ) -> Int? {
    var slot = slot(ends: ends, channel: channel, slotCount: slots.count)
    while true {
      let value = slots[slot]
      if value == 0 { return nil }
      let number = Int(value) - 1
      if lanes[number].ends == ends, lanes[number].channel == channel { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  /// The lane with this key, or nil.
  func lane(ends: UInt64, channel: UInt32, among lanes: [QueuePairLane]) -> Int? {
    var slot = Self.slot(ends: ends, channel: channel, slotCount: slots.count)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if lanes[number].ends == ends, lanes[number].channel == channel { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Adds a lane under the key that it now has.
  ///
  /// Amortised O(1).
  mutating func add(_ number: Int, among lanes: [QueuePairLane]) {
    // Short searches are worth 16 bytes a lane.
    if usedCount * 4 >= slots.count { grow(lanes) }
    insert(number, lanes[number])
  }

  private mutating func insert(_ number: Int, _ lane: QueuePairLane) {
    var slot = Self.slot(ends: lane.ends, channel: lane.channel, slotCount: slots.count)
    let value = UInt32(truncatingIfNeeded: number + 1)
    while slots[slot] != 0 {
      if slots[slot] == value { return }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = value
    usedCount += 1
  }

  private mutating func grow(_ lanes: [QueuePairLane]) {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    fill(lanes)
  }

  /// Starts again with the lanes as they are numbered now.
  mutating func rebuild(_ lanes: [QueuePairLane]) {
    slots = [UInt32](repeating: 0, count: slots.count)
    fill(lanes)
  }

  private mutating func fill(_ lanes: [QueuePairLane]) {
    usedCount = 0
    for (number, lane) in lanes.enumerated() where lane.ends != QueuePairLane.noEnds {
      insert(number, lane)
    }
  }
}
