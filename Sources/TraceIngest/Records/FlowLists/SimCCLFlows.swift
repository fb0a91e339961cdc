internal import TraceModel

/// The flows of one SimCCL list as its lines say them.
///
/// Tabs or commas stand between the columns `ID`, `parent_id`, `src`, `dst`, `size` and others, in
/// the order of the heading. A flow waits for all of its parents (`-1`: none); a size is a number
/// with `B`, `KB` (1,024 bytes), `MB`, `GB` or `TB`, or a number of bytes.
struct SimCCLFlows {
  private enum Column: Int, CaseIterable { case id, parents, source, destination, size }
  static let columnNames = ["ID", "parent_id", "src", "dst", "size"]
  private static let names = JSONWords(columnNames)

  private(set) var list = FlowList()
  private(set) var highestRank: Int32 = -1
  /// Parents that no flow of the list has as its ID.
  private(set) var unknownParents = 0
  private var ids = KeyTable()
  /// IDs of the parents, and where those of each flow begin.
  private var parents: [Int64] = []
  private var parentOffsets = [0]
  private let rankLimit: Int64
  private var separator: UInt8 = 0x09
  /// By column of a line: which of those it is, or −1.
  private var columns: [Int] = []
  /// Where the values of the line stand that is read.
  private var values = [Range<Int>](repeating: 0..<0, count: Column.allCases.count)

  init(declaredRanks: Int?) { rankLimit = Int64(declaredRanks ?? Int(Parallelism.rankLimit)) }

  /// True when a line is such a heading.
  static func isHeading(_ line: [UInt8]) -> Bool {
    let separator: UInt8 = line.contains(0x09) ? 0x09 : 0x2C
    let words = line.split(separator: separator).map { word in
      String(decoding: word.filter { $0 != 0x20 && $0 != 0x0D }, as: UTF8.self)
    }
    return ["ID", "parent_id", "src", "dst", "size"].allSatisfy { words.contains($0) }
  }

  mutating func read(_ stream: MemberStream, report: (Int64) -> Void) -> Ledger {
    var tally = LineTally<SimCCLFlowReason>()
    forEachLine(of: stream) { line, number, kind in
      let reason: SimCCLFlowReason? =
        switch kind {
        case .whole: take(line)
        case .overlong: .overlong
        case .cut: .cutByDamage
        }
      if let reason { tally.leave(reason, line: number) } else { tally.use() }
      if number % 4096 == 0 { report(number) }
    }
    return tally.ledger(source: stream.name, truncation: stream.damage)
  }

  // MARK: Lines

  private mutating func take(_ line: RawSpan) -> SimCCLFlowReason? {
    if isBlank(line) { return .blank }
    guard !columns.isEmpty else {
      readHeading(line)
      return .heading
    }
    guard split(line) else { return .columnCount }
    let firstParent = parents.count
    guard let id = decimal(line, values[Column.id.rawValue]),
      let source = decimal(line, values[Column.source.rawValue]),
      let destination = decimal(line, values[Column.destination.rawValue]),
      appendParents(line, values[Column.parents.rawValue])
    else {
      parents.removeSubrange(firstParent...)
      return .badNumber
    }
    guard let bytes = byteCount(line, values[Column.size.rawValue]) else {
      parents.removeSubrange(firstParent...)
      return .badSize
    }
    guard source < rankLimit, destination < rankLimit else {
      parents.removeSubrange(firstParent...)
      return .rankOutside
    }
    guard ids.number(of: UInt64(id)) == list.count else {
      parents.removeSubrange(firstParent...)
      return .repeatedID
    }
    parentOffsets.append(parents.count)
    list.source.append(Int32(source))
    list.destination.append(Int32(destination))
    list.bytes.append(bytes)
    highestRank = max(highestRank, Int32(max(source, destination)))
    return nil
  }

  private mutating func readHeading(_ line: RawSpan) {
    separator = line.firstIndex(of: 0x09, from: 0) != nil ? 0x09 : 0x2C
    var start = 0
    while start <= line.byteCount {
      let end = line.firstIndex(of: separator, from: start) ?? line.byteCount
      let word = trimmed(line, start..<end)
      columns.append(
        word.count > PackedWord.capacity
          ? -1 : Self.names.number(of: PackedWord(line, at: word.lowerBound, length: word.count)))
      start = end + 1
    }
  }

