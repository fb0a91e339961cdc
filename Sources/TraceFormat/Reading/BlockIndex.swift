/// Reads the list of blocks that a finished file ends with.
enum BlockIndex {
  /// The blocks, or nil when there is no whole and plausible index.
  static func read(_ store: BlockStore) throws(TraceFormatError) -> [BlockEntry]? {
    let trailerOffset = store.byteCount - Int64(FileFrame.trailerByteCount)
    guard trailerOffset >= Int64(FileFrame.headerByteCount),
      let trailer = FileFrame.Trailer(
        try store.read(at: trailerOffset, count: FileFrame.trailerByteCount)),
      trailer.indexOffset >= Int64(FileFrame.headerByteCount), trailer.indexByteCount >= 0,
      trailer.indexOffset < trailerOffset,
      trailer.indexByteCount == trailerOffset - trailer.indexOffset,
      let header = BlockHeader(
        try store.read(at: trailer.indexOffset, count: BlockHeader.byteCount)),
      header.kind == .index
    else { return nil }
    let index = BlockEntry(header: header, offset: trailer.indexOffset)
    guard index.byteCount == trailer.indexByteCount, index.isPlausible else { return nil }
    guard let content = try? store.content(of: index) else { return nil }
    return entries(content, endingAt: trailer.indexOffset)
  }

  private static func entries(_ content: [UInt8], endingAt end: Int64) -> [BlockEntry]? {
    guard content.count % BlockEntry.indexByteCount == 0 else { return nil }
    var entries: [BlockEntry] = []
    var expected = Int64(FileFrame.headerByteCount)
    for start in stride(from: 0, to: content.count, by: BlockEntry.indexByteCount) {
      let headerBytes = Array(content[start + 8..<start + BlockEntry.indexByteCount])
      guard let header = BlockHeader(headerBytes) else { return nil }
      let entry = BlockEntry(
        header: header, offset: content.littleEndian(at: start, as: Int64.self))
      // Blocks stand one behind the other; anything else would hide bytes from the reader.
      guard entry.offset == expected, entry.isPlausible, entry.endOffset <= end else { return nil }
      entries.append(entry)
      expected = entry.endOffset
    }
    return expected == end ? entries : nil
  }
}
