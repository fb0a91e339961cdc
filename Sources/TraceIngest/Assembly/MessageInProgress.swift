internal import TraceModel

/// What has been seen so far of one message.
struct MessageInProgress {
  /// The largest path MTU of InfiniBand and RoCE.
  static let maximumPathMTU: Int64 = 4096

  var kind: MessageKind
  var start: Int64
  var end: Int64
  /// Payload seen, each byte once.
  var bytes: Int64 = 0
  /// What RETH says that the whole message has, or nil.
  var declaredBytes: Int64?
  var repeatedBytes: Int64 = 0
  var packets: Int32 = 0
  var missingPackets: Int32 = 0
  /// True once its last packet was seen.
  var hasEnded = false

  init(kind: MessageKind, time: Int64) {
    self.kind = kind
    start = time
    end = time
  }

  mutating func add(time: Int64, bytes count: Int64) {
    bytes &+= count
    packets &+= 1
    start = min(start, time)
    end = max(end, time)
  }

  mutating func addMissing(_ count: Int64) {
    missingPackets = Int32(clamping: Int64(missingPackets) + count)
  }

  /// Bytes delivered.
  ///
  /// What was seen when nothing is missing. Otherwise the declared length, as far as the missing
  /// packets can have carried the rest: a damaged length then adds little.
  var deliveredBytes: Int64 {
    guard missingPackets > 0, let declaredBytes else { return bytes }
    return max(bytes, min(declaredBytes, bytes + Int64(missingPackets) * Self.maximumPathMTU))
  }

  func message(source: Int32, destination: Int32, channel: UInt32) -> Message {
    Message(
      source: source, destination: destination, channel: channel, kind: kind, start: start,
      end: end, bytes: deliveredBytes, repeatedBytes: repeatedBytes, packets: packets,
      missingPackets: missingPackets)
  }
}
