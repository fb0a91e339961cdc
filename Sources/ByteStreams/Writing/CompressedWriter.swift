/// A whole file that is written plain, as gzip or as zstd, and appears only when complete.
///
/// The same bytes give the same file: no time stamps, no names.
public final class CompressedWriter {
  /// How the file is compressed.
  public let compression: Compression

  private let file: AtomicFile
  private let encoder: (any StreamEncoder)?
  /// Small writes are gathered: a system call or a call of the encoder costs more than a copy.
  private var pending: [UInt8] = []

  /// Creates `path`; the compression follows its suffix (`.gz`, `.zst`) unless one is given.
  public init(path: String, compression: Compression? = nil) throws(ByteStreamError) {
    let compression = compression ?? Compression(fileName: path)
    self.compression = compression
    file = try AtomicFile(path: path)
    encoder =
      switch compression {
      case .none: nil
      case .gzip: GzipEncoder(level: 6)
      case .zstd: ZstandardEncoder(level: 3)
      }
    pending.reserveCapacity(Self.gathered * 2)
  }

  /// Adds bytes before compression.
  public func write(_ bytes: [UInt8]) throws(ByteStreamError) {
    pending += bytes
    if pending.count >= Self.gathered { try flush(isLast: false) }
  }

  /// Adds bytes before compression.
  public func write(_ bytes: RawSpan) throws(ByteStreamError) {
    unsafe bytes.withUnsafeBytes { unsafe pending.append(contentsOf: $0) }
    if pending.count >= Self.gathered { try flush(isLast: false) }
  }

  /// The UTF-8 bytes of a text.
  public func write(_ text: String) throws(ByteStreamError) {
    pending += text.utf8
    if pending.count >= Self.gathered { try flush(isLast: false) }
  }

  /// Ends the compressed stream, flushes to disk and gives the file its name.
  public func commit() throws(ByteStreamError) {
    try flush(isLast: true)
    try file.commit()
  }

  /// Gives up and removes what was written.
  public func discard() { file.discard() }

  private static let gathered = 256 << 10

  private func flush(isLast: Bool) throws(ByteStreamError) {
    if let encoder {
      try file.write(encoder.encode(pending, isLast: isLast))
    } else {
      try file.write(pending)
    }
    pending.removeAll(keepingCapacity: true)
  }
}
