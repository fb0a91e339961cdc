internal import PacketFormats
internal import TraceModel

/// What the assembly keeps of one RDMA packet: enough to hold it back until its turn.
struct QueuePairPacket {
  var time: Int64
  var payloadByteCount: Int64
  /// RETH's length of the whole WRITE or READ, or nil.
  var wholeByteCount: Int64?
  var sequence: UInt32
  var source: Int32
  var operation: TransportOpcode.Operation
  var place: TransportOpcode.Place
  /// True for what a lane can take.
  var isPlain: Bool

  init(_ packet: PacketSummary, time: Int64, source: Int32) {
    self.time = time
    self.source = source
    payloadByteCount = Int64(packet.payloadByteCount)
    wholeByteCount = packet.remoteByteCount.map(Int64.init)
    sequence = packet.base.sequence
    operation = packet.operation
    place = packet.place
    isPlain = LanePacket(packet, time: time) != nil
  }

  var kind: MessageKind {
    switch operation {
    case .write: .write
    case .readResponse: .read
    case .atomic: .atomic
    default: .send
    }
  }

  /// Data that the packet delivers; an atomic operation changes eight bytes.
  var dataByteCount: Int64 {
    switch operation {
    case .atomic: 8
    case .readRequest: 0
    default: payloadByteCount
    }
  }
}

/// Arithmetic of 24-bit packet sequence numbers, which wrap.
enum SequenceNumber {
  static let mask: UInt32 = 0xFF_FFFF

  /// How far `later` is ahead of `earlier`, −2^23 … 2^23 − 1.
  @inline(__always)
  static func distance(from earlier: UInt32, to later: UInt32) -> Int32 {
    Int32(bitPattern: (later &- earlier) << 8) >> 8
  }

  @inline(__always)
  static func advanced(_ number: UInt32, by count: UInt32) -> UInt32 { (number &+ count) & mask }
}
