/// True for Ethernet, IPv4 without options or fragments and UDP to port 4791, whole down to the base transport
/// header: what nearly every packet of a RoCEv2 cluster is.
///
/// Everything else, and everything odd, is left to the layers one by one.
@inline(__always)
func isPlainRoCE(_ bytes: RawSpan) -> Bool {
  guard bytes.byteCount >= 42 + BaseTransportHeader.byteCount else { return false }
  return bytes.uint16(at: 12) == 0x0800 && bytes.uint8(at: 14) == 0x45
    && bytes.uint8(at: 23) == 17 && bytes.uint16(at: 36) == 4791
    && bytes.uint16(at: 20) & 0x3FFF == 0 && bytes.uint16(at: 38) >= 8
    && Int(bytes.uint16(at: 16)) >= 20 + Int(bytes.uint16(at: 38))
}

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
