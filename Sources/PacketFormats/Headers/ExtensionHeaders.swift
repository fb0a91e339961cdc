/// Every field of the extension headers between the base transport header and the payload.
///
/// Which of them a packet has follows from its operation code (`TransportOpcode.extensions`); the
/// fields of the others keep their zeros.
public struct ExtensionHeaders: Sendable, Hashable {
  /// RETH and AtomicETH: where in the remote memory.
  public var virtualAddress: UInt64 = 0
  /// RETH, AtomicETH and IETH.
  public var remoteKey: UInt32 = 0
  /// RETH: bytes of the whole WRITE or READ.
  public var remoteByteCount: UInt32 = 0
  /// AETH: bits 5 and 6 tell ACK (0), RNR NAK (1) and NAK (3) apart.
  public var syndrome: UInt8 = 0
  /// AETH: message sequence number, 24 bits.
  public var messageSequence: UInt32 = 0
  /// ImmDt.
  public var immediate: UInt32 = 0
  /// DETH.
  public var queueKey: UInt32 = 0
  /// DETH, 24 bits.
  public var sourceQueuePair: UInt32 = 0
  /// RDETH, 24 bits.
  public var endToEndContext: UInt32 = 0
  /// XRCETH, 24 bits.
  public var sharedReceiveQueue: UInt32 = 0
  /// AtomicETH: swap or add operand.
  public var swapOrAdd: UInt64 = 0
  /// AtomicETH: compare operand.
  public var compare: UInt64 = 0
  /// AtomicAckETH: what the memory held before.
  public var originalValue: UInt64 = 0

  public init() {}

  /// Reads the headers of `set` at `offset`, or nil when they are not all inside `bytes`.
  public init?(_ bytes: RawSpan, at offset: Int, set: ExtensionSet) {
    guard offset >= 0, offset <= bytes.byteCount - set.byteCount else { return nil }
    var offset = offset
    func take(_ count: Int) -> Int {
      defer { offset += count }
      return offset
    }
    if set.contains(.reliableDatagram) { endToEndContext = bytes.uint24(at: take(4)) }
    if set.contains(.datagram) {
      let start = take(8)
      queueKey = bytes.uint32(at: start)
      sourceQueuePair = bytes.uint24(at: start + 4)
    }
    if set.contains(.extendedReliable) { sharedReceiveQueue = bytes.uint24(at: take(4)) }
    if set.contains(.remoteAccess) {
      let start = take(16)
      virtualAddress = bytes.uint64(at: start)
      remoteKey = bytes.uint32(at: start + 8)
      remoteByteCount = bytes.uint32(at: start + 12)
    }
    if set.contains(.atomic) {
      let start = take(28)
      virtualAddress = bytes.uint64(at: start)
      remoteKey = bytes.uint32(at: start + 8)
      swapOrAdd = bytes.uint64(at: start + 12)
      compare = bytes.uint64(at: start + 20)
    }
    if set.contains(.acknowledge) {
      let start = take(4)
      syndrome = bytes.uint8(at: start)
      messageSequence = bytes.uint24(at: start)
    }
    if set.contains(.atomicAcknowledge) { originalValue = bytes.uint64(at: take(8)) }
    if set.contains(.immediate) { immediate = bytes.uint32(at: take(4)) }
    if set.contains(.invalidate) { remoteKey = bytes.uint32(at: take(4)) }
  }

  func append(_ set: ExtensionSet, to bytes: inout [UInt8]) {
    if set.contains(.reliableDatagram) { bytes.append(bigEndian: endToEndContext & 0xFF_FFFF) }
    if set.contains(.datagram) {
      bytes.append(bigEndian: queueKey)
      bytes.append(bigEndian: sourceQueuePair & 0xFF_FFFF)
    }
    if set.contains(.extendedReliable) { bytes.append(bigEndian: sharedReceiveQueue & 0xFF_FFFF) }
    if set.contains(.remoteAccess) {
      bytes.append(bigEndian: virtualAddress)
      bytes.append(bigEndian: remoteKey)
      bytes.append(bigEndian: remoteByteCount)
    }
    if set.contains(.atomic) {
      bytes.append(bigEndian: virtualAddress)
      bytes.append(bigEndian: remoteKey)
      bytes.append(bigEndian: swapOrAdd)
      bytes.append(bigEndian: compare)
    }
    if set.contains(.acknowledge) {
      bytes.append(bigEndian: UInt32(syndrome) << 24 | messageSequence & 0xFF_FFFF)
    }
    if set.contains(.atomicAcknowledge) { bytes.append(bigEndian: originalValue) }
    if set.contains(.immediate) { bytes.append(bigEndian: immediate) }
    if set.contains(.invalidate) { bytes.append(bigEndian: remoteKey) }
  }
}
