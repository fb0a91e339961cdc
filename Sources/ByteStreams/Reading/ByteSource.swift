/// The bytes of a file, of standard input, or of a gzip or zstd stream in either.
///
/// Compression is recognised by its first bytes, never by the name. Gzip may have several members
/// and zero padding; zstd may have several frames and skippable ones. One consumer only.
public final class ByteSource {
  private enum Decoder {
    case plain
    case gzip(GzipDecoder)
    case zstd(ZstandardDecoder)
  }

  /// Last path component, or "standard input".
  public let name: String
  public let compression: Compression
  /// Size on disk, or nil for a pipe.
  public let compressedByteCount: Int64?
  /// The limits that this input is held to, by `ByteWindow` too.
  public let limits: ByteLimits
  /// Decompressed bytes delivered so far.
  public private(set) var position: Int64 = 0

  private let file: InputFile
  private let decoder: Decoder
  private var hasFailed = false

  /// Opens a file, or standard input when `path` is "-", and looks at its first bytes.
  public init(path: String, limits: ByteLimits = .init()) throws(ByteStreamError) {
    let file = try InputFile(path: path)
    let magic = try Self.magic(of: file)
    if let other = Compression.unreadable(magic: magic) {
      throw ByteStreamError(
        .unavailable, file: file.path,
        message: "is compressed with \(other), which is not read here",
        advice: "Decompress it first; gzip and zstd are read as they are.")
    }
    compression = Compression(magic: magic)
    decoder =
      switch compression {
      case .none: .plain
      case .gzip: .gzip(try GzipDecoder(file))
      case .zstd: .zstd(try ZstandardDecoder(file, limits: limits))
      }
    name = lastComponent(of: file.path)
    compressedByteCount = file.byteCount
    self.file = file
    self.limits = limits
  }

  /// Bytes of the file itself that were used so far, for progress.
  public var compressedBytesRead: Int64 { file.position }

  /// The path as it was given, for messages.
  public var path: String { file.path }

  /// Reads 1 … `buffer.count` bytes; returns 0 at the end.
  ///
  /// A damaged or cut tail throws once, after all good bytes before it were returned; then the
  /// stream has ended.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ByteStreamError) -> Int {
    if unsafe hasFailed || buffer.isEmpty { return 0 }
    do throws(ByteStreamError) {
      let count =
        switch decoder {
        case .plain: unsafe try file.readPlain(into: buffer)
        case .gzip(let decoder): unsafe try decoder.read(into: buffer)
        case .zstd(let decoder): unsafe try decoder.read(into: buffer)
        }
      position += Int64(count)
      try checkExpansion()
      return count
    } catch {
      hasFailed = true
      throw error
    }
  }

  private func checkExpansion() throws(ByteStreamError) {
    guard position > limits.expansionAllowance, compression != .none,
      position / limits.maximumExpansion > file.position
    else { return }
    throw ByteStreamError(
      .limit, file: file.path, offset: file.position,
      message: "expands to more than \(limits.maximumExpansion) times its size",
      advice: "No trace compresses like that; the file is broken or made to harm.")
  }

  private static func magic(of file: InputFile) throws(ByteStreamError) -> [UInt8] {
    let needed = 8
    while unsafe file.unread.count < needed, try file.refill() {}
    return unsafe Array(file.unread.prefix(needed))
  }
}
