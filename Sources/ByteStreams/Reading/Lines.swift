/// What `forEachLine` went through.
public struct LineSummary: Sendable, Hashable {
  /// Lines delivered.
  public var delivered = 0
  /// Lines above the limit that were skipped.
  public var overlong = 0
  /// Bytes of the content, line ends included.
  public var byteCount: Int64 = 0
  /// Why the stream ended early, or nil when it was read to its end.
  public var damage: ByteStreamError?
  /// Bytes of a last line that damage cut; they were not delivered.
  public var cutBytes = 0

  public init() {}

  /// Lines read: delivered, overlong, and the one that damage cut.
  public var total: Int { delivered + overlong + (cutBytes > 0 ? 1 : 0) }
}

/// A line that was too long to deliver.
public struct OverlongLine: Sendable, Hashable {
  /// 1-based.
  public var number: Int
  /// Of its first byte in the decompressed content.
  public var offset: Int64
  public var byteCount: Int64
}

/// Calls `body` for each line of a source, without its `\n` or `\r\n`.
///
/// `body` gets the bytes, the 1-based line number and the offset of the first byte in the
/// decompressed content. A line above `limits.maximumLineBytes` is skipped in bounded memory,
/// counted, and reported to `onOverlong`. A last line without a line end is a line, unless the
/// stream is damaged there. Damage of the stream is not thrown but returned, after all good lines.
/// An error of `body` is passed on as it is.
@discardableResult
public func forEachLine<Failure: Error>(
  in source: ByteSource, chunkBytes: Int = 4 << 20,
  onOverlong: (OverlongLine) -> Void = { _ in },
  _ body: (_ line: RawSpan, _ number: Int, _ offset: Int64) throws(Failure) -> Void
) throws(Failure) -> LineSummary {
  var summary = LineSummary()
  var window = ByteWindow(source, chunkBytes: chunkBytes)
  let limit = min(source.limits.maximumLineBytes, source.limits.maximumWindowBytes - 2)
  var skipped: Int64 = 0
  var searched = 0
  while true {
    if let end = window.firstIndex(of: 0x0A, from: searched) {
      let length = skipped == 0 && end <= limit ? end : nil
      if let length {
        try deliverLine(length, of: window, number: summary.total + 1, to: body)
        summary.delivered += 1
      } else {
        onOverlong(
          OverlongLine(
            number: summary.total + 1, offset: window.position - skipped,
            byteCount: skipped + Int64(end)))
        summary.overlong += 1
      }
      window.consume(end + 1)
      (skipped, searched) = (0, 0)
      continue
    }
    searched = window.available
    if skipped > 0 || searched > limit {
      skipped += Int64(searched)
      window.consume(searched)
      searched = 0
    }
    do throws(ByteStreamError) {
      if try window.fill(atLeast: window.available + 1) { continue }
    } catch {
      summary.damage = error
    }
    break
  }
  // What is left has no line end.
  let rest = window.available
  if summary.damage != nil {
    summary.cutBytes = rest + Int(clamping: skipped)
  } else if skipped > 0 {
    onOverlong(
      OverlongLine(
        number: summary.total + 1, offset: window.position - skipped, byteCount: skipped))
    summary.overlong += 1
  } else if rest > 0 {
    try deliverLine(rest, of: window, number: summary.total + 1, to: body)
    summary.delivered += 1
  }
  summary.byteCount = window.position + Int64(rest)
  return summary
}

private func deliverLine<Failure: Error>(
  _ length: Int, of window: borrowing ByteWindow, number: Int,
  to body: (_ line: RawSpan, _ number: Int, _ offset: Int64) throws(Failure) -> Void
) throws(Failure) {
  let offset = window.position
  try window.withBytes(in: 0..<length) { bytes throws(Failure) in
    let last = length > 0 ? unsafe bytes.unsafeLoad(fromByteOffset: length - 1, as: UInt8.self) : 0
    let hasReturn = last == UInt8(ascii: "\r")
    try body(hasReturn ? bytes.extracting(first: length - 1) : bytes, number, offset)
  }
}
