/// The invariant CRC of an RDMA packet: over everything that no router changes.
///
/// Fields that change on the way count as ones: in IP and GRH the traffic class, flow label, hop
/// limit and header checksum, in UDP the checksum, in the base transport header the byte with the
/// congestion bits, in the local route header the virtual lane. With a global route header, or IP
/// in its place, eight bytes of ones stand for the local one (InfiniBand Architecture
/// Specification volume 1, section 7.8.1, and annex A17).
public struct InvariantCRC: Sendable, Hashable {
  /// What the packet carries.
  public var stored: UInt32
  /// What its bytes give.
  public var computed: UInt32

  public var isValid: Bool { stored == computed }

  /// Checks a packet that was decoded from `bytes`; nil when it was cut, or is not RDMA.
  ///
  /// O(bytes of the packet).
  public init?(_ bytes: RawSpan, of packet: PacketSummary) {
    guard packet.carrier != .tcp else { return nil }
    let end = packet.payloadOffset + packet.payloadByteCount + Int(packet.base.padCount)
    guard packet.networkOffset >= 0, packet.networkOffset < packet.transportOffset,
      packet.transportOffset + BaseTransportHeader.byteCount <= end,
      end + invariantCRCByteCount <= bytes.byteCount
    else { return nil }
    stored = bytes.uint32(at: end).byteSwapped
    computed = Self.compute(
      bytes, carrier: packet.carrier, network: packet.networkOffset,
      transport: packet.transportOffset, end: end)
  }

  /// The CRC of the packet whose network header, base transport header and CRC begin at the given
  /// offsets.
  static func compute(
    _ bytes: RawSpan, carrier: PacketSummary.Carrier, network: Int, transport: Int, end: Int
  ) -> UInt32 {
    var crc = CRC32()
    var header = network
    // Without a global route header `network` is the local one, which routers then leave alone.
    if carrier == .infiniBand, transport - network == 8 {
      crc.add(bytes.uint8(at: network) | 0xF0)
      crc.add(bytes, from: network + 1, to: network + 8)
      header = network + 8
    } else {
      for _ in 0..<8 { crc.add(0xFF) }
    }
    if header < transport {
      let isIPv4 = bytes.uint8(at: header) >> 4 == 4
      for offset in header..<transport {
        let mask = isIPv4 ? maskOfIPv4(offset - header) : maskOfIPv6(offset - header)
        crc.add(bytes.uint8(at: offset) | mask | maskOfUDP(transport - offset, carrier))
      }
    }
    for offset in transport..<transport + BaseTransportHeader.byteCount {
      crc.add(bytes.uint8(at: offset) | (offset == transport + 4 ? 0xFF : 0))
    }
    crc.add(bytes, from: transport + BaseTransportHeader.byteCount, to: end)
    return crc.value
  }

  private static func maskOfIPv4(_ position: Int) -> UInt8 {
    switch position {
    case 1, 8, 10, 11: 0xFF
    default: 0
    }
  }

  private static func maskOfIPv6(_ position: Int) -> UInt8 {
    switch position {
    case 0: 0x0F
    case 1, 2, 3, 7: 0xFF
    default: 0
    }
  }

  /// The UDP checksum is the last two bytes before the base transport header.
  private static func maskOfUDP(_ bytesBefore: Int, _ carrier: PacketSummary.Carrier) -> UInt8 {
    carrier == .roceV2 && bytesBefore <= 2 ? 0xFF : 0
  }
}
