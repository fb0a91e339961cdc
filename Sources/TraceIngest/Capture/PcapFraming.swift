internal import PacketFormats

/// The classic pcap file: a 24-byte header, then records of 16 bytes and a packet.
struct PcapFraming {
  static let headerByteCount = 24
  static let recordHeaderByteCount = 16

  var order: ByteOrder
  var isNanosecond: Bool
  var snapLength: Int
  var linkTypeNumber: UInt32

  /// Nil when the bytes do not begin like a pcap file.
  init?(_ bytes: RawSpan) {
    guard bytes.byteCount >= Self.headerByteCount else { return nil }
    switch bytes.uint32(at: 0) {
    case 0xA1B2_C3D4: (order, isNanosecond) = (.big, false)
    case 0xA1B2_3C4D: (order, isNanosecond) = (.big, true)
    case 0xD4C3_B2A1: (order, isNanosecond) = (.little, false)
    case 0x4D3C_B2A1: (order, isNanosecond) = (.little, true)
    default: return nil
    }
    snapLength = Int(order.uint32(bytes, at: 16))
    // The upper half may say how long the frame check sequence is.
    linkTypeNumber = order.uint32(bytes, at: 20) & 0xFFFF
  }

  /// Reads the record at `offset`.
  ///
  /// A packet longer than the file's own snap length is accepted:
  /// real writers exceed it.
  @inline(__always)
  func next(_ bytes: RawSpan, at offset: Int) -> FramingStep {
    let header = Self.recordHeaderByteCount
    guard offset <= bytes.byteCount - header else { return .needsMore(byteCount: header) }
    let captured = Int(order.uint32(bytes, at: offset + 8))
    guard captured <= CaptureLimits.maximumPacketByteCount else { return .damaged(.packetLength) }
    guard offset <= bytes.byteCount - header - captured else {
      return .needsMore(byteCount: header + captured)
    }
    let wire = Int(order.uint32(bytes, at: offset + 12))
    guard wire <= CaptureLimits.maximumWireByteCount else {
      return .malformed(.impossibleLength, recordByteCount: header + captured)
    }
    let packet = CapturedPacket(
      time: time(bytes, at: offset), offset: offset + header, capturedByteCount: captured,
      wireByteCount: max(captured, wire), interface: 0)
    return .packet(packet, recordByteCount: header + captured)
  }

  @inline(__always)
  private func time(_ bytes: RawSpan, at offset: Int) -> Int64 {
    let fraction = Int64(order.uint32(bytes, at: offset + 4))
    return Int64(order.uint32(bytes, at: offset)) * 1_000_000_000
      + (isNanosecond ? fraction : fraction * 1_000)
  }

  /// The next place at or after `start` where two records in a row look right, or nil.
  ///
  /// A damaged record is passed over like this. The times of both must lie within a day of
  /// `time`, that of the last good packet.
  func resynchronised(_ bytes: RawSpan, from start: Int, near time: Int64?) -> Int? {
    var offset = start
    while offset <= bytes.byteCount - Self.recordHeaderByteCount {
      if let length = plausibleRecord(bytes, at: offset, near: time) {
        let following = offset + length
        if following == bytes.byteCount
          || plausibleRecord(bytes, at: following, near: time) != nil
        {
          return offset
        }
      }
      offset += 1
    }
    return nil
  }

  private func plausibleRecord(_ bytes: RawSpan, at offset: Int, near time: Int64?) -> Int? {
    guard offset <= bytes.byteCount - Self.recordHeaderByteCount else { return nil }
    let fraction = order.uint32(bytes, at: offset + 4)
    let captured = Int(order.uint32(bytes, at: offset + 8))
    let wire = Int(order.uint32(bytes, at: offset + 12))
    guard fraction < (isNanosecond ? 1_000_000_000 : 1_000_000), captured > 0, captured <= wire,
      wire <= CaptureLimits.maximumPacketByteCount,
      captured <= max(snapLength, 64) || snapLength == 0
    else { return nil }
    if let time, abs(self.time(bytes, at: offset) - time) > 86_400_000_000_000 { return nil }
    return Self.recordHeaderByteCount + captured
  }
}
