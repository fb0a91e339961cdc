package import ByteStreams

/// Lines of one source, pulled one at a time, so that the files of many ranks can be read in step.
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

  package let source: ByteSource
  /// 1-based number of the line that was pulled last.
  package private(set) var number: Int64 = 0
  /// Why the stream ended early, or nil.
  package private(set) var damage: ByteStreamError?
  private var window: ByteWindow
  /// Bytes of the line at the front of the window that are known to hold no line end.
  private var searched = 0

  package init(path: String, chunkBytes: Int = 1 << 20) throws(ByteStreamError) {
    source = try ByteSource(path: path)
    window = ByteWindow(source, chunkBytes: chunkBytes)
  }

  /// Lends the next line to `body`, without its `\n` or `\r\n`; the first one also without a byte
  /// order mark.
  package func next(_ body: (RawSpan) -> Void) -> Event {
    var isOverlong = false
    while true {
      if let length = window.firstIndex(of: UInt8(ascii: "\n"), from: searched) {
        isOverlong = isOverlong || length > Self.lineLimit
        if !isOverlong { deliver(length, to: body) }
        return finish(consuming: length + 1, isOverlong ? .overlong : .line)
      }
      searched = window.available
      if isOverlong || searched > Self.lineLimit {
        isOverlong = true
        window.consume(searched)
        searched = 0
      }
      guard fillMore() else { break }
    }
    if damage != nil { return finishStream(hadBytes: isOverlong || searched > 0, .cut) }
    if isOverlong || searched > Self.lineLimit {
      return finishStream(hadBytes: true, .overlong)
    }
    if searched > 0 { deliver(searched, to: body) }
    return finishStream(hadBytes: searched > 0, .line)
  }

  private func deliver(_ length: Int, to body: (RawSpan) -> Void) {
    window.withBytes { bytes in
      let endsWithReturn = length > 0 && bytes.byte(at: length - 1) == UInt8(ascii: "\r")
      let end = endsWithReturn ? length - 1 : length
      let start = number == 0 && hasByteOrderMark(bytes.extracting(first: end)) ? 3 : 0
      body(bytes.extracting(start..<end))
    }
  }

  private func finish(consuming count: Int, _ event: Event) -> Event {
    window.consume(count)
    searched = 0
    number += 1
    return event
  }

  private func finishStream(hadBytes: Bool, _ event: Event) -> Event {
    hadBytes ? finish(consuming: window.available, event) : .end
  }

  private func fillMore() -> Bool {
    guard damage == nil else { return false }
    do throws(ByteStreamError) {
      return try window.fill(atLeast: window.available + 1)
    } catch {
      damage = error
      return false
    }
  }

  private func hasByteOrderMark(_ line: RawSpan) -> Bool {
    line.byteCount >= byteOrderMark.count
      && byteOrderMark.indices.allSatisfy { line.byte(at: $0) == byteOrderMark[$0] }
  }
}
