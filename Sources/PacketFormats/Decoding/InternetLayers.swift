/// The layer that an IP protocol number announces.
@inline(__always)
private func layer(ofProtocol number: UInt8) -> Step {
  switch number {
  case 17: .layer(.udp)
  case 6: .layer(.tcp)
  case 47: .layer(.gre)
  case 4: .layer(.ipv4)
  case 41: .layer(.ipv6)
  default: .skip(.otherIPProtocol)
  }
}

/// IPv4 or IPv6, by the version in the first byte.
func decodeAnyIP(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(1, at: cursor) { return .skip(shortfall) }
  switch bytes.uint8(at: cursor.offset) >> 4 {
  case 4: return .layer(.ipv4)
  case 6: return .layer(.ipv6)
  default: return .skip(.impossibleIPHeader)
  }
}

func decodeIPv4(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(20, at: cursor) { return .skip(shortfall) }
  let start = cursor.offset
  let first = bytes.uint8(at: start)
  let headerByteCount = Int(first & 0xF) * 4
  let totalByteCount = Int(bytes.uint16(at: start + 2))
  guard first >> 4 == 4, headerByteCount >= 20,
    totalByteCount == 0 || totalByteCount >= headerByteCount
  else { return .skip(.impossibleIPHeader) }
  // Zero means that the sender's NIC was to cut a larger packet: the wire length is what there is.
  if totalByteCount != 0 { cursor.end = start + totalByteCount }
  let fragment = bytes.uint16(at: start + 6)
  if fragment & 0x1FFF != 0 { return .skip(.laterFragment) }
  cursor.internetEnd = totalByteCount != 0 && fragment & 0x2000 == 0 ? cursor.end : nil
  packet.networkOffset = start
  packet.trafficClass = bytes.uint8(at: start + 1)
  packet.source = NetworkAddress(ipv4: bytes.uint32(at: start + 12))
  packet.destination = NetworkAddress(ipv4: bytes.uint32(at: start + 16))
  cursor.offset = start + headerByteCount
  return layer(ofProtocol: bytes.uint8(at: start + 9))
}

func decodeIPv6(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(40, at: cursor) { return .skip(shortfall) }
  let start = cursor.offset
  guard bytes.uint8(at: start) >> 4 == 6 else { return .skip(.impossibleIPHeader) }
  let payloadByteCount = Int(bytes.uint16(at: start + 4))
  if payloadByteCount != 0 { cursor.end = start + 40 + payloadByteCount }
  cursor.internetEnd = payloadByteCount != 0 ? cursor.end : nil
  packet.networkOffset = start
  packet.trafficClass = UInt8(truncatingIfNeeded: bytes.uint16(at: start) >> 4)
  packet.source = NetworkAddress(
    high: bytes.uint64(at: start + 8), low: bytes.uint64(at: start + 16))
  packet.destination = NetworkAddress(
    high: bytes.uint64(at: start + 24), low: bytes.uint64(at: start + 32))
  cursor.offset = start + 40
  return skipExtensionHeaders(bytes, &cursor, next: bytes.uint8(at: start + 6))
}

/// Walks IPv6 extension headers to the transport header.
private func skipExtensionHeaders(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, next: UInt8
) -> Step {
  var next = next
  for _ in 0..<8 {
    switch next {
    case 0, 43, 60, 135, 44, 51:
      if let shortfall = bytes.shortfall(8, at: cursor) { return .skip(shortfall) }
      let size = Int(bytes.uint8(at: cursor.offset + 1))
      if next == 44 {
        let fragment = bytes.uint16(at: cursor.offset + 2)
        if fragment & 0xFFF8 != 0 { return .skip(.laterFragment) }
        if fragment & 1 != 0 { cursor.internetEnd = nil }
      }
      let byteCount = next == 44 ? 8 : next == 51 ? (size + 2) * 4 : (size + 1) * 8
      next = bytes.uint8(at: cursor.offset)
      cursor.offset += byteCount
    default: return layer(ofProtocol: next)
    }
  }
  return .skip(.tooManyLayers)
}

/// UDP: RDMA and tunnels are told by the destination port only; NICs choose source ports freely.
func decodeUDP(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  let start = cursor.offset
  if let shortfall = bytes.shortfall(8, at: cursor) {
    let isRDMA =
      shortfall == .cutByCapture && start + 4 <= bytes.byteCount
      && bytes.uint16(at: start + 2) == 4791
    return .skip(isRDMA ? .rdmaCutByCapture : shortfall)
  }
  let destinationPort = bytes.uint16(at: start + 2)
  cursor.offset = start + 8
  switch destinationPort {
  case 4791:
    let byteCount = Int(bytes.uint16(at: start + 4))
    guard byteCount >= 8, start + byteCount <= cursor.internetEnd ?? .max else {
      return .skip(.impossibleLength)
    }
    packet.sourcePort = bytes.uint16(at: start)
    packet.destinationPort = destinationPort
    packet.carrier = .roceV2
    cursor.end = start + byteCount
    return .layer(.baseTransport)
  case 4789: return decodeVXLAN(bytes, &cursor, &packet)
  case 6081: return decodeGeneve(bytes, &cursor, &packet)
  default: return .skip(.otherUDP)
  }
}

func decodeTCP(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(14, at: cursor) { return .skip(shortfall) }
  let start = cursor.offset
  let headerByteCount = Int(bytes.uint8(at: start + 12) >> 4) * 4
  let payloadByteCount = cursor.end - start - headerByteCount
  guard headerByteCount >= 20, payloadByteCount >= 0 else { return .skip(.impossibleLength) }
  packet.carrier = .tcp
  packet.transportOffset = start
  packet.sourcePort = bytes.uint16(at: start)
  packet.destinationPort = bytes.uint16(at: start + 2)
  packet.tcpSequence = bytes.uint32(at: start + 4)
  packet.tcpFlags = bytes.uint8(at: start + 13)
  packet.payloadByteCount = payloadByteCount
  return .complete
}
