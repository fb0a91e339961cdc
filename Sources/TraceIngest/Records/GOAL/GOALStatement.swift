/// What stands on a line of a GOAL schedule.
enum GOALStatement {
  case rankCount(UInt64)
  case beginRank(UInt64)
  case endRank
  /// A node, and where its label stands; without one nothing can depend on it.
  case node(GOALNode, label: Range<Int>?)
  case dependency(Range<Int>, on: Range<Int>, isOnStart: Bool)
}

/// Takes a line of a schedule apart, statement by statement.
///
/// The grammar is that of txt2bin (spcl/LogGOPSim and LogGOPSim2, txt2bin.re): `rank` blocks hold
/// `label: send 8b to 3 tag 1 cpu 0 nic 0`, `recv … from`, `calc nanoseconds`, LogGOPSim2's Portals
/// operations, and `a requires b` or `a irequires b`; `//` and `/* … */` are comments.
struct GOALScanner {
  /// True inside a comment of several lines.
  private(set) var isInComment = false
  private var position = 0

  mutating func beginLine() { position = 0 }

  /// The next statement of the line; nil at its end.
  mutating func next(_ line: RawSpan) throws(GOALDefect) -> GOALStatement? {
    guard let first = token(line) else { return nil }
    if line.byte(at: first.lowerBound) == UInt8(ascii: "}") { return .endRank }
    let word = line.extracting(first)
    if word.equals("num_ranks") { return .rankCount(try number(line)) }
    if word.equals("rank") {
      let rank = try number(line)
      guard let brace = token(line), line.byte(at: brace.lowerBound) == UInt8(ascii: "{") else {
        throw .unknownStatement
      }
      return .beginRank(rank)
    }
    if let node = try node(line, keyword: word) { return .node(node, label: nil) }
    return try labelled(line, first)
  }

  /// What follows a label: a colon and a node, or what it requires.
  private mutating func labelled(
    _ line: RawSpan, _ label: Range<Int>
  ) throws(GOALDefect) -> GOALStatement {
    guard Self.isLetter(line.byte(at: label.lowerBound)), let second = token(line) else {
      throw .unknownStatement
    }
    if line.byte(at: second.lowerBound) == UInt8(ascii: ":") {
      guard let keyword = token(line), let node = try node(line, keyword: line.extracting(keyword))
      else { throw .unknownStatement }
      return .node(node, label: label)
    }
    let word = line.extracting(second)
    let isOnStart = word.equals("irequires")
    guard isOnStart || word.equals("requires"), let other = token(line) else {
      throw .unknownStatement
    }
    try end(line)
    return .dependency(label, on: other, isOnStart: isOnStart)
  }

  // MARK: Nodes

  /// The node that a keyword begins; nil when it begins none.
  private mutating func node(
    _ line: RawSpan, keyword: RawSpan
  ) throws(GOALDefect) -> GOALNode? {
    guard let kind = Self.kind(of: keyword) else { return nil }
    var node = GOALNode(kind: kind)
    switch kind {
    case .compute: node.size = try size(line)
    case .simulatedCompute:
      _ = try number(line)
      node.size = try bytes(line)
    case .test:
      node.awaitedCounter = try counter(line)
      guard try word(line, is: "for") else { throw .unknownStatement }
      node.threshold = try size(line)
    case .send, .receive, .put, .get, .append, .triggeredPut, .triggeredGet, .triggeredAppend:
      node.size = try bytes(line)
    }
    try readOptions(line, of: &node)
    return node
  }

  private static func kind(of word: RawSpan) -> GOALKind? {
    if word.equals("send") { return .send }
    if word.equals("recv") { return .receive }
    if word.equals("calc") { return .compute }
    if word.equals("put") { return .put }
    if word.equals("get") { return .get }
    if word.equals("append") { return .append }
    if word.equals("test") { return .test }
    if word.equals("tput") { return .triggeredPut }
    if word.equals("tget") { return .triggeredGet }
    if word.equals("tappend") { return .triggeredAppend }
    return word.equals("calcgem5") ? .simulatedCompute : nil
  }

  /// Everything behind a node's size, to the end of the line.
  private mutating func readOptions(
    _ line: RawSpan, of node: inout GOALNode
  ) throws(GOALDefect) {
    var hasPeer = !node.kind.hasPeer
    while let range = token(line) {
      let word = line.extracting(range)
      if word.equals("to") || word.equals("from") || word.equals("allowed") {
        // An append says `to priority_list` before the rank that it allows.
        if try takesList(line) { continue }
        node.peer = try rank(line)
        hasPeer = true
      } else if word.equals("tag") {
        node.tag = try tag(line)
      } else if word.equals("ct") {
        node.counter = try counter(line)
      } else if word.equals("when") {
        node.awaitedCounter = try counter(line)
      } else if word.equals("reaches") {
        node.threshold = try size(line)
      } else if word.equals("use_once") {
        node.isUsedOnce = true
      } else if Self.isIgnored(word) {
        _ = try number(line)
      } else {
        throw .trailingWords
      }
    }
    guard hasPeer else { throw .bytesExpected }
  }

