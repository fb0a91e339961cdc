internal import TraceModel

/// A JSON document whose bulk is one list of objects, read record by record as it streams by.
///
/// The document is an object with the list among its members, or the bare list; without a list it is
/// a sequence of objects, one on a line or printed over several. The grammar of all of it is checked. A record is looked at where it stands in the window; when the window ends
/// inside it, more is read and it is looked at again. Memory is that of the longest record, which
/// has a limit.
package final class JSONDocument {
  /// Longest record or other member that is read: 16 MiB.
  package static let recordByteLimit = 16 << 20

  /// What the next step met.
  package enum Event {
    /// An object of the list.
    case record
    /// An element of the list that is no object.
    case otherElement
    /// A member of the document beside the list, and where its value stands in the text.
    case member(name: String, value: JSONCursor)
    /// An object of a sequence that is none; reading goes on at the next line with a `{`.
    case malformed(JSONDefect)
    case end
  }

  let stream: MemberStream
  /// Why the document could not be read to its end: byte, line and reason; or nil.
  package private(set) var damage: String?
  /// Records that were begun, used or not.
  package private(set) var recordCount: Int64 = 0

  private enum Place {
    case start, sequence, firstMember, laterMember, firstRecord, laterRecord, tail, ended
  }

  private let listName: String?
  private var record: JSONRecord
  private var place = Place.start
  private var isBareList = false
  /// Bytes at the front of the window that the step before delivered.
  private var delivered = 0

  package init(_ stream: MemberStream, list: String?, recordKeys: [String]) {
    self.stream = stream
    listName = list
    record = JSONRecord(keys: recordKeys)
  }

  /// Lends the next record, or the value of the next other member, to `body`.
  package func next(_ body: (RawSpan, JSONRecord, Event) -> Void) -> Event {
    while place != .ended {
      stream.consume(delivered)
      delivered = 0
      guard let event = step() else { continue }
      stream.withBytes { text in body(text, record, event) }
      return event
    }
    return .end
  }

  /// One step; nil when it met nothing to deliver.
  private func step() -> Event? {
    switch place {
    case .start: begin()
    case .sequence: return sequenceElement()
    case .firstMember, .laterMember: return member()
    case .firstRecord, .laterRecord: return element()
    case .tail: finish()
    case .ended: break
    }
    return nil
  }

  private func begin() {
    let isList = attempt { (text, cursor) throws(JSONDefect) in
      if text.byteCount >= 3,
        byteOrderMark.indices.allSatisfy({ text.byte(at: $0) == byteOrderMark[$0] })
      {
        cursor = JSONCursor(position: byteOrderMark.count)
      }
      return try cursor.beginsArray(text)
    }
    guard let isList else { return }
    isBareList = isList
    place = isList ? .firstRecord : listName == nil ? .sequence : .firstMember
  }

  /// Steps to the next member's value; enters the list when it is that.
  private func member() -> Event? {
    let isFirst = place == .firstMember
    let wanted = listName
    var name = ""
    var isList = false
    var value = JSONCursor()
    let hasMember = attempt { (text, cursor) throws(JSONDefect) in
      let hasMore =
        if isFirst { try cursor.beginObject(text) } else { try cursor.anotherMember(text) }
      guard hasMore else { return false }
      let range = try cursor.memberName(text)
      name = text.string(in: range)
      isList = name == wanted
      if isList { isList = try cursor.beginsArray(text) }
      value = cursor
      if !isList { try cursor.skipValue(text, depth: 1) }
      return true
    }
    guard let hasMember else { return nil }
    place = !hasMember ? .tail : isList ? .firstRecord : .laterMember
    return hasMember && !isList ? .member(name: name, value: value) : nil
  }

  /// Steps over the next element of the list.
  private func element() -> Event? {
    let isFirst = place == .firstRecord
    var isObject = false
    let hasElement = attempt { (text, cursor) throws(JSONDefect) in
      let hasMore =
        if isFirst { try cursor.beginArray(text) } else { try cursor.anotherElement(text) }
      guard hasMore else { return false }
      isObject = cursor.beginsObject(text)
      if isObject {
        try record.scan(text, with: &cursor)
      } else {
        try cursor.skipValue(text, depth: 2)
      }
      return true
    }
    guard let hasElement else { return nil }
    place = hasElement ? .laterRecord : isBareList ? .tail : .laterMember
    guard hasElement else { return nil }
    recordCount += 1
    return isObject ? .record : .otherElement
  }

  /// Steps over the next object of a sequence.
  private func sequenceElement() -> Event? {
    var defect: JSONDefect?
    let hasElement = attempt { (text, cursor) throws(JSONDefect) in
      defect = nil
      guard cursor.hasValue(text) else { return false }
      let start = cursor
      do throws(JSONDefect) {
        try record.scan(text, with: &cursor)
      } catch {
        // The end of the window is looked at again; anything else is this object's own defect.
        guard cursor.position < text.byteCount else { throw error }
        defect = error
        cursor = start
        cursor.skipToObject(text)
      }
      return true
    }
    guard hasElement == true else {
      place = .ended
      return nil
    }
    recordCount += 1
    return defect.map { .malformed($0) } ?? .record
  }

  private func finish() {
    _ = attempt { (text, cursor) throws(JSONDefect) in try cursor.end(text) }
    place = .ended
  }

  /// Tries a step on what is in the window, and again with more bytes when it ends too soon.
  ///
  /// A step that ends where the window does is tried again too: a number may go on.
  private func attempt<Value>(
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
          return stop(
            "a record is longer than the limit of \(Self.recordByteLimit >> 20) MiB", at: 0)
        }
        hasMore = stream.fill(atLeast: min(available * 2, Self.recordByteLimit + 1))
        if stream.available > available { continue }
      }
      switch outcome {
      case .success(let value):
        delivered = position
        return value
      case .failure(let defect):
        return stop(
          stream.damage ?? (defect == .unterminated ? "the file ends too soon" : defect.words),
          at: position)
      }
    }
  }

  private func stop<Value>(_ words: String, at offset: Int) -> Value? {
    stream.consume(min(offset, stream.available))
    damage = "\(stream.location): \(words)"
    place = .ended
    return nil
  }
}

extension RawSpan {
  /// Some bytes as text.
  func string(in range: Range<Int>) -> String {
    String(decoding: range.map { byte(at: $0) }, as: UTF8.self)
  }
}
