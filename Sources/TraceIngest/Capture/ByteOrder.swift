internal import PacketFormats

/// The byte order of the machine that wrote a file or a section of it.
enum ByteOrder: UInt8 {
  case little, big

  @inline(__always)
  func uint16(_ bytes: RawSpan, at offset: Int) -> UInt16 {
    let value = bytes.uint16(at: offset)
    return self == .big ? value : value.byteSwapped
  }

  @inline(__always)
  func uint32(_ bytes: RawSpan, at offset: Int) -> UInt32 {
    let value = bytes.uint32(at: offset)
    return self == .big ? value : value.byteSwapped
  }

  @inline(__always)
  func uint64(_ bytes: RawSpan, at offset: Int) -> UInt64 {
    let value = bytes.uint64(at: offset)
    return self == .big ? value : value.byteSwapped
  }

  /// The same as `uint32` where the caller has made sure that the four bytes are there.
  @unsafe
  @inline(__always)
  func uncheckedUInt32(_ bytes: RawSpan, at offset: Int) -> UInt32 {
    let value = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: offset, as: UInt32.self)
    return self == .big ? UInt32(bigEndian: value) : UInt32(littleEndian: value)
  }
}
