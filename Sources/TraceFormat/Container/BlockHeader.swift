internal import ByteStreams

/// The 48 bytes before the content of each block.
struct BlockHeader: Sendable, Hashable {
  static let magic = Array("mxB1".utf8)
  static let byteCount = 48

  var kind: BlockKind
  var columnCount = 0
  var rowCount = 0
  var compressedByteCount = 0
  var uncompressedByteCount = 0
  /// Smallest and largest iteration and layer of the rows; nil for kinds without them.
  var iterations: ClosedRange<Int32>?
  var layers: ClosedRange<Int32>?
  /// CRC-32 of the compressed content.
  var contentChecksum: UInt32 = 0

  init(kind: BlockKind) { self.kind = kind }

  /// The header in these 48 bytes, or nil when they are something else or damaged.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic),
      bytes.littleEndian(at: 44, as: UInt32.self) == Checksum.crc32(Array(bytes[..<44]))
    else { return nil }
    kind = BlockKind(rawValue: bytes.littleEndian(at: 4, as: UInt16.self))
    columnCount = Int(bytes.littleEndian(at: 6, as: UInt16.self))
    rowCount = Int(bytes.littleEndian(at: 8, as: UInt32.self))
    compressedByteCount = Int(bytes.littleEndian(at: 12, as: UInt32.self))
    uncompressedByteCount = Int(bytes.littleEndian(at: 16, as: UInt32.self))
    iterations = Self.range(bytes, at: 20)
    layers = Self.range(bytes, at: 28)
    contentChecksum = bytes.littleEndian(at: 36, as: UInt32.self)
  }

  var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.append(littleEndian: kind.rawValue)
    bytes.append(littleEndian: UInt16(columnCount))
    bytes.append(littleEndian: UInt32(rowCount))
    bytes.append(littleEndian: UInt32(compressedByteCount))
    bytes.append(littleEndian: UInt32(uncompressedByteCount))
    // An absent range is written as 0 … -1.
    bytes.append(littleEndian: iterations?.lowerBound ?? 0)
    bytes.append(littleEndian: iterations?.upperBound ?? -1)
    bytes.append(littleEndian: layers?.lowerBound ?? 0)
    bytes.append(littleEndian: layers?.upperBound ?? -1)
    bytes.append(littleEndian: contentChecksum)
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: Checksum.crc32(bytes))
    return bytes
  }

  private static func range(_ bytes: [UInt8], at offset: Int) -> ClosedRange<Int32>? {
    let lower = bytes.littleEndian(at: offset, as: Int32.self)
    let upper = bytes.littleEndian(at: offset + 4, as: Int32.self)
    return lower <= upper ? lower...upper : nil
  }
}
