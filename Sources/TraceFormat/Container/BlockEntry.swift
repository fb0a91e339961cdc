/// Where a block is and what it holds, as the index tells it.
public struct BlockEntry: Sendable, Hashable {
  let header: BlockHeader
  /// Of the block's header in the file.
  public let offset: Int64

  init(header: BlockHeader, offset: Int64) {
    self.header = header
    self.offset = offset
  }

  public var kind: BlockKind { header.kind }
  public var rowCount: Int { header.rowCount }
  /// Header and compressed content.
  public var byteCount: Int64 { Int64(BlockHeader.byteCount + header.compressedByteCount) }
  /// Content after decompression.
  public var uncompressedByteCount: Int { header.uncompressedByteCount }
  /// Smallest and largest iteration of the rows; nil for kinds without them.
  public var iterations: ClosedRange<Int32>? { header.iterations }
  /// Smallest and largest layer of the rows; nil for kinds without them.
  public var layers: ClosedRange<Int32>? { header.layers }

  var endOffset: Int64 { offset + byteCount }

  /// True when rows of these iterations and layers may be inside; nil asks for all.
  func overlaps(iterations: ClosedRange<Int32>?, layers: ClosedRange<Int32>?) -> Bool {
    if let iterations, let own = header.iterations, !own.overlaps(iterations) { return false }
    if let layers, let own = header.layers, !own.overlaps(layers) { return false }
    return true
  }

  /// Bytes of one entry in the index: offset, header.
  static let indexByteCount = 8 + BlockHeader.byteCount

  var indexBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: offset)
    return bytes + header.bytes
  }
}
