internal import ByteStreams

/// Finds the blocks of a file without its index, and says what lies between them.
struct BlockScan {
  private(set) var entries: [BlockEntry] = []
  private(set) var losses: [TraceFileLoss] = []
  private var indexIsWhole = false
  private let store: BlockStore

  /// Goes through the whole file; each block's checksum is verified.
  init(_ store: BlockStore) throws(TraceFormatError) {
    self.store = store
    var offset = Int64(FileFrame.headerByteCount)
    while offset < store.byteCount {
      if let entry = try entry(at: offset) {
        try take(entry)
        offset = entry.endOffset
      } else if try isTrailer(at: offset) {
        offset += Int64(FileFrame.trailerByteCount)
      } else {
        let next = try nextBlock(after: offset)
        lose(offset..<(next ?? store.byteCount), words(next))
        offset = next ?? store.byteCount
      }
    }
  }

  /// The block whose header is at `offset` and which lies inside the file with all its bytes.
  private func entry(at offset: Int64) throws(TraceFormatError) -> BlockEntry? {
    let bytes = try store.read(at: offset, count: BlockHeader.byteCount)
    guard let header = BlockHeader(bytes) else { return nil }
    let entry = BlockEntry(header: header, offset: offset)
    return entry.endOffset <= store.byteCount && entry.isPlausible ? entry : nil
  }

  private mutating func take(_ entry: BlockEntry) throws(TraceFormatError) {
    do throws(TraceFormatError) {
      _ = try store.wholeBlock(entry)
    } catch {
      guard error.reason == .damaged else { throw error }
      lose(
        entry.offset..<entry.endOffset,
        "\(entry.rowCount) rows of \(entry.kind): the checksum does not fit")
      return
    }
    if entry.kind == .index {
      indexIsWhole = true
    } else {
      entries.append(entry)
    }
  }

  private func isTrailer(at offset: Int64) throws(TraceFormatError) -> Bool {
    FileFrame.Trailer(try store.read(at: offset, count: FileFrame.trailerByteCount)) != nil
  }

  /// The next place where a whole block header stands; reads 1 MiB at a time.
  private func nextBlock(after offset: Int64) throws(TraceFormatError) -> Int64? {
    var start = offset + 1
    while start < store.byteCount {
      let bytes = try store.read(at: start, count: 1 << 20)
      var place = 0
      while let found = bytes[place...].firstRange(of: BlockHeader.magic)?.lowerBound {
        if try entry(at: start + Int64(found)) != nil { return start + Int64(found) }
        place = found + 1
      }
      // A magic may lie across two pieces.
      start += Int64(max(bytes.count - BlockHeader.magic.count + 1, 1))
    }
    return nil
  }

  /// What is wrong with bytes up to the next block, or up to the end of the file.
  private func words(_ next: Int64?) -> String {
    if next != nil { return "no block header where one is due" }
    return indexIsWhole ? "the trailer is damaged; no rows are lost" : "the file is cut here"
  }

  private mutating func lose(_ range: Range<Int64>, _ words: String) {
    losses.append(
      TraceFileLoss(
        offset: range.lowerBound, byteCount: range.upperBound - range.lowerBound, message: words))
  }
}

extension BlockEntry {
  /// True when sizes keep the format's limits; a checksum does not say that they do.
  var isPlausible: Bool {
    rowCount <= FormatLimits.rows && uncompressedByteCount <= FormatLimits.blockBytes
  }
}
