internal import ByteStreams
internal import Glibc
internal import PacketFormats
internal import TraceModel

/// When a capture file begins and ends and at which interfaces it was recorded, found without
/// decoding its packets.
struct CaptureSurvey: Sendable {
  /// What tells one interface from another as far as the file says.
  struct Interface: Sendable, Equatable {
    var linkTypeNumber: UInt32
    /// Of pcapng only.
    var name: String?
  }

  var path: String
  var name: String
  /// Times of the first and the last packet; nil when there is none.
  var firstTime: Int64?
  var lastTime: Int64?
  var interfaces: [Interface] = []
  /// Bytes on disk; nil for what was not looked into.
  private(set) var byteCount: Int64?
  /// Why not even the file's header can be read, where it ends before that.
  private(set) var headerDefect: String?

  /// True for the file of a recording that was stopped before it wrote anything.
  var isUnbegun: Bool { byteCount == 0 && path.hasSuffix(".partial") }

  /// Bytes at the end of a plain file in which the last packet is looked for.
  private static let tailByteCount = 4 << 20

  /// - Parameters:
  ///   - path: a regular file.
  ///   - limit: the end of a compressed file need not be found when it is later than this.
  ///
  /// O(1) for plain files whose end can be read; otherwise all of the file is walked over.
  init(path: String, until limit: Int64) throws(IngestError) {
    self.path = path
    do throws(ByteStreamError) {
      let source = try ByteSource(path: path)
      name = source.name
      byteCount = source.compressedByteCount
      var window = ByteWindow(source, chunkBytes: 256 << 10)
      headerDefect = try Self.readHeader(&window)
      let fileName = source.name
      guard headerDefect == nil,
        var framing = window.withBytes({ CaptureFraming($0, fileName: fileName) })
      else {
        // Reading it will say what it is.
        return
      }
      window.consume(framing.headerByteCount)
      Self.walk(&window, &framing, until: .min, &firstTime, &lastTime)
      interfaces = framing.interfaces.map {
        Interface(linkTypeNumber: $0.linkTypeNumber, name: $0.name)
      }
      guard firstTime != nil else { return }
      let isPlain = source.compression == .none
      if isPlain, let size = source.compressedByteCount,
        let found = Self.endTime(path, size: size, framing, near: firstTime)
      {
        lastTime = max(found, lastTime ?? found)
      } else {
        Self.walk(&window, &framing, until: limit, &firstTime, &lastTime)
      }
    } catch {
      throw IngestError(error.message, at: error.file, advice: error.advice)
    }
  }

  /// Reads the first bytes, and says in words when they are too few.
  private static func readHeader(
    _ window: inout ByteWindow
  ) throws(ByteStreamError) -> String? {
    do throws(ByteStreamError) {
      _ = try window.fill(atLeast: PcapFraming.headerByteCount)
    } catch {
      guard error.reason == .truncated else { throw error }
      return "the file ends inside its header: \(error.message)"
    }
    if window.available == 0 { return "the file is empty" }
    let isCut = window.withBytes { CaptureFraming.isCut($0) }
    return isCut ? "the file ends inside its header: it has \(window.available) bytes" : nil
  }

  /// Walks over records up to the first packet that is later than `limit`; damage ends the walk.
  private static func walk(
    _ window: inout ByteWindow, _ framing: inout CaptureFraming, until limit: Int64,
    _ first: inout Int64?, _ last: inout Int64?
  ) {
    while true {
      var offset = 0
      let needed = window.withBytes { bytes in
        step(over: bytes, &offset, &framing, until: limit, &first, &last)
      }
      var rest = offset
      while rest > window.available {
        rest -= window.available
        window.consume(window.available)
        guard (try? window.fill(atLeast: 1)) == true else { return }
      }
      window.consume(rest)
      guard let needed, (try? window.fill(atLeast: needed)) == true else { return }
    }
  }

  /// Walks over the records in some bytes.
  ///
  /// - Returns: bytes that are needed behind `offset` to go on, or nil at the end of the walk.
  private static func step(
    over bytes: RawSpan, _ offset: inout Int, _ framing: inout CaptureFraming, until limit: Int64,
    _ first: inout Int64?, _ last: inout Int64?
  ) -> Int? {
    while true {
      if offset > bytes.byteCount { return 1 }
      switch framing.next(bytes, at: offset) {
      case .packet(let packet, let byteCount):
        offset += byteCount
        guard packet.hasTime else { continue }
        if first == nil { first = packet.time }
        last = max(last ?? packet.time, packet.time)
        if packet.time > limit { return nil }
      case .other(let byteCount), .section(let byteCount), .malformed(_, let byteCount):
        offset += byteCount
        if offset >= bytes.byteCount { return 1 }
      case .needsMore(let byteCount): return byteCount
      case .damaged: return nil
      }
    }
  }

  /// The latest time among the last packets of a plain file, or nil when none can be made out.
  private static func endTime(
    _ path: String, size: Int64, _ framing: CaptureFraming, near time: Int64?
  ) -> Int64? {
    let start = max(Int64(framing.headerByteCount), size - Int64(tailByteCount))
    guard let tail = bytes(of: path, from: start, count: Int(size - start)) else { return nil }
    var framing = framing
    var first: Int64?
    var last: Int64?
    var offset = 0
    let all = unsafe tail.span.bytes
    while true {
      let rest = all.extracting(offset...)
      guard let found = framing.resynchronised(rest, near: time) else { return last }
      offset += found
      _ = step(over: all, &offset, &framing, until: .max, &first, &last)
      // What is left at a cut end is shorter than a record; damage is passed over.
      if offset >= all.byteCount { return last }
    }
  }

  private static func bytes(of path: String, from start: Int64, count: Int) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, count > 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    var read = 0
    while read < count {
      let step = unsafe bytes.withUnsafeMutableBytes { all in
        unsafe pread(descriptor, all.baseAddress! + read, count - read, off_t(start) + off_t(read))
      }
      if step < 0, errno == EINTR { continue }
      guard step > 0 else { return nil }
      read += step
    }
    return bytes
  }

  /// True for a file that can be opened twice and read from any place.
  static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    guard path != "-", unsafe stat(path, &status) == 0 else { return false }
    return status.st_mode & S_IFMT == S_IFREG
  }
}
