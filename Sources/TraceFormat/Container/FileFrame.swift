internal import ByteStreams

/// The 16 bytes at the start and the 32 bytes at the end of a file.
enum FileFrame {
  /// A byte above 127 and both line ends show at once that a transfer changed the file.
  static let magic: [UInt8] = [0x89] + Array("mixt\r\n".utf8) + [0x1A]
  static let version: UInt16 = 1
  static let headerByteCount = 16
  static let trailerMagic = Array("mixt-end".utf8)
  static let trailerByteCount = 32

  /// magic, version, 0, CRC-32 of the 12 bytes before.
  static var header: [UInt8] {
    var bytes = magic
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: Checksum.crc32(bytes))
    return bytes
  }

  /// True when these 16 bytes are a header, of whatever version.
  static func isChecked(_ header: [UInt8]) -> Bool {
    header.littleEndian(at: 12, as: UInt32.self) == Checksum.crc32(Array(header[..<12]))
  }

  /// Where the index block is, and proof that the file is whole.
  struct Trailer: Equatable {
    var indexOffset: Int64
    /// Header and content of the index block.
    var indexByteCount: Int64

    init(indexOffset: Int64, indexByteCount: Int64) {
      self.indexOffset = indexOffset
      self.indexByteCount = indexByteCount
    }

    /// The trailer in these 32 bytes, or nil when they are something else.
    init?(_ bytes: [UInt8]) {
      guard bytes.count == trailerByteCount, bytes[24...].elementsEqual(trailerMagic),
        bytes.littleEndian(at: 16, as: UInt32.self) == Checksum.crc32(Array(bytes[..<16])),
        bytes.littleEndian(at: 20, as: UInt32.self) == 0
      else { return nil }
      indexOffset = bytes.littleEndian(at: 0, as: Int64.self)
      indexByteCount = bytes.littleEndian(at: 8, as: Int64.self)
    }

    /// offset, length, CRC-32 of the 16 bytes before, 0, end magic.
    var bytes: [UInt8] {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: indexOffset)
      bytes.append(littleEndian: indexByteCount)
      bytes.append(littleEndian: Checksum.crc32(bytes))
      bytes.append(littleEndian: UInt32(0))
      return bytes + trailerMagic
    }
  }
}
