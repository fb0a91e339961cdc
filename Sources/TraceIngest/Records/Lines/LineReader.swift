package import ByteStreams

/// Lines of one file, inside an archive or not, pulled one at a time, so that the files
/// of many ranks can be read in step.
package final class LineReader {
  /// What the next pull met.
  package enum Event: Sendable, Hashable {
    case line
    /// A line above the limit; it was passed over in bounded memory.
    case overlong
    /// A last line that damage of the stream cut; it was not delivered.
    case cut
    case end
  }

  /// Longest line that is delivered.
  package static let lineLimit = ByteLimits().maximumLineBytes

  /// 1-based number of the line that was pulled last.
  package private(set) var number: Int64 = 0
  private let stream: MemberStream
  /// Unread bytes of the line at the front that are known to hold no line end.
  private var searched = 0

  /// Lines of a file, or of the first file in an archive.
  package convenience init(path: String, chunkBytes: Int = 1 << 20) throws(ByteStreamError) {
    let stream = try MemberStream(path: path, chunkBytes: chunkBytes)
    _ = stream.nextMember()
    self.init(stream)
  }

  /// Lines of the file that a stream stands in.
  init(_ stream: MemberStream) { self.stream = stream }

  package var source: ByteSource { stream.source }
  /// The file's own name.
  var name: String { stream.name }
  var isInArchive: Bool { stream.isArchive }
  /// Why the stream ended early, in words, or nil.
  package var damage: String? { stream.damage }

  /// Lends the next line to `body`, without its `\n` or `\r\n`; the first one also without a byte
  /// order mark.
  package func next(_ body: (RawSpan) -> Void) -> Event {
    var isOverlong = false
    while true {
      let end = stream.withBytes { $0.firstIndex(of: 0x0A, from: searched) }
      if let length = end {
        isOverlong = isOverlong || length > Self.lineLimit
        if !isOverlong { deliver(length, to: body) }
        return finish(consuming: length + 1, isOverlong ? .overlong : .line)
      }
      searched = stream.available
      if isOverlong || searched > Self.lineLimit {
        isOverlong = true
        stream.consume(searched)
        searched = 0
      }
      guard stream.fill(atLeast: stream.available + 1) else { break }
    }
    if damage != nil { return finishStream(hadBytes: isOverlong || searched > 0, .cut) }
    if isOverlong || searched > Self.lineLimit {
      return finishStream(hadBytes: true, .overlong)
    }
    if searched > 0 { deliver(searched, to: body) }
    return finishStream(hadBytes: searched > 0, .line)
  }

  private func deliver(_ length: Int, to body: (RawSpan) -> Void) {
    stream.withBytes { bytes in
      let endsWithReturn = length > 0 && bytes.byte(at: length - 1) == UInt8(ascii: "\r")
      let end = endsWithReturn ? length - 1 : length
      let start = number == 0 && hasByteOrderMark(bytes.extracting(first: end)) ? 3 : 0
      body(bytes.extracting(start..<end))
    }
  }

  private func finish(consuming count: Int, _ event: Event) -> Event {
    stream.consume(count)
    searched = 0
    number += 1
    return event
  }

  private func finishStream(hadBytes: Bool, _ event: Event) -> Event {
    hadBytes ? finish(consuming: stream.available, event) : .end
  }

  private func hasByteOrderMark(_ line: RawSpan) -> Bool {
    line.byteCount >= byteOrderMark.count
      && byteOrderMark.indices.allSatisfy { line.byte(at: $0) == byteOrderMark[$0] }
  }
}
