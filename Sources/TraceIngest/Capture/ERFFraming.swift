internal import PacketFormats

/// An Endace ERF file: records that begin with a 16-byte header, and nothing before them.
///
/// The header stays with the packet, as in pcap files of link type ERF.
struct ERFFraming {
  static let headerByteCount = 16

  /// Nil when the first record is not one: there is no magic number, so the name must say ".erf".
  init?(_ bytes: RawSpan, fileName: String) {
    guard Self.isNamedERF(fileName), bytes.byteCount >= Self.headerByteCount,
      (1...27).contains(bytes.uint8(at: 8) & 0x7F),
      Int(bytes.uint16(at: 10)) >= Self.headerByteCount
    else { return nil }
  }

  /// True for "x.erf", and for "x.erf.zst": the bytes are those inside.
  private static func isNamedERF(_ fileName: String) -> Bool {
    let packed = [".zst", ".zstd", ".gz", ".gzip"].first { fileName.hasSuffix($0) } ?? ""
    return fileName.dropLast(packed.count).hasSuffix(".erf")
  }

  func next(_ bytes: RawSpan, at offset: Int) -> FramingStep {
    let header = Self.headerByteCount
    guard offset <= bytes.byteCount - header else { return .needsMore(byteCount: header) }
    let byteCount = Int(bytes.uint16(at: offset + 10))
    guard byteCount >= header else { return .damaged(.recordLength) }
    guard offset <= bytes.byteCount - byteCount else { return .needsMore(byteCount: byteCount) }
    // Seconds in the upper half, a binary fraction in the lower, little endian.
    let ticks = bytes.uint64(at: offset).byteSwapped
    let fraction = (ticks & 0xFFFF_FFFF) * 1_000_000_000 >> 32
    let packet = CapturedPacket(
      time: Int64(truncatingIfNeeded: (ticks >> 32) * 1_000_000_000 + fraction), offset: offset,
      capturedByteCount: byteCount,
      wireByteCount: max(byteCount, header + Int(bytes.uint16(at: offset + 14))), interface: 0)
    return .packet(packet, recordByteCount: byteCount)
  }
}
