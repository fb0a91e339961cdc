internal import CZlib

/// CRC-32 as in gzip, PNG and Ethernet (reflected polynomial 0xEDB88320).
package enum Checksum {
  package static func crc32(_ bytes: RawSpan) -> UInt32 {
    let sum = unsafe bytes.withUnsafeBytes { all in
      let start = unsafe all.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return unsafe crc32_z(0, start, all.count)
    }
    return UInt32(truncatingIfNeeded: sum)
  }

  package static func crc32(_ bytes: [UInt8]) -> UInt32 { unsafe crc32(bytes.span.bytes) }
}
