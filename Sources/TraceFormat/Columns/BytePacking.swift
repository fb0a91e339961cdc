/// Values in a fixed number of whole bytes each, least significant byte first.
enum BytePacking {
  /// 0, 1, 2, 4 or 8: the bytes that values of so many bits need.
  static func width(ofBits bits: Int) -> Int {
    switch bits {
    case 0: 0
    case ...8: 1
    case ...16: 2
    case ...32: 4
    default: 8
    }
  }

  static func pack(_ values: Span<UInt64>, width: Int, to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: values.count * width))
    unsafe bytes.withUnsafeMutableBytes { target in
      switch width {
      case 1: unsafe pack(values, as: UInt8.self, to: target, at: start)
      case 2: unsafe pack(values, as: UInt16.self, to: target, at: start)
      case 4: unsafe pack(values, as: UInt32.self, to: target, at: start)
      case 8: unsafe pack(values, as: UInt64.self, to: target, at: start)
      default: break
      }
    }
  }

  @inline(__always)
  private static func pack<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ values: Span<UInt64>, as type: Stored.Type, to bytes: UnsafeMutableRawBufferPointer,
    at start: Int
  ) {
    let size = MemoryLayout<Stored>.size
    precondition(start + values.count * size <= bytes.count)
    for index in values.indices {
      unsafe bytes.storeBytes(
        of: Stored(truncatingIfNeeded: values[index]).littleEndian,
        toByteOffset: start &+ index &* size, as: Stored.self)
    }
  }

  /// Unpacks `count` values to the start of `target`; `bytes` must hold them all at `offset`.
  static func unpack(
    _ bytes: RawSpan, at offset: Int, width: Int, count: Int, to target: inout MutableSpan<UInt64>
  ) {
    switch width {
    case 1: unpack(bytes, at: offset, as: UInt8.self, count: count, to: &target)
    case 2: unpack(bytes, at: offset, as: UInt16.self, count: count, to: &target)
    case 4: unpack(bytes, at: offset, as: UInt32.self, count: count, to: &target)
    case 8: unpack(bytes, at: offset, as: UInt64.self, count: count, to: &target)
    default: for index in 0..<count { target[index] = 0 }
    }
  }

  @inline(__always)
  private static func unpack<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: RawSpan, at offset: Int, as type: Stored.Type, count: Int,
    to target: inout MutableSpan<UInt64>
  ) {
    let size = MemoryLayout<Stored>.size
    for index in 0..<count {
      let stored = unsafe bytes.unsafeLoadUnaligned(
        fromByteOffset: offset &+ index &* size, as: Stored.self)
      target[index] = UInt64(truncatingIfNeeded: Stored(littleEndian: stored))
    }
  }
}
