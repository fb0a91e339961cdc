/// CRC-32 of IEEE 802.3 (reflected 0xEDB88320), eight bytes at a time.
struct CRC32 {
  /// The register before the final inversion.
  private(set) var register: UInt32 = 0xFFFF_FFFF

  /// The checksum of everything added so far.
  var value: UInt32 { ~register }

  mutating func add(_ byte: UInt8) {
    let table = crcTables.span
    register = register >> 8 ^ table[Int((register ^ UInt32(byte)) & 0xFF)]
  }

  /// Adds the bytes of a range, which must lie inside `bytes`.
  mutating func add(_ bytes: RawSpan, from start: Int, to end: Int) {
    let table = crcTables.span
    var register = register
    var offset = start
    while offset + 8 <= end {
      let word = bytes.uint64(at: offset).byteSwapped ^ UInt64(register)
      register = 0
      for lane in 0..<8 {
        let byte = Int(truncatingIfNeeded: word >> UInt64(8 * lane) & 0xFF)
        register ^= table[(7 - lane) * 256 + byte]
      }
      offset += 8
    }
    while offset < end {
      register = register >> 8 ^ table[Int((register ^ UInt32(bytes.uint8(at: offset))) & 0xFF)]
      offset += 1
    }
    self.register = register
  }
}

/// Table k gives the effect of a byte that k more bytes follow.
private let crcTables: [UInt32] = {
  var tables = [UInt32](repeating: 0, count: 8 * 256)
  for byte in 0..<256 {
    var value = UInt32(byte)
    for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 0 ? 0 : 0xEDB8_8320) }
    tables[byte] = value
  }
  for index in 256..<tables.count {
    let shorter = tables[index - 256]
    tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xFF)]
  }
  return tables
}()
