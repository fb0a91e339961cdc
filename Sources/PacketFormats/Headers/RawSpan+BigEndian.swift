/// Big-endian reads at an explicit offset.
///
/// The caller has compared the offset with `byteCount` before; a read outside the span stops the
/// program rather than reading foreign memory.
extension RawSpan {
  @inlinable
  @inline(__always)
  package func uint8(at offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  @inlinable
  @inline(__always)
  package func uint16(at offset: Int) -> UInt16 {
    unsafe UInt16(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inlinable
  @inline(__always)
  package func uint32(at offset: Int) -> UInt32 {
    unsafe UInt32(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inlinable
  @inline(__always)
  package func uint64(at offset: Int) -> UInt64 {
    unsafe UInt64(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The low 24 bits of the word at `offset`: queue pair and sequence numbers are that wide.
  @inlinable
  @inline(__always)
  package func uint24(at offset: Int) -> UInt32 { uint32(at: offset) & 0xFF_FFFF }
}
