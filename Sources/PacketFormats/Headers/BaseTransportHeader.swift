/// The 12-byte base transport header (BTH) that every InfiniBand and RoCE packet carries.
public struct BaseTransportHeader: Sendable, Hashable {
  public var opcode: TransportOpcode
  public var solicitsEvent = false
  public var isMigrated = false
  /// Bytes 0 … 3 after the payload that are not data.
  public var padCount: UInt8 = 0
  /// Transport header version; 0 is the only one.
  public var version: UInt8 = 0
  public var partitionKey: UInt16 = 0xFFFF
  public var forwardCongestion = false
  public var backwardCongestion = false
  /// 24 bits.
  public var destinationQueuePair: UInt32
  public var requestsAcknowledge = false
  /// Packet sequence number, 24 bits.
  public var sequence: UInt32

  public static let byteCount = 12

  public init(opcode: TransportOpcode, destinationQueuePair: UInt32, sequence: UInt32) {
    self.opcode = opcode
    self.destinationQueuePair = destinationQueuePair
    self.sequence = sequence
  }

  /// Reads the header at `offset`; the 12 bytes must be there.
  @inline(__always)
  init(_ bytes: RawSpan, at offset: Int) {
    opcode = TransportOpcode(rawValue: bytes.uint8(at: offset))
    let flags = bytes.uint8(at: offset + 1)
    solicitsEvent = flags & 0x80 != 0
    isMigrated = flags & 0x40 != 0
    padCount = flags >> 4 & 3
    version = flags & 0xF
    partitionKey = bytes.uint16(at: offset + 2)
    let queuePair = bytes.uint32(at: offset + 4)
    forwardCongestion = queuePair & 0x8000_0000 != 0
    backwardCongestion = queuePair & 0x4000_0000 != 0
    destinationQueuePair = queuePair & 0xFF_FFFF
    let sequence = bytes.uint32(at: offset + 8)
    requestsAcknowledge = sequence & 0x8000_0000 != 0
    self.sequence = sequence & 0xFF_FFFF
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(opcode.rawValue)
    bytes.append(
      (solicitsEvent ? 0x80 : 0) | (isMigrated ? 0x40 : 0) | (padCount & 3) << 4 | (version & 0xF))
    bytes.append(bigEndian: partitionKey)
    bytes.append(
      bigEndian: (forwardCongestion ? 0x8000_0000 : 0) | (backwardCongestion ? 0x4000_0000 : 0)
        | (destinationQueuePair & 0xFF_FFFF))
    bytes.append(bigEndian: (requestsAcknowledge ? 0x8000_0000 : 0) | (sequence & 0xFF_FFFF))
  }
}
