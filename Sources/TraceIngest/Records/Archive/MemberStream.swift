package import ByteStreams
internal import TraceModel

/// The bytes of one input file, or of the files inside a tar archive one after the other.
///
/// An archive is read as it streams by; nothing is unpacked to disk. The compression of the whole
/// input is undone by `ByteSource`. Memory is that of one window.
package final class MemberStream {
  /// Names and attributes in an archive are shorter than this.
  private static let nameLimit: Int64 = 1 << 20

  package let source: ByteSource
  package let isArchive: Bool
  /// Name of the file that is being read, without its folders.
  package private(set) var name: String
  /// Bytes of it that were consumed.
  package private(set) var position: Int64 = 0
  /// 1-based line of the next byte.
  package var line: Int64 { releasedLine + lineEnds(before: taken) }
  /// Why the input ended early, in words, or nil.
  package private(set) var damage: String?

  /// Entries of the archive before the current file that are not read: why, and their names.
  private var skipped: [(reason: String, name: String)] = []
  /// The folder that holds the file, without those above it; empty when there is none.
  package private(set) var folder: String

  private var window: ByteWindow
  /// Bytes of the current file that were not consumed; above any size for what is no archive.
  private var unread: Int64
  private var padding: Int64 = 0
  /// Bytes at the front of the window that were consumed: it is told before it is filled, so that
  /// lines are counted in long pieces.
  private var taken = 0
  /// Line of the window's first byte.
  private var releasedLine: Int64 = 1
  /// Bytes at the front of the window whose line ends are counted, and how many these are.
  private var counted = 0
  private var countedLineEnds: Int64 = 0
  private var hasBegun = false

  package init(path: String, chunkBytes: Int = 1 << 20) throws(ByteStreamError) {
    source = try ByteSource(path: path)
    window = ByteWindow(source, chunkBytes: max(chunkBytes, TarHeader.byteCount))
    name = source.name
    folder = Self.folder(of: path)
    unread = .max
    isArchive = try window.fill(atLeast: TarHeader.byteCount) && Self.beginsWithHeader(window)
    if isArchive { unread = 0 }
  }

  private static func beginsWithHeader(_ window: borrowing ByteWindow) -> Bool {
    window.withBytes { bytes in TarHeader(bytes) != nil }
  }

  // MARK: Files

  /// Steps to the next entry with content of its own; false at the end.
  ///
  /// For a file that is no archive it is true once.
  package func nextMember() -> Bool {
    guard isArchive else {
      defer { hasBegun = true }
      return !hasBegun
    }
    var longName: String?
    var size: Int64?
    while true {
      skipRest()
      guard let header = nextHeader() else { return false }
      switch header.kind {
      case .attributes:
        guard let content = content(of: header) else { return false }
        longName = TarHeader.attribute("path", in: content) ?? longName
        if let words = TarHeader.attribute("size", in: content) {
          guard let value = Int64(words), (0...TarHeader.sizeLimit).contains(value) else {
            damage =
              damage ?? "a file of the archive claims a size that none has: \(words.prefix(40))"
            return false
          }
          size = value
        }
      case .longName:
        guard let content = content(of: header) else { return false }
        longName = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
      case .file:
        begin(longName ?? header.name, size: size ?? header.size)
        return true
      case .longTarget: begin(header.name, size: header.size)
      case .folder, .hardLink, .symbolicLink, .device, .sparse, .other:
        guard skipMap(after: header, of: longName ?? header.name) else { return false }
        begin(longName ?? header.name, size: header.size)
        if let reason = header.kind.reasonToSkip { skipped.append((reason, name)) }
        (longName, size) = (nil, nil)
      }
    }
  }

  /// Entries that were stepped over since the last time and are not read.
  func takeSkipped() -> [(reason: String, name: String)] {
    defer { skipped = [] }
    return skipped
  }

  private static func folder(of path: String) -> String {
    path.split(separator: "/").dropLast().last.map(String.init) ?? ""
  }

  private func nextHeader() -> TarHeader? {
    release()
    guard fillWindow(TarHeader.byteCount) else {
      // A whole archive ends with zeros; some writers leave them out.
      if damage == nil, window.available > 0 { damage = "the archive ends inside a header" }
      return nil
    }
    var header: TarHeader?
    var isEnd = false
    window.withBytes { bytes in
      header = TarHeader(bytes)
      isEnd = header == nil && TarHeader.isEnd(bytes)
    }
    guard header != nil || isEnd else {
      damage =
        "byte \(window.position) of the archive: a header was expected, something else is there"
      return nil
    }
    if !isEnd { window.consume(TarHeader.byteCount) }
    return header
  }

  /// Steps over the blocks in which the map of a sparse file goes on; false when the archive ends there.
  private func skipMap(after header: TarHeader, of path: String) -> Bool {
    var hasMore = header.hasMoreMap
    while hasMore {
      guard fillWindow(TarHeader.byteCount) else {
        damage = damage ?? "the archive ends inside \(fileName(of: path))"
        return false
      }
      window.withBytes { bytes in hasMore = TarHeader.hasMoreMap(after: bytes) }
      window.consume(TarHeader.byteCount)
    }
    return true
  }

  private func begin(_ path: String, size: Int64) {
    name = fileName(of: path)
    folder = Self.folder(of: path)
    release()
    (position, releasedLine, counted, countedLineEnds) = (0, 1, 0, 0)
    unread = max(0, size)
    padding = TarHeader.padding(after: unread)
  }

  private func content(of header: TarHeader) -> [UInt8]? {
    begin(header.name, size: header.size)
    guard header.size <= Self.nameLimit, fill(atLeast: Int(header.size)) else {
      damage = damage ?? "an entry's name takes \(header.size) bytes of the archive"
      return nil
    }
    return withBytes { bytes in (0..<bytes.byteCount).map { bytes.byte(at: $0) } }
  }

  private func skipRest() {
    unread += padding
    padding = 0
    while unread > 0, fill(atLeast: 1) { consume(available) }
    unread = 0
  }

  /// Where the next byte is, in words.
  var location: String { location(at: 0) }

  /// Where the byte is that is `offset` further on, in words.
  func location(at offset: Int) -> String {
    place(at: offset).words
  }

  /// Where the byte is that is `offset` further on.
  func place(at offset: Int) -> StreamPlace {
    StreamPlace(
      byte: position + Int64(offset), line: releasedLine + lineEnds(before: taken + offset))
  }

  // MARK: Bytes

  /// Unread bytes of the current file in the window.
  var available: Int { Int(min(Int64(window.available - taken), unread)) }

  /// Reads until the window holds `count` unread bytes of the current file; false when fewer remain.
  func fill(atLeast count: Int) -> Bool {
    if count <= available { return true }
    release()
    if Int64(count) <= unread { return fillWindow(count) }
    _ = fillWindow(Int(unread))
    return false
  }

  private func fillWindow(_ count: Int) -> Bool {
    guard damage == nil || count <= window.available else { return false }
    do throws(ByteStreamError) {
      if try window.fill(atLeast: count) { return true }
      if isArchive, unread > 0 { damage = "the archive ends inside \(name)" }
      return false
    } catch {
      // Without the path: what a trace stores names no folders.
      damage = (error.offset.map { "byte \($0) of \(source.name): " } ?? "") + error.message
      return false
    }
  }

  /// Lends the unread bytes of the current file that are in the window.
  func withBytes<Value, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let range = taken..<taken + available
    return try window.withBytes { (bytes) throws(Failure) in
      try body(bytes.extracting(range))
    }
  }

  /// Up to 64 KiB by which the current file's format is recognised.
  package func start() -> [UInt8] {
    _ = fill(atLeast: 64 << 10)
    return withBytes { bytes in
      (0..<min(bytes.byteCount, 64 << 10)).map { bytes.byte(at: $0) }
    }
  }

  /// Marks bytes of the current file as used.
  func consume(_ count: Int) {
    taken += count
    position += Int64(count)
    if isArchive { unread -= Int64(count) }
  }

  /// Tells the window what was consumed.
  private func release() {
    guard taken > 0 else { return }
    releasedLine += lineEnds(before: taken)
    window.consume(taken)
    (taken, counted, countedLineEnds) = (0, 0, 0)
  }

  /// Line feeds among the first bytes of the window.
  ///
  /// Places are asked for one behind the other: each byte is looked at once.
  private func lineEnds(before count: Int) -> Int64 {
    if count < counted { (counted, countedLineEnds) = (0, 0) }
    let range = counted..<count
    countedLineEnds += window.withBytes { bytes in
      TraceIngest.lineEnds(in: bytes.extracting(range))
    }
    counted = count
    return countedLineEnds
  }
}

/// A place in a file.
struct StreamPlace: Sendable, Hashable {
  var byte: Int64
  /// Counted from 1.
  var line: Int64

  var words: String { "byte \(byte), line \(line)" }
}

/// Line feeds in a text, 16 bytes at a time.
private func lineEnds(in text: RawSpan) -> Int64 {
  let count = text.byteCount
  let feed = SIMD16<UInt8>(repeating: 0x0A)
  let one = SIMD16<UInt8>(repeating: 1)
  var place = 0
  var total: Int64 = 0
  while place &+ 16 <= count {
    // Each byte of the sum counts to 255 before it would overflow.
    var sums = SIMD16<UInt8>()
    let end = min(count &- 15, place &+ 16 &* 255)
    while place < end {
      let bytes = unsafe text.unsafeLoadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self)
      sums &+= SIMD16<UInt8>().replacing(with: one, where: bytes .== feed)
      place &+= 16
    }
    for lane in 0..<16 { total &+= Int64(sums[lane]) }
  }
  while place < count {
    if text.byte(at: place) == 0x0A { total &+= 1 }
    place &+= 1
  }
  return total
}
