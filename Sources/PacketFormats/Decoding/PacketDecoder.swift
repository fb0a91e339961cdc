/// The next header to decode, and how far the packet reaches.
struct LayerCursor {
  /// Where the next header begins.
  var offset: Int
  /// Where the packet ends on the wire as far as the headers so far say; may lie beyond what was
  /// captured.
  var end: Int
  /// Where the innermost IP packet ends; nil without a length, or when the packet is a fragment of
  /// one that reaches further.
  var internetEnd: Int?
}

/// What a header leads to.
enum Step {
  case layer(Layer)
  /// The transport header was read: the summary is complete.
  case complete
  case skip(SkipReason)
}

/// The headers between the start of a packet and its transport header.
enum Layer: UInt8 {
  case loopback, ethernet, cooked, cooked2, erf
  case anyIP, ipv4, ipv6, gre, udp, tcp
  case localRoute, globalRoute, baseTransport

  /// Bytes from the start of this header to the end of the RDMA headers that are used, when nothing
  /// unusual stands between.
  var byteCountToTransport: Int {
    let base = BaseTransportHeader.byteCount + 16
    return switch self {
    case .baseTransport: base
    case .udp: 8 + base
    case .tcp: 14
    case .ipv4: 28 + base
    case .ipv6, .anyIP, .globalRoute, .localRoute: 48 + base
    case .ethernet, .cooked, .cooked2, .erf, .gre, .loopback: 68 + base
    }
  }
}

/// Headers that a packet may nest; the deepest real stack (tagged Ethernet in a tunnel in a mirror)
/// has about twelve.
private let maximumLayers = 24

/// Reads the headers of one packet down to RDMA or TCP.
///
/// `bytes` is what was captured; it may be any prefix of a packet of `wireByteCount` bytes. Sizes
/// come from length fields, so a packet cut by the capture still has its exact payload size. Never
/// traps, whatever the bytes. O(number of headers), no allocation.
///
/// - Returns: nil when `packet` describes RDMA or TCP, otherwise why it does not.
public func decodePacket(
  _ bytes: RawSpan, wireByteCount: Int, linkType: LinkType, into packet: inout PacketSummary
) -> SkipReason? {
  guard bytes.byteCount > 0 else { return .empty }
  var cursor = LayerCursor(offset: 0, end: max(wireByteCount, bytes.byteCount))
  if linkType == .ethernet, isPlainRoCE(bytes) {
    switch decodePlainRoCE(bytes, &cursor, &packet) {
    case .skip(let reason): return reason
    case .complete, .layer: return nil
    }
  }
  var layer = firstLayer(of: linkType)
  packet.virtualNetwork = nil
  for _ in 0..<maximumLayers {
    switch decode(layer, bytes, &cursor, &packet) {
    case .layer(let next): layer = next
    case .complete: return nil
    case .skip(let reason):
      guard reason == .cutByCapture || reason == .rdmaCutByCapture else { return reason }
      packet.neededByteCount = cursor.offset + layer.byteCountToTransport
      return layer == .baseTransport ? .rdmaCutByCapture : reason
    }
  }
  return .tooManyLayers
}

private func firstLayer(of linkType: LinkType) -> Layer {
  switch linkType {
  case .loopback: .loopback
  case .ethernet: .ethernet
  case .rawIP: .anyIP
  case .rawIPv4: .ipv4
  case .rawIPv6: .ipv6
  case .linuxCooked: .cooked
  case .linuxCooked2: .cooked2
  case .erf: .erf
  case .infiniBand: .localRoute
  }
}

@inline(__always)
private func decode(
  _ layer: Layer, _ bytes: RawSpan, _ cursor: inout LayerCursor, _ packet: inout PacketSummary
) -> Step {
  switch layer {
  case .loopback: decodeLoopback(bytes, &cursor)
  case .ethernet: decodeEthernet(bytes, &cursor)
  case .cooked: decodeCooked(bytes, &cursor)
  case .cooked2: decodeCooked2(bytes, &cursor)
  case .erf: decodeERF(bytes, &cursor)
  case .anyIP: decodeAnyIP(bytes, &cursor)
  case .ipv4: decodeIPv4(bytes, &cursor, &packet)
  case .ipv6: decodeIPv6(bytes, &cursor, &packet)
  case .gre: decodeGRE(bytes, &cursor)
  case .udp: decodeUDP(bytes, &cursor, &packet)
  case .tcp: decodeTCP(bytes, &cursor, &packet)
  case .localRoute: decodeLocalRoute(bytes, &cursor, &packet)
  case .globalRoute: decodeGlobalRoute(bytes, &cursor, &packet)
  case .baseTransport: decodeBaseTransport(bytes, &cursor, &packet)
  }
}

extension RawSpan {
  /// Nil when `count` bytes at the cursor were captured, otherwise why they are not there.
  @inline(__always)
  func shortfall(_ count: Int, at cursor: LayerCursor) -> SkipReason? {
    if cursor.offset <= byteCount - count { return nil }
    return cursor.offset <= cursor.end - count ? .cutByCapture : .headerIncomplete
  }
}
