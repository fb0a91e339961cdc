internal import ByteStreams

/// Writes blocks to a file, remembers where they are, and closes the file with index and trailer.
struct BlockWriter {
  let file: AtomicFile
  var encoder = ContentEncoder()
  private(set) var entries: [BlockEntry] = []
  private let compressor = ZstandardCompressor(level: 3)

  /// Creates `path + ".partial"` and writes the file header.
  init(path: String) throws(TraceFormatError) {
    file = try asTraceFormatError { () throws(ByteStreamError) in
      let file = try AtomicFile(path: path, keepPartialOnFailure: true)
      try file.write(FileFrame.header)
      return file
    }
  }

  /// Writes what the encoder has gathered as one block and empties it.
  mutating func writeGathered(
    _ kind: BlockKind, rowCount: Int, iterations: ClosedRange<Int32>? = nil,
    layers: ClosedRange<Int32>? = nil
  ) throws(TraceFormatError) {
    var header = BlockHeader(kind: kind)
    header.columnCount = encoder.columnCount
    header.rowCount = rowCount
    header.iterations = iterations
    header.layers = layers
    let content = encoder.bytes
    try write(header, content: content)
    encoder.removeAll()
  }

  /// Writes a block whose content is not columns.
  mutating func write(_ kind: BlockKind, content: [UInt8]) throws(TraceFormatError) {
    try write(BlockHeader(kind: kind), content: content)
  }

  /// Writes a block as it stood in another file: header and compressed content.
  mutating func copy(_ entry: BlockEntry, bytes: [UInt8]) throws(TraceFormatError) {
    entries.append(BlockEntry(header: entry.header, offset: file.position))
    try append(bytes)
  }

  /// Index, trailer, flush to disk, final name.
  mutating func finish() throws(TraceFormatError) {
    let indexOffset = file.position
    try write(.index, content: entries.flatMap(\.indexBytes))
    let trailer = FileFrame.Trailer(
      indexOffset: indexOffset, indexByteCount: file.position - indexOffset)
    try append(trailer.bytes)
    try asTraceFormatError { () throws(ByteStreamError) in try file.commit() }
  }

  private mutating func write(
    _ partialHeader: BlockHeader, content: [UInt8]
  ) throws(TraceFormatError) {
    guard content.count <= FormatLimits.blockBytes else {
      throw TraceFormatError(
        .rows, file: file.path,
        message: "a block of kind \(partialHeader.kind) has \(content.count) bytes, above the "
          + "format's limit of \(FormatLimits.blockBytes)")
    }
    let frame = compressor.compress(content)
    var header = partialHeader
    header.compressedByteCount = frame.count
    header.uncompressedByteCount = content.count
    header.contentChecksum = Checksum.crc32(frame)
    entries.append(BlockEntry(header: header, offset: file.position))
    try append(header.bytes)
    try append(frame)
  }

  private func append(_ bytes: [UInt8]) throws(TraceFormatError) {
    try asTraceFormatError { () throws(ByteStreamError) in try file.write(bytes) }
  }
}