  private mutating func takesList(_ line: RawSpan) throws(GOALDefect) -> Bool {
    let before = position
    guard let range = token(line) else { throw .numberExpected }
    let word = line.extracting(range)
    if word.equals("priority_list") || word.equals("overflow_list") { return true }
    position = before
    return false
  }

  /// Processor, network interface and the handlers of a programmable one: no trace holds them.
  private static func isIgnored(_ word: RawSpan) -> Bool {
    word.equals("cpu") || word.equals("nic") || word.equals("hh") || word.equals("ph")
      || word.equals("ch") || word.equals("mem") || word.equals("arg1") || word.equals("arg2")
      || word.equals("arg3") || word.equals("arg4")
  }

  // MARK: Tokens

  /// The next word, number or sign; nil at the end of the line.
  private mutating func token(_ line: RawSpan) -> Range<Int>? {
    skipBlanks(line)
    guard position < line.byteCount else { return nil }
    let start = position
    position += 1
    guard Self.isWordByte(line.byte(at: start)) else { return start..<position }
    while position < line.byteCount, Self.isWordByte(line.byte(at: position)) { position += 1 }
    return start..<position
  }

  private mutating func skipBlanks(_ line: RawSpan) {
    while position < line.byteCount {
      if isInComment {
        isInComment = !begins(line, UInt8(ascii: "*"), UInt8(ascii: "/"))
        position += isInComment ? 1 : 2
      } else if begins(line, UInt8(ascii: "/"), UInt8(ascii: "/")) {
        position = line.byteCount
      } else if begins(line, UInt8(ascii: "/"), UInt8(ascii: "*")) {
        isInComment = true
        position += 2
      } else if line.byte(at: position) == 0x20 || line.byte(at: position) == 0x09 {
        position += 1
      } else {
        return
      }
    }
  }

  private func begins(_ line: RawSpan, _ first: UInt8, _ second: UInt8) -> Bool {
    position + 1 < line.byteCount && line.byte(at: position) == first
      && line.byte(at: position + 1) == second
  }

  private mutating func end(_ line: RawSpan) throws(GOALDefect) {
    guard token(line) == nil else { throw .trailingWords }
  }

  private mutating func word(_ line: RawSpan, is expected: StaticString) throws(GOALDefect) -> Bool
  {
    guard let range = token(line) else { return false }
    return line.extracting(range).equals(expected)
  }

  // MARK: Numbers

  /// A number whose digits may be followed by other letters, which are left for the next token.
  private mutating func number(_ line: RawSpan) throws(GOALDefect) -> UInt64 {
    skipBlanks(line)
    let start = position
    var value: UInt64 = 0
    while position < line.byteCount {
      let digit = line.byte(at: position) &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = tens.addingReportingOverflow(UInt64(digit))
      guard !overflows, !carries else { throw .numberTooLarge }
      value = sum
      position += 1
    }
    guard position > start else { throw .numberExpected }
    return value
  }

  private mutating func size(_ line: RawSpan) throws(GOALDefect) -> Int64 {
    let value = try number(line)
    guard value <= GOALSchedule.sizeLimit else { throw .numberTooLarge }
    return Int64(value)
  }

  private mutating func bytes(_ line: RawSpan) throws(GOALDefect) -> Int64 {
    let value = try size(line)
    guard try word(line, is: "b") else { throw .bytesExpected }
    return value
  }

  private mutating func counter(_ line: RawSpan) throws(GOALDefect) -> Int32 {
    guard let value = Int32(exactly: try number(line)) else { throw .numberTooLarge }
    return value
  }

  /// A rank, or −1 for any.
  private mutating func rank(_ line: RawSpan) throws(GOALDefect) -> Int32 {
    if try takesMinusOne(line) { return GOALNode.any }
    return try counter(line)
  }

  private mutating func tag(_ line: RawSpan) throws(GOALDefect) -> UInt32 {
    if try takesMinusOne(line) { return GOALNode.anyTag }
    guard let value = UInt32(exactly: try number(line)) else { throw .numberTooLarge }
    return value
  }

  private mutating func takesMinusOne(_ line: RawSpan) throws(GOALDefect) -> Bool {
    skipBlanks(line)
    guard position < line.byteCount, line.byte(at: position) == UInt8(ascii: "-") else {
      return false
    }
    position += 1
    guard try number(line) == 1 else { throw .numberExpected }
    return true
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
  }
}
