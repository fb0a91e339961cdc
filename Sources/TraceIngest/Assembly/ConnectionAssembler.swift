internal import PacketFormats
internal import TraceModel

/// Turns TCP segments into messages: bytes per connection and direction without retransmissions.
///
/// Memory grows with the number of connections, a few hundred bytes each, up to a limit beyond which
/// those that are idle longest are closed.
struct ConnectionAssembler {
  let idleGapNanoseconds: Int64
  /// Directions of connections beyond which idle ones are closed.
  private let maximumConnections: Int
  private var addressPairs = KeyTable()
  private var keys = KeyTable()
  private var flows: [ConnectionFlow] = []
  /// Directions of connections that were closed to make room.
  private(set) var retiredConnections: Int64 = 0

  init(idleGapNanoseconds: Int64, maximumConnections: Int) {
    self.idleGapNanoseconds = idleGapNanoseconds
    self.maximumConnections = max(2, maximumConnections)
  }

  /// Takes a segment with payload.
  mutating func accept(
    _ packet: PacketSummary, time: Int64, source: Int32, destination: Int32,
    into messages: inout AssembledMessages
  ) {
    // The ports are the channel: they tell the connections between two addresses apart.
    let channel = UInt32(packet.sourcePort) << 16 | UInt32(packet.destinationPort)
    let index = number(source, destination, channel, into: &messages)
    if packet.tcpFlags & PacketSummary.tcpSynchronise != 0 {
      flows[index].restart(into: &messages)
    }
    // SYN counts as one byte before the payload.
    let isOpening = packet.tcpFlags & PacketSummary.tcpSynchronise != 0
    flows[index].accept(
      sequence: packet.tcpSequence &+ (isOpening ? 1 : 0), byteCount: packet.payloadByteCount,
      opens: isOpening, time: time, idleGap: idleGapNanoseconds, into: &messages)
  }

  /// The number of a connection's flow, which is made when it is new.
  private mutating func number(
    _ source: Int32, _ destination: Int32, _ channel: UInt32,
    into messages: inout AssembledMessages
  ) -> Int {
    if flows.count >= maximumConnections,
      existingNumber(source, destination, channel) == nil
    {
      retireIdle(into: &messages)
    }
    let pair = addressPairs.number(of: Self.key(source, destination))
    let index = keys.number(of: UInt64(pair) << 32 | UInt64(channel))
    if index == flows.count {
      flows.append(ConnectionFlow(source: source, destination: destination, channel: channel))
    }
    return index
  }

  private func existingNumber(
    _ source: Int32, _ destination: Int32, _ channel: UInt32
  ) -> Int? {
    addressPairs.existingNumber(of: Self.key(source, destination)).flatMap {
      keys.existingNumber(of: UInt64($0) << 32 | UInt64(channel))
    }
  }

  /// Takes a segment that opens a connection and has no payload: its ports may have been used by
  /// an earlier one.
  mutating func open(
    _ packet: PacketSummary, source: Int32, destination: Int32,
    into messages: inout AssembledMessages
  ) {
    let channel = UInt32(packet.sourcePort) << 16 | UInt32(packet.destinationPort)
    guard let index = existingNumber(source, destination, channel) else { return }
    flows[index].restart(into: &messages)
  }

  private static func key(_ source: Int32, _ destination: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: source)) << 32 | UInt64(UInt32(bitPattern: destination))
  }

  /// Closes the half of the connections whose last segment is oldest; of equal times, those that
  /// appeared first.
  ///
  /// One that goes on afterwards begins a new message. O(connections · log connections), once for
  /// every so many new ones.
  private mutating func retireIdle(into messages: inout AssembledMessages) {
    let isClosed = idleHalf(of: flows.count) { flows[$0].lastTime }
    let old = flows
    addressPairs = KeyTable()
    keys = KeyTable()
    flows.removeAll(keepingCapacity: true)
    for (index, flow) in old.enumerated() {
      if isClosed[index] {
        var flow = flow
        flow.finish(into: &messages)
        retiredConnections += 1
      } else {
        let pair = addressPairs.number(of: Self.key(flow.source, flow.destination))
        _ = keys.number(of: UInt64(pair) << 32 | UInt64(flow.channel))
        flows.append(flow)
      }
    }
  }

  mutating func finish(into messages: inout AssembledMessages) {
    for index in flows.indices { flows[index].finish(into: &messages) }
  }
}

/// Which of `count` things belong to the half whose time is oldest; of equal times, the first.
///
/// O(count · log count).
func idleHalf(of count: Int, lastTime: (Int) -> Int64) -> [Bool] {
  let times = (0..<count).map(lastTime)
  let byAge = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
  var isIdle = [Bool](repeating: false, count: count)
  for index in byAge.prefix((count + 1) / 2) { isIdle[index] = true }
  return isIdle
}
