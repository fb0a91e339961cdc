/// Values in a fixed number of whole bytes each, least significant byte first.
enum BytePacking {
  /// 0, 1, 2, 4 or 8: the bytes that the largest value needs.
  static func width(ofUnion union: UInt64) -> Int {
    switch 64 - union.leadingZeroBitCount {
    case 0: 0
    case ...8: 1
    case ...16: 2
    case ...32: 4
    default: 8
    }
  }

  static func pack(_ values: Span<UInt64>, width: Int, to bytes: inout [UInt8]) {
    switch width {
    case 1: for index in values.indices { bytes.append(UInt8(truncatingIfNeeded: values[index])) }
    case 2:
      for index in values.indices {
        bytes.append(littleEndian: UInt16(truncatingIfNeeded: values[index]))
      }
    case 4:
      for index in values.indices {
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: values[index]))
      }
    case 8: for index in values.indices { bytes.append(littleEndian: values[index]) }
    default: break
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
