/// The resolution of the time stamps in a pcap file.
public enum PcapResolution: Sendable, Hashable {
  case microseconds
  case nanoseconds

  var magic: UInt32 { self == .microseconds ? 0xA1B2_C3D4 : 0xA1B2_3C4D }
  var nanosecondsPerUnit: UInt64 { self == .microseconds ? 1_000 : 1 }
}

/// Appends the 24 bytes that begin a pcap file, little endian.
public func appendPcapHeader(
  linkType: LinkType = .ethernet, resolution: PcapResolution = .nanoseconds,
  snapLength: UInt32 = 262_144, to bytes: inout [UInt8]
) {
  bytes.append(littleEndian: resolution.magic)
  bytes.append(littleEndian: 2 as UInt16)
  bytes.append(littleEndian: 4 as UInt16)
  bytes.append(littleEndian: 0 as UInt64)
  bytes.append(littleEndian: snapLength)
  bytes.append(littleEndian: linkType.rawValue)
}

/// Appends one packet with its 16-byte record header.
///
/// - Parameters:
///   - packet: the captured bytes, possibly fewer than `wireByteCount`.
///   - nanoseconds: since 1970; cut to microseconds when the file's resolution is that.
///   - wireByteCount: the packet's length on the wire; nil when it was captured whole.
public func appendPcapRecord(
  _ packet: some Collection<UInt8>, nanoseconds: Int64,
  resolution: PcapResolution = .nanoseconds, wireByteCount: Int? = nil, to bytes: inout [UInt8]
) {
  let time = UInt64(clamping: nanoseconds)
  bytes.append(littleEndian: UInt32(truncatingIfNeeded: time / 1_000_000_000))
  bytes.append(
    littleEndian: UInt32(
      truncatingIfNeeded: time % 1_000_000_000 / resolution.nanosecondsPerUnit))
  bytes.append(littleEndian: UInt32(truncatingIfNeeded: packet.count))
  bytes.append(littleEndian: UInt32(truncatingIfNeeded: wireByteCount ?? packet.count))
  bytes.append(contentsOf: packet)
}
