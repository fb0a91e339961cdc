import PacketFormats

/// Packets of RDMA WRITEs of 64 KiB between 64 NICs, as a mirror port keeps them: 128 bytes each,
/// 16 packets to a message or fewer, the queue pairs taking turns.
///
/// A pattern of one message on every queue pair is made once; later rounds differ in time and
/// sequence numbers only, so that captures of any length come as fast as a pipe takes them.
struct CapturePattern {
  static let recordByteCount = 16 + snapLength
  private static let snapLength = 128
  private static let pathMTU = 4_096
  private static let nanosecondsPerPacket: Int64 = 20
  private static let start: Int64 = 1_735_689_600_000_000_000
  /// A round lasts two milliseconds and is followed by two of silence, so that bursts can be told.
  private static let silence: Int64 = 2_000_000

  private let packetsPerMessage: Int
  private let template: [UInt8]
  /// Packets after which the pattern repeats.
  let period: Int

  init(queuePairs: Int = 4_032, packetsPerMessage: Int = 16) {
    self.packetsPerMessage = packetsPerMessage
    period = queuePairs * packetsPerMessage
    var bytes: [UInt8] = []
    bytes.reserveCapacity(period * Self.recordByteCount)
    for step in 0..<packetsPerMessage {
      for pair in 0..<queuePairs {
        Self.append(step: step, of: packetsPerMessage, pair: pair, to: &bytes)
      }
    }
    template = bytes
  }

  /// The beginning of the file.
  static var header: [UInt8] {
    var bytes: [UInt8] = []
    appendPcapHeader(snapLength: UInt32(snapLength), to: &bytes)
    return bytes
  }

  private static func append(
    step: Int, of packetsPerMessage: Int, pair: Int, to bytes: inout [UInt8]
  ) {
    let (source, peer) = pair.quotientAndRemainder(dividingBy: 63)
    let destination = peer < source % 64 ? peer : peer + 1
    let opcode: TransportOpcode =
      packetsPerMessage == 1
      ? .reliableWriteOnly
      : step == 0
        ? .reliableWriteFirst
        : step == packetsPerMessage - 1 ? .reliableWriteLast : .reliableWriteMiddle
    var frame = RoCEFrame(
      source: NetworkAddress(ipv4: 0x0A00_0000 | UInt32(source % 64) << 8),
      destination: NetworkAddress(ipv4: 0x0A00_0000 | UInt32(destination) << 8),
      base: BaseTransportHeader(
        opcode: opcode, destinationQueuePair: UInt32(0x100 + pair), sequence: UInt32(step)))
    frame.extensions.remoteByteCount = UInt32(pathMTU * packetsPerMessage)
    var whole: [UInt8] = []
    appendRoCEFrame(frame, payload: [UInt8](repeating: 0, count: pathMTU), to: &whole)
    appendPcapRecord(
      whole.prefix(snapLength), nanoseconds: 0, wireByteCount: whole.count, to: &bytes)
  }

  /// `count` records from a packet number on; at most to the end of a period.
  func records(from first: Int, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * Self.recordByteCount)
    var packet = first
    while packet < first + count {
      let place = packet % period
      let length = min(period - place, first + count - packet)
      bytes += template[place * Self.recordByteCount..<(place + length) * Self.recordByteCount]
      packet += length
    }
    var span = bytes.mutableSpan
    for index in 0..<count { stamp(first + index, at: index * Self.recordByteCount, in: &span) }
    return bytes
  }

  private func stamp(_ packet: Int, at offset: Int, in bytes: inout MutableSpan<UInt8>) {
    let round = packet / period
    let time =
      Self.start + Int64(packet) * Self.nanosecondsPerPacket + Int64(round) * Self.silence
    let (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
    for byte in 0..<4 {
      bytes[offset + byte] = UInt8(truncatingIfNeeded: seconds >> (8 * byte))
      bytes[offset + 4 + byte] = UInt8(truncatingIfNeeded: fraction >> (8 * byte))
    }
    // Ethernet 14, IPv4 20, UDP 8, and nine bytes into the base transport header.
    let sequence =
      round * packetsPerMessage + packet % period / (period / packetsPerMessage)
    for byte in 0..<3 {
      bytes[offset + 16 + 51 + byte] = UInt8(truncatingIfNeeded: sequence >> (16 - 8 * byte))
    }
  }
}
