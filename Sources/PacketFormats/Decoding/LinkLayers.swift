/// Which layer an EtherType announces.
@inline(__always)
func layer(ofEtherType type: UInt16) -> Step {
  switch type {
  case 0x0800: .layer(.ipv4)
  case 0x86DD: .layer(.ipv6)
  case 0x8915: .layer(.globalRoute)
  default: .skip(.notIP)
  }
}

/// Ethernet with any VLAN tags (802.1Q, 802.1ad and the older 0x9100).
func decodeEthernet(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(14, at: cursor) { return .skip(shortfall) }
  var type = bytes.uint16(at: cursor.offset + 12)
  cursor.offset += 14
  while type == 0x8100 || type == 0x88A8 || type == 0x9100 {
    if let shortfall = bytes.shortfall(4, at: cursor) { return .skip(shortfall) }
    type = bytes.uint16(at: cursor.offset + 2)
    cursor.offset += 4
  }
  return layer(ofEtherType: type)
}

/// BSD loopback: an address family whose numbers differ between systems, in either byte order.
func decodeLoopback(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(4, at: cursor) { return .skip(shortfall) }
  let family = bytes.uint32(at: cursor.offset)
  cursor.offset += 4
  switch family <= 0xFF ? family : family.byteSwapped {
  case 2: return .layer(.ipv4)
  case 10, 24, 28, 30: return .layer(.ipv6)
  default: return .skip(.notIP)
  }
}

/// Linux "any" device: 16 bytes, protocol last.
func decodeCooked(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(16, at: cursor) { return .skip(shortfall) }
  let type = bytes.uint16(at: cursor.offset + 14)
  cursor.offset += 16
  return afterCooked(type, bytes, &cursor)
}

/// Linux "any" device, second version: 20 bytes, protocol first.
func decodeCooked2(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(20, at: cursor) { return .skip(shortfall) }
  let type = bytes.uint16(at: cursor.offset)
  cursor.offset += 20
  return afterCooked(type, bytes, &cursor)
}

/// A cooked header may be followed by the VLAN tags of the original frame.
private func afterCooked(_ type: UInt16, _ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  var type = type
  while type == 0x8100 || type == 0x88A8 || type == 0x9100 {
    if let shortfall = bytes.shortfall(4, at: cursor) { return .skip(shortfall) }
    type = bytes.uint16(at: cursor.offset + 2)
    cursor.offset += 4
  }
  return layer(ofEtherType: type)
}

/// Endace ERF: 16 bytes, extension headers of 8 while their top bit is set, then by record type.
func decodeERF(_ bytes: RawSpan, _ cursor: inout LayerCursor) -> Step {
  if let shortfall = bytes.shortfall(16, at: cursor) { return .skip(shortfall) }
  let type = bytes.uint8(at: cursor.offset + 8)
  let wireByteCount = Int(bytes.uint16(at: cursor.offset + 14))
  cursor.offset += 16
  var hasExtension = type & 0x80 != 0
  while hasExtension {
    if let shortfall = bytes.shortfall(8, at: cursor) { return .skip(shortfall) }
    hasExtension = bytes.uint8(at: cursor.offset) & 0x80 != 0
    cursor.offset += 8
  }
  switch type & 0x7F {
  case 2, 11, 16, 20:
    // Ethernet records have two bytes of alignment before the frame.
    if let shortfall = bytes.shortfall(2, at: cursor) { return .skip(shortfall) }
    cursor.offset += 2
    cursor.end = cursor.offset + wireByteCount
    return .layer(.ethernet)
  case 21:
    cursor.end = cursor.offset + wireByteCount
    return .layer(.localRoute)
  case 22:
    cursor.end = cursor.offset + wireByteCount
    return .layer(.ipv4)
  case 23:
    cursor.end = cursor.offset + wireByteCount
    return .layer(.ipv6)
  case 25: return .skip(.withoutTransport)
  default: return .skip(.unsupportedLinkType)
  }
}
