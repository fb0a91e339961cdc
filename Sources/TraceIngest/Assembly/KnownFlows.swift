internal import PacketFormats
internal import TraceModel

/// Where the packets of a queue pair went before, for those that the short way does not know: one
/// look-up instead of three (source address, destination address, queue pair) for all but the first.
///
/// Memory grows with the number of queue pairs.
struct KnownFlows {
  struct Entry {
    var sourceAddress: NetworkAddress
    var destinationAddress: NetworkAddress
    /// Destination queue pair, and bit 24 for READ responses.
    var channel: UInt32
    var source: Int32
    var lane: Int
  }

  private var keys = KeyTable()
  private var entries: [Entry] = []

  /// The number under which the packet's flow is, or shall be, noted.
  @inline(__always)
  mutating func place(of packet: PacketSummary) -> Int {
    // Two flows of the same key take turns in one entry; that costs time, never correctness.
    let addresses =
      (packet.destination.low &* 0xD6E8_FEB8_6659_FD93)
      ^ (packet.source.low &* 0x9E37_79B9_7F4A_7C15)
      ^ (packet.destination.high &* 0xA076_1D64_78BD_642F) ^ packet.source.high
    return keys.number(of: addresses ^ UInt64(Self.channel(of: packet)) << 40)
  }

  /// The flow noted at a place, or nil when it is another one's or none.
  @inline(__always)
  func entry(at place: Int, for packet: PacketSummary) -> (source: Int32, lane: Int)? {
    guard place < entries.count else { return nil }
    let entry = entries[place]
    guard
      entry.channel == Self.channel(of: packet)
        && entry.destinationAddress == packet.destination && entry.sourceAddress == packet.source
    else { return nil }
    return (entry.source, entry.lane)
  }

  mutating func note(_ packet: PacketSummary, source: Int32, lane: Int, at place: Int) {
    let entry = Entry(
      sourceAddress: packet.source, destinationAddress: packet.destination,
      channel: Self.channel(of: packet), source: source, lane: lane)
    if place < entries.count {
      entries[place] = entry
    } else {
      // Places that were asked for and never noted stay other ones' to the eye.
      while entries.count < place {
        entries.append(
          Entry(
            sourceAddress: packet.source, destinationAddress: packet.destination,
            channel: .max, source: source, lane: lane))
      }
      entries.append(entry)
    }
  }

  @inline(__always)
  private static func channel(of packet: PacketSummary) -> UInt32 {
    packet.base.destinationQueuePair | (packet.operation == .readResponse ? 1 << 24 : 0)
  }
}

extension PacketSummary {
  /// IPv4 source and destination of a request outside of tunnels, or nil.
  var plainAddresses: UInt64? {
    guard operation != .readResponse, virtualNetwork == nil, let source = source.ipv4,
      let destination = destination.ipv4
    else { return nil }
    let addresses = UInt64(source) << 32 | UInt64(destination)
    return addresses == QueuePairLane.noAddresses ? nil : addresses
  }
}
