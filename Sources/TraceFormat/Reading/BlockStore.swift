internal import ByteStreams
internal import Glibc

/// An open `.mixt` file from which blocks are read by position, by any number of threads.
final class BlockStore: Sendable {
  let path: String
  let byteCount: Int64
  private let descriptor: Int32

  init(path: String) throws(TraceFormatError) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw TraceFormatError(
        .file, file: path, message: "cannot be opened: \(unsafe String(cString: strerror(errno)))",
        advice: "Check the path and its permissions.")
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw TraceFormatError(
        .file, file: path, message: "is not a regular file",
        advice: "A .mixt file is read by position: save it to a file first.")
    }
    byteCount = Int64(status.st_size)
  }

  deinit { close(descriptor) }

  /// The bytes at `offset`; fewer than `count` where the file ends.
  func read(at offset: Int64, count: Int) throws(TraceFormatError) -> [UInt8] {
    var failure: TraceFormatError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = unsafe pread(
          descriptor, buffer.baseAddress.map { unsafe $0 + filled }, count - filled,
          off_t(offset) + filled)
        if got == 0 { break }
        if got < 0 {
          if errno == EINTR { continue }
          failure = TraceFormatError(
            .file, file: path, offset: offset,
            message: "cannot be read: \(unsafe String(cString: strerror(errno)))")
          break
        }
        filled += got
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Header and compressed content of a block, checked against their checksums.
  func wholeBlock(_ entry: BlockEntry) throws(TraceFormatError) -> [UInt8] {
    let bytes = try read(at: entry.offset, count: Int(entry.byteCount))
    guard bytes.count == Int(entry.byteCount) else {
      throw damage(entry, "the file ends inside the block")
    }
    guard BlockHeader(Array(bytes[..<BlockHeader.byteCount])) == entry.header else {
      throw damage(entry, "the block's header is not what the index says")
    }
    let content = unsafe bytes.span.bytes.extracting(droppingFirst: BlockHeader.byteCount)
    guard Checksum.crc32(content) == entry.header.contentChecksum else {
      throw damage(entry, "the block's checksum does not fit its content")
    }
    return bytes
  }

  /// The decompressed content of a block with `padding` zeros behind it.
  func content(of entry: BlockEntry, padding: Int = 0) throws(TraceFormatError) -> [UInt8] {
    let block = try wholeBlock(entry)
    let frame = unsafe block.span.bytes.extracting(droppingFirst: BlockHeader.byteCount)
    do throws(ByteStreamError) {
      return try Zstandard.decompress(
        frame, expectedByteCount: entry.header.uncompressedByteCount, padding: padding)
    } catch {
      throw damage(entry, error.message)
    }
  }

  /// The columns of a block.
  func columns(of entry: BlockEntry) throws(TraceFormatError) -> ContentDecoder {
    let content = try content(of: entry, padding: ContentDecoder.padding)
    return try checking(entry) { () throws(ContentDecoder.Defect) in
      try ContentDecoder(
        paddedContent: content, columnCount: entry.header.columnCount, rowCount: entry.rowCount)
    }
  }

  /// Runs `body` and says of its defect where it is.
  func checking<Result>(
    _ entry: BlockEntry, _ body: () throws(ContentDecoder.Defect) -> Result
  ) throws(TraceFormatError) -> Result {
    do { return try body() } catch { throw damage(entry, error.words) }
  }

  private func damage(_ entry: BlockEntry, _ words: String) -> TraceFormatError {
    TraceFormatError(
      .damaged, file: path, offset: entry.offset, message: "block of \(entry.kind): \(words)",
      advice: "Open the file with verification to read all blocks but the damaged ones.")
  }
}
