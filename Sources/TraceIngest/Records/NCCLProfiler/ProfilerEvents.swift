internal import TraceModel

/// The events of a profiler dump, one after the other as they stream by.
///
/// The dump is a list of objects that may not be JSON: types and addresses without quotes, and an
/// empty object in the end. An object that a cut or mixed line left open ends where the next line
/// begins with `{`. Memory is that of the longest object, which has a limit.
enum ProfilerEvents {
  enum Step {
    case event(ProfilerEvent)
    /// An object that is cut, or whose numbers are none.
    case malformed
    case needsMore
    case end
  }

  private static let depthLimit = 16

  /// The event that begins at `place`, which is then behind it.
  private static func next(_ text: RawSpan, _ place: inout Int) -> Step {
    guard place < text.byteCount else { return .end }
    var scan = Scan(position: place + 1)
    let step = scan.read(text, depthLimit: depthLimit)
    if case .needsMore = step { return step }
    place = scan.position
    return step
  }

  /// True when something else stands between events than a list has there.
  private static func holdsOther(_ text: RawSpan, _ range: Range<Int>) -> Bool {
    range.contains { place in
      let byte = text.byte(at: place)
      return byte > 0x20 && byte != UInt8(ascii: ",") && byte != UInt8(ascii: "[")
        && byte != UInt8(ascii: "]") && byte < 0x80
    }
  }

  private struct Scan {
    var position: Int
    var event = ProfilerEvent()
    var isGood = true

    init(position: Int) { self.position = position }

    mutating func read(_ text: RawSpan, depthLimit: Int) -> Step {
      var depth = 1
      while position < text.byteCount {
        switch text.byte(at: position) {
        case UInt8(ascii: "\""):
          guard let key = quoted(text) else { return endOfLine(text) }
          skipSpace(text)
          guard position < text.byteCount else { return .needsMore }
          guard text.byte(at: position) == UInt8(ascii: ":") else { continue }
          position += 1
          skipSpace(text)
          guard position < text.byteCount else { return .needsMore }
          if text.byte(at: position) == UInt8(ascii: "{") { continue }
          guard let value = value(text) else { return endOfLine(text) }
          if !event.take(text, key: key, value: value) { isGood = false }
        case UInt8(ascii: "{"):
          depth += 1
          position += 1
          if depth > depthLimit { return .malformed }
        case UInt8(ascii: "}"):
          depth -= 1
          position += 1
          if depth == 0 { return isGood ? .event(event) : .malformed }
        case 0x0A:
          skipSpace(text)
          guard position < text.byteCount else { return .needsMore }
          // The next event begins inside this one.
          if text.byte(at: position) == UInt8(ascii: "{") { return .malformed }
        default: position += 1
        }
      }
      return .needsMore
    }

    /// The bytes between two quotes; nil when the line or text ends first.
    private mutating func quoted(_ text: RawSpan) -> Range<Int>? {
      position += 1
      let first = position
      while position < text.byteCount {
        switch text.byte(at: position) {
        case UInt8(ascii: "\""):
          position += 1
          return first..<position - 1
        case UInt8(ascii: "\\"): position += 2
        case 0x0A: return nil
        default: position += 1
        }
      }
      position = min(position, text.byteCount)
      return nil
    }

    private mutating func value(_ text: RawSpan) -> Range<Int>? {
      if text.byte(at: position) == UInt8(ascii: "\"") { return quoted(text) }
      let first = position
      while position < text.byteCount {
        let byte = text.byte(at: position)
        if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte <= 0x20 {
          return first..<position
        }
        position += 1
      }
      return nil
    }

    private func endOfLine(_ text: RawSpan) -> Step {
      position < text.byteCount ? .malformed : .needsMore
    }

    private mutating func skipSpace(_ text: RawSpan) {
      while position < text.byteCount, text.byte(at: position) <= 0x20 { position += 1 }
    }
  }

  /// Lends each event of a stream, and where it is, to `body`; nil stands for a malformed one.
  ///
  /// - Returns: why the stream could not be read to its end, or nil.
  static func read(
    _ stream: MemberStream,
    _ body: (_ event: ProfilerEvent?, _ text: RawSpan, _ location: () -> String) -> Void
  ) -> String? {
    var wanted = 1
    while true {
      let hasMore = stream.fill(atLeast: wanted)
      var used = 0
      var isInside = false
      stream.withBytes { text in
        while true {
          let start = text.firstIndex(of: UInt8(ascii: "{"), from: used) ?? text.byteCount
          if holdsOther(text, used..<start) { body(nil, text, { stream.location(at: used) }) }
          used = start
          var place = start
          switch next(text, &place) {
          case .event(let event): body(event, text, { stream.location(at: used) })
          case .malformed: body(nil, text, { stream.location(at: used) })
          case .needsMore:
            isInside = true
            used = place
            return
          case .end:
            used = place
            return
          }
          used = place
        }
      }
      stream.consume(used)
      let available = stream.available
      if !hasMore {
        guard isInside else { return stream.damage }
        return stream.damage ?? "\(stream.location): the file ends inside an event"
      }
      if available > JSONDocument.recordByteLimit {
        return "\(stream.location): an event is longer than the limit of "
          + "\(JSONDocument.recordByteLimit >> 20) MiB"
      }
      wanted = max(1, 2 * available)
    }
  }
}
