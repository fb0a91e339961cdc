internal import PacketFormats
internal import TraceModel

/// What the assembly keeps of one RDMA packet: enough to hold it back until its turn.
struct QueuePairPacket {
  var time: Int64
  var payloadByteCount: Int64
  /// Bytes of the whole WRITE or READ: RETH's length, for a READ response that of its request.
  var wholeByteCount: Int64?
  /// For a READ response: how its request is known.
  var answers = Answer.unknown
  var sequence: UInt32
  var source: Int32
  var operation: TransportOpcode.Operation
  var place: TransportOpcode.Place

  /// What is known of the request that a READ response answers.
  enum Answer: UInt8 {
    /// Its request was not captured, or it continues a response, or it comes again.
    case unknown
    case oldestRequest
    /// An older request is still unanswered: this response overtook another.
    case laterRequest
  }

  init(_ packet: PacketSummary, time: Int64, source: Int32) {
    self.time = time
    self.source = source
    payloadByteCount = Int64(packet.payloadByteCount)
    wholeByteCount = packet.remoteByteCount.map(Int64.init)
    sequence = packet.base.sequence
    operation = packet.base.opcode.operation
    place = packet.base.opcode.place
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

/// READ requests use up as many sequence numbers as their responses have packets.
enum ReadSpan {
  static let pathMTUs: [Int64] = [256, 512, 1024, 2048, 4096]

  static func packetCount(bytes: Int64, pathMTU: Int64) -> Int64 {
    max(1, (bytes + pathMTU - 1) / pathMTU)
  }
}
