/// Local route header: 8 bytes that begin every packet on an InfiniBand link.
func decodeLocalRoute(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(8, at: cursor) { return .skip(shortfall) }
  let start = cursor.offset
  // In four-byte words, from this header up to and with the invariant CRC.
  let wordCount = Int(bytes.uint16(at: start + 4) & 0x7FF)
  cursor.offset = start + 8
  cursor.end = start + wordCount * 4
  packet.carrier = .infiniBand
  packet.networkOffset = start
  packet.trafficClass = 0
  packet.sourcePort = 0
  packet.destinationPort = 0
  packet.destination = NetworkAddress(lid: bytes.uint16(at: start + 2))
  packet.source = NetworkAddress(lid: bytes.uint16(at: start + 6))
  switch bytes.uint8(at: start + 1) & 3 {
  case 2: return .layer(.baseTransport)
  case 3: return decodeRouteHeader(bytes, &cursor, &packet)
  default: return .skip(.withoutTransport)
  }
}

/// RoCEv1: a global route header directly after the EtherType.
func decodeGlobalRoute(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  packet.carrier = .roceV1
  packet.sourcePort = 0
  packet.destinationPort = 0
  return decodeRouteHeader(bytes, &cursor, &packet)
}

/// Global route header: laid out like IPv6, next header 0x1B.
private func decodeRouteHeader(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(40, at: cursor) { return .skip(shortfall) }
  let start = cursor.offset
  guard bytes.uint8(at: start) >> 4 == 6 else { return .skip(.impossibleIPHeader) }
  guard bytes.uint8(at: start + 6) == 0x1B else { return .skip(.withoutTransport) }
  cursor.offset = start + 40
  cursor.end = start + 40 + Int(bytes.uint16(at: start + 4))
  packet.networkOffset = start
  packet.trafficClass = UInt8(truncatingIfNeeded: bytes.uint16(at: start) >> 4)
  packet.source = NetworkAddress(
    high: bytes.uint64(at: start + 8), low: bytes.uint64(at: start + 16))
  packet.destination = NetworkAddress(
    high: bytes.uint64(at: start + 24), low: bytes.uint64(at: start + 32))
  return .layer(.baseTransport)
}

/// Bytes of the invariant CRC that ends every RDMA packet.
let invariantCRCByteCount = 4

/// Base transport header, and of the extension headers what the assembly of messages needs.
func decodeBaseTransport(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(BaseTransportHeader.byteCount, at: cursor) {
    return .skip(shortfall)
  }
  let base = BaseTransportHeader(bytes, at: cursor.offset)
  guard base.version == 0 else { return .skip(.unknownTransportVersion) }
  let facts = OpcodeFacts.of(base.opcode)
  guard facts.operation != .undefined, let service = base.opcode.service else {
    return .skip(.undefinedOperation)
  }
  packet.base = base
  packet.operation = facts.operation
  packet.service = service
  packet.place = facts.place
  packet.transportOffset = cursor.offset
  let start = cursor.offset + BaseTransportHeader.byteCount
  let extensionByteCount = Int(facts.extensionByteCount)
  packet.extensionByteCount = extensionByteCount
  let payloadByteCount =
    cursor.end - start - extensionByteCount - Int(base.padCount) - invariantCRCByteCount
  guard payloadByteCount >= 0, payloadByteCount <= maximumRDMAPayloadByteCount else {
    return .skip(.impossibleLength)
  }
  // The body of a congestion notification is reserved bytes.
  packet.payloadByteCount = facts.operation == .congestionNotification ? 0 : payloadByteCount
  packet.remoteByteCount = nil
  packet.syndrome = nil
  if service == .unreliableDatagram {
    // The second word, after the queue key.
    packet.sourceQueuePair =
      start + 8 <= bytes.byteCount ? bytes.uint32(at: start + 4) & 0xFF_FFFF : 0
  }
  let found = start + Int(facts.precedingByteCount)
  if facts.hasRemoteAccess, found + 16 <= bytes.byteCount {
    packet.remoteByteCount = bytes.uint32(at: found + 12)
  }
  if facts.hasAcknowledge, found < bytes.byteCount {
    packet.syndrome = bytes.uint8(at: found)
  }
  return .complete
}
