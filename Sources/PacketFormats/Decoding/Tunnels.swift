/// VXLAN (RFC 7348): 8 bytes, then an Ethernet frame.
func decodeVXLAN(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(8, at: cursor) { return .skip(shortfall) }
  guard bytes.uint8(at: cursor.offset) & 0x08 != 0 else { return .skip(.unsupportedTunnel) }
  packet.virtualNetwork = bytes.uint32(at: cursor.offset + 4) >> 8
  cursor.offset += 8
  return .layer(.ethernet)
}

/// Geneve (RFC 8926): 8 bytes and options, then by EtherType.
func decodeGeneve(
  _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  if let shortfall = bytes.shortfall(8, at: cursor) { return .skip(shortfall) }
  let first = bytes.uint8(at: cursor.offset)
  guard first >> 6 == 0 else { return .skip(.unsupportedTunnel) }
  let type = bytes.uint16(at: cursor.offset + 2)
  packet.virtualNetwork = bytes.uint32(at: cursor.offset + 4) >> 8
  cursor.offset += 8 + Int(first & 0x3F) * 4
  return tunnelled(type)
}

/// GRE (RFC 2784, 2890) and the three ERSPAN types that mirror ports put in it.
func decodeGRE(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(4, at: cursor) { return .skip(shortfall) }
  let flags = bytes.uint16(at: cursor.offset)
  let type = bytes.uint16(at: cursor.offset + 2)
  guard flags & 7 == 0 else { return .skip(.unsupportedTunnel) }
  let hasSequence = flags & 0x1000 != 0
  cursor.offset += 4
  if flags & 0xC000 != 0 { cursor.offset += 4 }
  if flags & 0x2000 != 0 { cursor.offset += 4 }
  if hasSequence { cursor.offset += 4 }
  switch type {
  case 0x88BE where hasSequence: return decodeERSPAN2(bytes, &cursor)
  // Type I has no header of its own, and no sequence number to tell it from type II.
  case 0x88BE: return .layer(.ethernet)
  case 0x22EB: return decodeERSPAN3(bytes, &cursor)
  default: return tunnelled(type)
  }
}

private func decodeERSPAN2(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(8, at: cursor) { return .skip(shortfall) }
  cursor.offset += 8
  return .layer(.ethernet)
}

/// ERSPAN III: 12 bytes, 8 more when the last bit says so; frame type 0 is Ethernet, 2 is IP.
private func decodeERSPAN3(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(12, at: cursor) { return .skip(shortfall) }
  let last = bytes.uint16(at: cursor.offset + 10)
  cursor.offset += last & 1 != 0 ? 20 : 12
  switch last >> 10 & 0x1F {
  case 0: return .layer(.ethernet)
  case 2: return .layer(.anyIP)
  default: return .skip(.unsupportedTunnel)
  }
}

private func tunnelled(_ type: UInt16) -> Step {
  switch type {
  case 0x6558: .layer(.ethernet)
  case 0x0800: .layer(.ipv4)
  case 0x86DD: .layer(.ipv6)
  default: .skip(.unsupportedTunnel)
  }
}
