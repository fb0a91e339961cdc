/// How a file is compressed as a whole.
public enum Compression: Sendable, Hashable, CaseIterable {
  /// Plain bytes.
  case none
  /// One or more gzip members.
  case gzip
  /// One or more zstd frames.
  case zstd

  /// The word used in tables and files.
  public var name: String {
    switch self {
    case .none: "none"
    case .gzip: "gzip"
    case .zstd: "zstd"
    }
  }

  /// The compression that a file name asks for: `.gz`, `.zst`, else none.
  public init(fileName: String) {
    if fileName.hasSuffix(".gz") {
      self = .gzip
    } else if fileName.hasSuffix(".zst") || fileName.hasSuffix(".zstd") {
      self = .zstd
    } else {
      self = .none
    }
  }

  /// The compression that a file's first bytes show.
  ///
  /// A zstd stream may begin with a skippable frame, whose first byte is 0x50 … 0x5F.
  init(magic: [UInt8]) {
    if magic.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      self = .zstd
    } else if magic.count >= 4, magic[0] & 0xF0 == 0x50,
      magic[1...].starts(with: [0x2A, 0x4D, 0x18])
    {
      self = .zstd
    } else {
      self = .none
    }
  }

  /// The name of a compression that is recognised but not read, or nil.
  static func unreadable(magic: [UInt8]) -> String? {
    if magic.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) { return "xz" }
    if magic.starts(with: [0x04, 0x22, 0x4D, 0x18]) { return "lz4" }
    // "BZh", a digit, and the first bytes of a block: three letters alone could be text.
    if magic.starts(with: [0x42, 0x5A, 0x68]), magic.dropFirst(4).starts(with: [0x31, 0x41, 0x59]) {
      return "bzip2"
    }
    return nil
  }
}
