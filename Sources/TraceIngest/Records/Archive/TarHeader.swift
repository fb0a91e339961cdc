internal import TraceModel

/// One 512-byte header of a tar archive (POSIX.1-1988 ustar, pax, GNU).
struct TarHeader {
  static let byteCount = 512

  /// What follows a header.
  enum Kind: Sendable, Hashable {
    case file
    case folder
    /// Another name of an earlier file.
    case hardLink
    case symbolicLink
    /// A device or a pipe.
    case device
    /// Attributes of the next entry (pax), or of all that follow.
    case attributes
    /// The name of the next entry (GNU).
    case longName
    /// What the next entry, a link, leads to (GNU).
    case longTarget
    /// A sparse file (GNU): what follows is not its content as it was.
    case sparse
    case other

    /// False for what is a header alone.
    var hasContent: Bool {
      switch self {
      case .folder, .hardLink, .symbolicLink, .device: false
      case .file, .attributes, .longName, .longTarget, .sparse, .other: true
      }
    }

    /// Why an entry that could be a trace is not read; nil for those that are none.
    var reasonToSkip: String? {
      switch self {
      case .file, .folder, .attributes, .longName, .longTarget: nil
      case .hardLink: "a hard link: another name of a file in the archive"
      case .symbolicLink: "a symbolic link"
      case .device: "a device or a pipe"
      case .sparse: "a sparse file: pack it without --sparse"
      case .other: "an entry of a kind that is not known"
      }
    }
  }

  var name: String
  var kind: Kind
  /// Bytes that follow, before padding to whole blocks; at most `sizeLimit`.
  var size: Int64
  /// True when the map of a sparse file goes on in a block of its own, which `size` does not count
  /// (GNU tar's manual, "Basic Tar Format").
  var hasMoreMap: Bool

  /// Largest size that is believed: the sum with its padding still is a number.
  static let sizeLimit: Int64 = 1 << 56

  /// Reads a header; nil when the bytes are none (its checksum decides).
  init?(_ block: RawSpan) {
    guard block.byteCount >= Self.byteCount, Self.hasChecksum(block),
      let size = Self.number(block, at: 124, count: 12), size >= 0
    else { return nil }
    let isPosix = Self.text(block, at: 257, count: 5) == "ustar"
    let prefix = isPosix && block.byte(at: 263) == 0x30 ? Self.text(block, at: 345, count: 155) : ""
    let ending = Self.text(block, at: 0, count: 100)
    name = prefix.isEmpty ? ending : prefix + "/" + ending
    kind = Self.kind(of: block.byte(at: 156))
    self.size = kind.hasContent ? size : 0
    hasMoreMap = kind == .sparse && block.byte(at: 482) != 0
  }

  /// True when yet another block follows one of a sparse file's map.
  static func hasMoreMap(after block: RawSpan) -> Bool { block.byte(at: 504) != 0 }

  /// True when a block is all zeros, which ends an archive.
  static func isEnd(_ block: RawSpan) -> Bool {
    (0..<min(byteCount, block.byteCount)).allSatisfy { block.byte(at: $0) == 0 }
  }

  /// Zeros between the content of `size` bytes and the next header.
  static func padding(after size: Int64) -> Int64 {
    (Int64(byteCount) - size % Int64(byteCount)) % Int64(byteCount)
  }

  private static func kind(of flag: UInt8) -> Kind {
    switch flag {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
    case UInt8(ascii: "1"): .hardLink
    case UInt8(ascii: "2"): .symbolicLink
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .device
    case UInt8(ascii: "5"): .folder
    case UInt8(ascii: "x"), UInt8(ascii: "g"): .attributes
    case UInt8(ascii: "L"): .longName
    case UInt8(ascii: "K"): .longTarget
    case UInt8(ascii: "S"): .sparse
    default: .other
    }
  }

  /// The sum of the header's bytes, its own field counted as spaces.
  private static func hasChecksum(_ block: RawSpan) -> Bool {
    guard let expected = number(block, at: 148, count: 8) else { return false }
    var sum: Int64 = 8 * 0x20
    for offset in 0..<byteCount where !(148..<156).contains(offset) {
      sum += Int64(block.byte(at: offset))
    }
    return sum == expected
  }

  /// An octal number, or one of base 256 when its first bit is set (GNU, files of 8 GiB and more).
  private static func number(_ block: RawSpan, at offset: Int, count: Int) -> Int64? {
    var value: Int64 = 0
    if block.byte(at: offset) == 0x80 {
      for place in offset + 1..<offset + count {
        guard value < 1 << 48 else { return nil }
        value = value << 8 | Int64(block.byte(at: place))
      }
      return value
    }
    var hasDigits = false
    for place in offset..<offset + count {
      let byte = block.byte(at: place)
      if byte == 0 || byte == 0x20 {
        if hasDigits { break }
        continue
      }
      guard (0x30...0x37).contains(byte) else { return nil }
      value = value << 3 | Int64(byte - 0x30)
      hasDigits = true
    }
    return hasDigits ? value : nil
  }

  private static func text(_ block: RawSpan, at offset: Int, count: Int) -> String {
    var bytes: [UInt8] = []
    for place in offset..<offset + count {
      let byte = block.byte(at: place)
      if byte == 0 { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension TarHeader {
  /// The value of one attribute of a pax header ("27 path=…\n" each), or nil.
  static func attribute(_ key: String, in content: [UInt8]) -> String? {
    var rest = content[...]
    while let space = rest.firstIndex(of: 0x20),
      let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
      length > space - rest.startIndex + 1, length <= rest.count
    {
      let end = rest.startIndex + length
      let record = rest[(space + 1)..<(end - 1)]
      if record.starts(with: Array("\(key)=".utf8)) {
        return String(decoding: record.dropFirst(key.utf8.count + 1), as: UTF8.self)
      }
      rest = rest[end...]
    }
    return nil
  }
}