  /// Where each column's value stands; false when there are not as many as the heading has.
  ///
  /// Between quotes a separator is part of the value: a list of parents in a file with commas.
  private mutating func split(_ line: RawSpan) -> Bool {
    var column = 0
    var start = 0
    while start <= line.byteCount {
      guard column < columns.count else { return false }
      var end = start
      var range: Range<Int>
      if line.has("\"", at: start) {
        guard let quote = line.firstIndex(of: UInt8(ascii: "\""), from: start + 1) else {
          return false
        }
        end = line.firstIndex(of: separator, from: quote) ?? line.byteCount
        range = start + 1..<quote
      } else {
        end = line.firstIndex(of: separator, from: start) ?? line.byteCount
        range = start..<end
      }
      if columns[column] >= 0 { values[columns[column]] = trimmed(line, range) }
      column += 1
      start = end + 1
    }
    return column == columns.count
  }

  private func trimmed(_ line: RawSpan, _ range: Range<Int>) -> Range<Int> {
    var range = range
    while let first = range.first, isSpace(line.byte(at: first)) { range = range.dropFirst() }
    while let last = range.last, isSpace(line.byte(at: last)) { range = range.dropLast() }
    return range
  }

  private mutating func appendParents(_ line: RawSpan, _ range: Range<Int>) -> Bool {
    if line.extracting(range).equals("-1") { return true }
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(
        range.upperBound, line.firstIndex(of: UInt8(ascii: ","), from: start) ?? range.upperBound)
      guard let parent = decimal(line, trimmed(line, start..<end)) else { return false }
      parents.append(parent)
      start = end + 1
    }
    return !range.isEmpty
  }

  private static let units: [(StaticString, Int64)] = [
    ("", 0), ("B", 0), ("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40),
  ]

  private func byteCount(_ line: RawSpan, _ range: Range<Int>) -> Int64? {
    var end = range.lowerBound
    while end < range.upperBound, line.byte(at: end) &- UInt8(ascii: "0") < 10 { end += 1 }
    guard let number = decimal(line, range.lowerBound..<end) else { return nil }
    let unit = line.extracting(trimmed(line, end..<range.upperBound))
    guard let shift = Self.units.first(where: { unit.equals($0.0) })?.1,
      number <= CommsCall.elementLimit >> shift
    else { return nil }
    return number << shift
  }

  // MARK: Closing

  /// The flows with what they wait for.
  mutating func finished() -> FlowList {
    list.start = [Int64](repeating: Operation.unknownTime, count: list.count)
    var known: [[Int32]] = []
    for flow in 0..<list.count {
      var own: [Int32] = []
      for parent in parents[parentOffsets[flow]..<parentOffsets[flow + 1]] {
        if let number = ids.existingNumber(of: UInt64(parent)) {
          own.append(Int32(number))
        } else {
          unknownParents += 1
        }
      }
      known.append(own.sorted())
    }
    let waits = Self.numbered(known)
    list.wait = waits.numbers
    list.causes = waits.sets
    // Which waits each flow is a cause of.
    var fires = [[Int32]](repeating: [], count: list.count)
    for (wait, causes) in list.causes.enumerated() {
      for cause in causes { fires[Int(cause)].append(Int32(wait)) }
    }
    list.fire = Self.numbered(fires).numbers
    return list
  }

  /// Equal sets get equal numbers, in the order of their first occurrence; empty ones −1.
  private static func numbered(_ sets: [[Int32]]) -> (numbers: [Int32], sets: [[Int32]]) {
    var numbers: [Int32] = []
    var distinct: [[Int32]] = []
    var numberOfSet: [[Int32]: Int32] = [:]
    for set in sets {
      guard !set.isEmpty else {
        numbers.append(FlowList.nothing)
        continue
      }
      let number = numberOfSet[set] ?? Int32(distinct.count)
      if Int(number) == distinct.count {
        numberOfSet[set] = number
        distinct.append(set)
      }
      numbers.append(number)
    }
    return (numbers, distinct)
  }
}
