/// What stands where a line of a member is expected.
enum MemberLine: Sendable, Hashable {
  case whole
  /// Longer than `LineReader.lineLimit`; it was passed over in bounded memory and is lent empty.
  case overlong
  /// The last one, which damage of the stream cut; it is lent empty.
  case cut
}

/// Lends the lines of one file, inside an archive or not, without their line ends; the first also
/// without a byte order mark.
///
/// Many lines are lent from one window; memory is that of the longest line, which has a limit.
/// Numbers of lines count from 1.
func forEachLine(
  of stream: MemberStream, _ body: (_ line: RawSpan, _ number: Int64, _ kind: MemberLine) -> Void
) {
  var number: Int64 = 0
  var wanted = 1
  var isOverlong = false
  while true {
    let hasMore = stream.fill(atLeast: wanted)
    var used = 0
    let damaged = stream.damage != nil
    stream.withBytes { bytes in
      var isAtEnd = false
      while !isAtEnd {
        let end = bytes.firstIndex(of: 0x0A, from: used)
        isAtEnd = end == nil
        if isAtEnd, hasMore || (used == bytes.byteCount && !isOverlong) { return }
        let range = used..<(end ?? bytes.byteCount)
        number += 1
        let kind: MemberLine =
          isOverlong || range.count > LineReader.lineLimit
          ? .overlong : isAtEnd && damaged ? .cut : .whole
        body(
          bytes.extracting(kind == .whole ? content(of: bytes, range, number) : 0..<0), number,
          kind)
        isOverlong = false
        used = range.upperBound + (isAtEnd ? 0 : 1)
      }
    }
    stream.consume(used)
    guard hasMore else { return }
    if isOverlong || stream.available > LineReader.lineLimit {
      isOverlong = true
      stream.consume(stream.available)
    }
    wanted = max(1, 2 * stream.available)
  }
}

/// Where a line is without `\r` and byte order mark.
private func content(of bytes: RawSpan, _ range: Range<Int>, _ number: Int64) -> Range<Int> {
  var range = range
  if let last = range.last, bytes.byte(at: last) == UInt8(ascii: "\r") {
    range = range.lowerBound..<last
  }
  if number == 1, range.count >= byteOrderMark.count,
    byteOrderMark.indices.allSatisfy({ bytes.byte(at: range.lowerBound + $0) == byteOrderMark[$0] })
  {
    range = range.lowerBound + byteOrderMark.count..<range.upperBound
  }
  return range
}
