internal import PacketFormats
internal import TraceModel

/// Turns TCP segments into messages: bytes per connection and direction without retransmissions.
///
/// Memory grows with the number of connections.
struct ConnectionAssembler {
  let idleGapNanoseconds: Int64
  private var addressPairs = KeyTable()
  private var keys = KeyTable()
  private var flows: [ConnectionFlow] = []

  init(idleGapNanoseconds: Int64) { self.idleGapNanoseconds = idleGapNanoseconds }

  /// Takes a segment with payload.
  mutating func accept(
    _ packet: PacketSummary, time: Int64, source: Int32, destination: Int32,
    into messages: inout MessageTable
  ) {
    let pair = addressPairs.number(of: Self.key(source, destination))
    // The ports are the channel: they tell the connections between two addresses apart.
    let channel = UInt32(packet.sourcePort) << 16 | UInt32(packet.destinationPort)
    let index = keys.number(of: UInt64(pair) << 32 | UInt64(channel))
    if index == flows.count {
      flows.append(ConnectionFlow(source: source, destination: destination, channel: channel))
    }
    if packet.tcpFlags & PacketSummary.tcpSynchronise != 0 {
      flows[index].restart(into: &messages)
    }
    // SYN counts as one byte before the payload.
    let isOpening = packet.tcpFlags & PacketSummary.tcpSynchronise != 0
    flows[index].accept(
      sequence: packet.tcpSequence &+ (isOpening ? 1 : 0), byteCount: packet.payloadByteCount,
      opens: isOpening, time: time, idleGap: idleGapNanoseconds, into: &messages)
  }

  /// Takes a segment that opens a connection and has no payload: its ports may have been used by
  /// an earlier one.
  mutating func open(
    _ packet: PacketSummary, source: Int32, destination: Int32, into messages: inout MessageTable
  ) {
    let channel = UInt32(packet.sourcePort) << 16 | UInt32(packet.destinationPort)
    guard let pair = addressPairs.existingNumber(of: Self.key(source, destination)),
      let index = keys.existingNumber(of: UInt64(pair) << 32 | UInt64(channel))
    else { return }
    flows[index].restart(into: &messages)
  }

  private static func key(_ source: Int32, _ destination: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: source)) << 32 | UInt64(UInt32(bitPattern: destination))
  }

  mutating func finish(into messages: inout MessageTable) {
    for index in flows.indices { flows[index].finish(into: &messages) }
  }
}
