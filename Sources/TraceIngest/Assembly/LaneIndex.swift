/// Finds the lane of a packet between two IPv4 addresses by these and the queue pair.
///
/// Open addressing, linear probing; the keys stand in the lanes. A lane whose source has changed may
/// be led to from several slots, of which only those of its present key are found.
package struct LaneIndex {
  /// Lane number + 1, or 0 for an empty slot.
  private(set) var slots = [UInt32](repeating: 0, count: 1 << 12)
  private var usedCount = 0

  package init() {}

  package var slotCount: Int { slots.count }

  /// Where the search for a key begins, among `slotCount` slots, a power of two.
  @inline(__always)
  package static func slot(addresses: UInt64, channel: UInt32, slotCount: Int) -> Int {
    // Addresses and queue pairs often count upwards, and together: each is mixed on its own, or
    // one would undo the other where a host numbers its queue pairs by its peers.
    let mixed =
      (addresses &* 0x9E37_79B9_7F4A_7C15) ^ (UInt64(channel) &* 0xD6E8_FEB8_6659_FD93)
    return Int(truncatingIfNeeded: mixed >> 32 ^ mixed >> 47) & (slotCount &- 1)
  }

  /// The lane with this key, or nil, when the search for it begins at a slot that holds `value`.
  @inline(__always)
  static func lane(
    addresses: UInt64, channel: UInt32, from value: UInt32, slots: Span<UInt32>,
    lanes: borrowing MutableSpan<QueuePairLane>
  ) -> Int? {
    let number = Int(value) &- 1
    if lanes[number].addresses == addresses, lanes[number].channel == channel { return number }
    return laneBehind(addresses: addresses, channel: channel, slots: slots, lanes: lanes)
  }

  /// The lane with this key, or nil, when it is not the one that its first slot leads to.
  @inline(never)
  private static func laneBehind(
    addresses: UInt64, channel: UInt32, slots: Span<UInt32>,
    lanes: borrowing MutableSpan<QueuePairLane>
  ) -> Int? {
    var slot = slot(addresses: addresses, channel: channel, slotCount: slots.count)
    while true {
      slot = (slot + 1) & (slots.count - 1)
      let value = slots[slot]
      if value == 0 { return nil }
      let number = Int(value) - 1
      if lanes[number].addresses == addresses, lanes[number].channel == channel { return number }
    }
  }

  /// The lane with this key, or nil.
  package func lane(addresses: UInt64, channel: UInt32, among lanes: [QueuePairLane]) -> Int? {
    var slot = Self.slot(addresses: addresses, channel: channel, slotCount: slots.count)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if lanes[number].addresses == addresses, lanes[number].channel == channel { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// Adds a lane under the key that it now has.
  ///
  /// Amortised O(1).
  package mutating func add(_ number: Int, among lanes: [QueuePairLane]) {
    // Short searches are worth 16 bytes a lane.
    if usedCount * 4 >= slots.count { makeRoom(lanes) }
    insert(number, lanes[number])
  }

  private mutating func insert(_ number: Int, _ lane: QueuePairLane) {
    var slot = Self.slot(addresses: lane.addresses, channel: lane.channel, slotCount: slots.count)
    let value = UInt32(truncatingIfNeeded: number + 1)
    while slots[slot] != 0 {
      if slots[slot] == value { return }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = value
    usedCount += 1
  }

  /// Lanes whose source changes leave slots behind: those go first.
  private mutating func makeRoom(_ lanes: [QueuePairLane]) {
    rebuild(lanes)
    // A little less than a quarter, so that the next time is a share of all slots away.
    guard usedCount * 16 >= slots.count * 3 else { return }
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
    for (number, lane) in lanes.enumerated() where lane.addresses != QueuePairLane.noAddresses {
      insert(number, lane)
    }
  }
}
