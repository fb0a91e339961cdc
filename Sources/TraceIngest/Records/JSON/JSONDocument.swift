internal import TraceModel

/// A JSON document whose bulk is one list of objects, read record by record as it streams by.
///
/// The document is an object with the list among its members, or the bare list; without a list it is
/// a sequence of objects, one on a line or printed over several. The grammar of all of it is checked.
/// A record is looked at where it stands in the window; when the window ends inside it, more is read
/// and it is looked at again. Memory is that of the longest record, which has a limit.
package struct JSONDocument {
  /// Longest record or other member that is read: 16 MiB.
  package static let recordByteLimit = 16 << 20

  /// What was met.
  package enum Event {
    /// An object of the list or sequence.
    case record
    /// An element of the list that is no object.
    case otherElement
    /// A member of the document beside the list, and where its value stands in the text.
    case member(name: String, value: JSONCursor)
    /// Part of a sequence that is no object; reading goes on at the next line with a `{`.
    case malformed(JSONDefect)
  }

  /// Why the document could not be read to its end: byte, line and reason; or nil.
  package private(set) var damage: String?
  /// Elements of the list or sequence, whatever they are.
  package private(set) var recordCount: Int64 = 0

  private let stream: MemberStream
  private let listName: String?
  private let recordKeys: [String]

  /// - Parameters:
  ///   - list: the member that is the list; nil for a sequence of objects.
  ///   - recordKeys: the keys of a record whose places are noted.
  package init(_ stream: MemberStream, list: String?, recordKeys: [String]) {
    self.stream = stream
    listName = list
    self.recordKeys = recordKeys
  }

  private enum Place { case sequence, firstMember, laterMember, firstRecord, laterRecord }

  /// Lends each record, and the value of each other member, to `body` with the text it stands in.
  ///
  /// The text is lent for the call alone.
  package mutating func read(_ body: (RawSpan, JSONRecord, Event) -> Void) {
    var record = JSONRecord(keys: recordKeys)
    guard let isList = beginsWithList() else { return }
    if listName == nil && !isList {
      elements(from: .sequence, &record, body)
    } else if isList {
      guard elements(from: .firstRecord, &record, body) else { return }
      end()
    } else {
      var place = Place.firstMember
      while let next = member(at: place, &record, body) { place = next }
    }
  }

  private mutating func beginsWithList() -> Bool? {
    attempt { (text, cursor) throws(JSONDefect) in
      if text.byteCount >= byteOrderMark.count,
        byteOrderMark.indices.allSatisfy({ text.byte(at: $0) == byteOrderMark[$0] })
      {
        cursor = JSONCursor(position: byteOrderMark.count)
      }
      return try cursor.beginsArray(text)
    }
  }

  /// One member of the document, with all of the list when it is that; nil when no other follows.
  private mutating func member(
    at place: Place, _ record: inout JSONRecord, _ body: (RawSpan, JSONRecord, Event) -> Void
  ) -> Place? {
    var name = ""
    var isList = false
    let wanted = listName
    let start = attempt { (text, cursor) throws(JSONDefect) in
      let hasMore =
        if place == .firstMember {
          try cursor.beginObject(text)
        } else { try cursor.anotherMember(text) }
      guard hasMore else { return JSONCursor?.none }
      name = text.string(in: try cursor.memberName(text))
      isList = name == wanted
      if isList { isList = try cursor.beginsArray(text) }
      return cursor
    }
    guard let start else { return nil }
    guard start != nil else {
      end()
      return nil
    }
    if isList { return elements(from: .firstRecord, &record, body) ? .laterMember : nil }
    let places = record
    let isRead: Void? = attempt(lending: { text, value in
      body(text, places, .member(name: name, value: value))
    }) {
      (text, cursor) throws(JSONDefect) in
      try cursor.skipValue(text, depth: 1)
    }
    return isRead == nil ? nil : .laterMember
  }

  private mutating func end() {
    _ = attempt { (text, cursor) throws(JSONDefect) in try cursor.end(text) }
  }

  // MARK: Elements

  private enum Element {
    case event(Event)
    case end
  }

  private enum Pause {
    case needsMore(JSONDefect)
    case defect(JSONDefect)
    case end
  }

  /// All elements of the list or sequence; false when it was damaged.
  @discardableResult
  private mutating func elements(
    from first: Place, _ record: inout JSONRecord, _ body: (RawSpan, JSONRecord, Event) -> Void
  ) -> Bool {
    var place = first
    var wanted = 1
    while true {
      let hasMore = stream.fill(atLeast: wanted)
      var used = 0
      var reached = 0
      var pause = Pause.end
      var count = recordCount
      // One lending of the window for all records in it.
      stream.withBytes { text in
        var cursor = JSONCursor()
        while true {
          cursor.position = used
          do throws(JSONDefect) {
            let element = try Self.element(text, &cursor, at: place, &record)
            reached = cursor.position
            // What ends where the window does may go on.
            if hasMore, reached == text.byteCount {
              pause = .needsMore(.unterminated)
              return
            }
            guard case .event(let event) = element else {
              used = reached
              return
            }
            count &+= 1
            record.begin(at: Self.ownStart(text, after: used, at: place), number: count)
            body(text, record, event)
          } catch {
            reached = cursor.position
            pause = reached == text.byteCount ? .needsMore(error) : .defect(error)
            return
          }
          used = reached
          if place == .firstRecord { place = .laterRecord }
        }
      }
      recordCount = count
      stream.consume(used)
      switch pause {
      case .end: return true
      case .defect(let defect):
        stop(defect.words, at: reached - used)
        return false
      case .needsMore(let defect):
        let available = stream.available
        guard hasMore else {
          stop(endWords(defect), at: available)
          return false
        }
        guard available < Self.recordByteLimit else {
          stop(Self.overlongWords, at: 0)
          return false
        }
        wanted = min(max(available * 2, 1), Self.recordByteLimit + 1)
      }
    }
  }

  /// Where an element itself begins, behind white space and a comma or the list's bracket.
  private static func ownStart(_ text: RawSpan, after used: Int, at place: Place) -> Int {
    let cursor = JSONCursor(position: used)
    let start = cursor.placePastSpace(text, from: used)
    guard place != .sequence else { return start }
    // The mark itself was seen when the element was read.
    return cursor.placePastSpace(text, from: start &+ 1)
  }

  /// One element behind a comma or an opening bracket, or the next object of a sequence.
  private static func element(
    _ text: RawSpan, _ cursor: inout JSONCursor, at place: Place, _ record: inout JSONRecord
  ) throws(JSONDefect) -> Element {
    switch place {
    case .sequence: return try object(text, &cursor, &record)
    case .firstRecord: guard try cursor.beginArray(text) else { return .end }
    default: guard try cursor.anotherElement(text) else { return .end }
    }
    guard cursor.beginsObject(text) else {
      try cursor.skipValue(text, depth: 2)
      return .event(.otherElement)
    }
    try record.scan(text, with: &cursor)
    return .event(.record)
  }

  private static func object(
    _ text: RawSpan, _ cursor: inout JSONCursor, _ record: inout JSONRecord
  ) throws(JSONDefect) -> Element {
    guard cursor.hasValue(text) else { return .end }
    let start = cursor
    do throws(JSONDefect) {
      try record.scan(text, with: &cursor)
      return .event(.record)
    } catch {
      // At the end of the window it is looked at again; else it is this object's own defect.
      guard cursor.position < text.byteCount else { throw error }
      cursor = start
      cursor.skipToObject(text)
      return .event(.malformed(error))
    }
  }

  // MARK: Steps

  /// Tries a step on what is in the window, and again with more bytes when it ends too soon; then
  /// consumes what it stepped over.
  ///
  /// A step that ends where the window does is tried again too: a number may go on.
  private mutating func attempt<Value>(
    lending body: (RawSpan, JSONCursor) -> Void = { _, _ in },
    _ step: (RawSpan, inout JSONCursor) throws(JSONDefect) -> Value
  ) -> Value? {
    var hasMore = stream.fill(atLeast: 1)
    while true {
      var outcome: Result<Value, JSONDefect> = .failure(.unterminated)
      var position = 0
      stream.withBytes { text in
        var cursor = JSONCursor()
        do throws(JSONDefect) {
          outcome = .success(try step(text, &cursor))
        } catch {
          outcome = .failure(error)
        }
        position = cursor.position
      }
      let available = stream.available
      if position == available, hasMore {
        guard available < Self.recordByteLimit else {
          stop(Self.overlongWords, at: 0)
          return nil
        }
        hasMore = stream.fill(atLeast: min(max(available * 2, 1), Self.recordByteLimit + 1))
        if stream.available > available { continue }
      }
      switch outcome {
      case .success(let value):
        stream.withBytes { text in body(text, JSONCursor()) }
        stream.consume(position)
        return value
      case .failure(let defect):
        stop(position == available ? endWords(defect) : defect.words, at: position)
        return nil
      }
    }
  }

  private static let overlongWords =
    "a record is longer than the limit of \(recordByteLimit >> 20) MiB"

  /// Why nothing more can be read at the end of the bytes.
  private func endWords(_ defect: JSONDefect) -> String {
    stream.damage ?? (defect == .unterminated ? "the file ends too soon" : defect.words)
  }

  private mutating func stop(_ words: String, at offset: Int) {
    stream.consume(min(offset, stream.available))
    damage = "\(stream.location): \(words)"
  }
}

extension RawSpan {
  /// Some bytes as text.
  func string(in range: Range<Int>) -> String {
    String(decoding: range.map { byte(at: $0) }, as: UTF8.self)
  }
}
