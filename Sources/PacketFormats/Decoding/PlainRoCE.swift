/// True for Ethernet, IPv4 without options or fragments and UDP to port 4791, whole down to the base
/// transport header: what nearly every packet of a RoCEv2 cluster is.
///
/// Everything else, and everything odd, is left to the layers one by one.
@inlinable
@inline(__always)
package func isPlainRoCE(_ bytes: RawSpan) -> Bool {
  guard bytes.byteCount >= PlainRoCEHeaders.byteCount else { return false }
  // Each field on its own: compared with a constant in place, none has to be put in order first.
  guard bytes.uint16(at: 12) == 0x0800, bytes.uint8(at: 14) == 0x45,
    bytes.uint16(at: 20) & 0x3FFF == 0, bytes.uint8(at: 23) == 17, bytes.uint16(at: 36) == 4791
  else { return false }
  let udpByteCount = bytes.uint16(at: 38)
  return udpByteCount >= 8 && Int(bytes.uint16(at: 16)) >= 20 + Int(udpByteCount)
}

/// The RDMA headers of a packet for which `isPlainRoCE` holds, hardly looked into.
@usableFromInline
package struct PlainRoCEHeaders {
  /// Ethernet, IPv4, UDP and the base transport header.
  @inlinable package static var byteCount: Int { 54 }

  /// IPv4 source and destination.
  @usableFromInline package let addresses: UInt64
  @usableFromInline package let destinationQueuePair: UInt32
  @usableFromInline package let sequence: UInt32
  @usableFromInline package let opcode: UInt8
  /// Bytes of extension headers and payload on the wire; below 0 when lengths contradict each other.
  @usableFromInline package let restByteCount: Int

  /// Nil for a transport header of an unknown version.
  @inlinable
  @inline(__always)
  package init?(_ packet: RawSpan) {
    let base = packet.uint64(at: 42)
    guard base >> 48 & 0xF == 0 else { return nil }
    addresses = packet.uint64(at: 26)
    opcode = UInt8(truncatingIfNeeded: base >> 56)
    destinationQueuePair = UInt32(truncatingIfNeeded: base) & 0xFF_FFFF
    sequence = packet.uint24(at: 50)
    // UDP's length counts its own 8 bytes, the 12 of the base header, the pad and a checksum of 4.
    restByteCount = Int(packet.uint16(at: 38)) - 24 - Int(truncatingIfNeeded: base >> 52 & 3)
  }
}

/// The largest path MTU of InfiniBand and RoCE.
@inlinable package var maximumRDMAPayloadByteCount: Int { 4_096 }

/// What Ethernet, IPv4 and UDP say of a packet for which `isPlainRoCE` holds, then its transport.
@inline(__always)
func decodePlainRoCE(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  packet.carrier = .roceV2
  packet.virtualNetwork = nil
  packet.networkOffset = 14
  packet.trafficClass = bytes.uint8(at: 15)
  packet.source = NetworkAddress(ipv4: bytes.uint32(at: 26))
  packet.destination = NetworkAddress(ipv4: bytes.uint32(at: 30))
  packet.sourcePort = bytes.uint16(at: 34)
  packet.destinationPort = 4791
  cursor.offset = 42
  cursor.end = 34 + Int(bytes.uint16(at: 38))
  return decodeBaseTransport(bytes, &cursor, &packet)
}
