internal import ByteStreams
internal import TraceModel

/// Reads the text form of a schedule, line by line.
struct GOALText {
  private var schedule: GOALSchedule
  private var scanner = GOALScanner()
  private var hasRankCount = false
  /// The rank whose block is open, or −1.
  private var rank: Int32 = -1
  private var isRankDone: [Bool] = []
  private var labels = GOALLabels()
  /// Dependencies of the block; labels may be given further down.
  private var pending: [Pending] = []

  private struct Pending {
    var label: Int32
    var other: Int32
    var isOnStart: Bool
    var line: Int64
  }

  /// - Parameter report: called now and then with the number of lines read.
  static func read(_ lines: LineReader, report: (Int64) -> Void) -> GOALSchedule {
    var reader = GOALText(lines.source.name)
    while true {
      let event = lines.next { reader.take($0, number: lines.number + 1) }
      switch event {
      case .line: break
      case .overlong: reader.reject(.overlongLine, line: lines.number)
      case .cut: reader.reject(.cutLine, line: lines.number)
      case .end:
        reader.finish(lines)
        return reader.schedule
      }
      reader.schedule.ledger.read += 1
      if lines.number % 65_536 == 0 { report(lines.number) }
    }
  }

  private init(_ name: String) {
    schedule = GOALSchedule(ledger: Ledger(unit: "lines", source: name))
  }

  private mutating func reject(_ defect: GOALDefect, line: Int64) {
    schedule.ledger.reject(defect.words, first: "line \(line)")
  }

  private mutating func finish(_ lines: LineReader) {
    if rank >= 0 {
      resolve()
      schedule.ledger.truncation = "the file ends inside the block of rank \(rank)"
    }
    if let damage = lines.damage { schedule.ledger.truncation = damage }
  }

  // MARK: Lines

  private mutating func take(_ line: RawSpan, number: Int64) {
    scanner.beginLine()
    var isEmpty = true
    do throws(GOALDefect) {
      while let statement = try scanner.next(line) {
        isEmpty = false
        try take(statement, line, number)
      }
    } catch {
      reject(error, line: number)
      return
    }
    if isEmpty {
      schedule.ledger.skip("a blank line or comment", first: "line \(number)")
    } else {
      schedule.ledger.used += 1
    }
  }

  private mutating func take(
    _ statement: GOALStatement, _ line: RawSpan, _ number: Int64
  ) throws(GOALDefect) {
    switch statement {
    case .rankCount(let count):
      guard !hasRankCount else { throw .missingRankCount }
      guard count > 0, count <= UInt64(Parallelism.rankLimit) else { throw .numberTooLarge }
      hasRankCount = true
      schedule.rankCount = Int32(count)
      isRankDone = [Bool](repeating: false, count: Int(count))
    case .beginRank(let number): try begin(rank: number)
    case .endRank:
      guard rank >= 0 else { throw .outsideRank }
      resolve()
      rank = -1
    case .node(let node, let label): try append(node, label: label, line)
    case .dependency(let label, let other, let isOnStart):
      guard rank >= 0 else { throw .outsideRank }
      guard pending.count < GOALSchedule.countLimit else { throw .tooMany }
      pending.append(
        Pending(
          label: labels.number(of: line.extracting(label)),
          other: labels.number(of: line.extracting(other)), isOnStart: isOnStart, line: number))
    }
  }

  private mutating func begin(rank number: UInt64) throws(GOALDefect) {
    guard hasRankCount else { throw .missingRankCount }
    guard rank < 0 else { throw .rankInsideRank }
    guard number < UInt64(schedule.rankCount) else { throw .rankOutside }
    guard !isRankDone[Int(number)] else { throw .repeatedRank }
    isRankDone[Int(number)] = true
    rank = Int32(number)
    labels = GOALLabels()
  }

  private mutating func append(
    _ node: GOALNode, label: Range<Int>?, _ line: RawSpan
  ) throws(GOALDefect) {
    guard rank >= 0 else { throw .outsideRank }
    var node = node
    node.rank = rank
    if let defect = schedule.defect(of: node) { throw defect }
    if let label {
      let isNew = labels.name(Int32(schedule.nodes.count), line.extracting(label))
      guard isNew else { throw .repeatedLabel }
    }
    schedule.nodes.append(node)
  }

  /// Brings the dependencies of a block to its nodes.
  private mutating func resolve() {
    for dependency in pending {
      guard let node = labels.node(ofNumber: dependency.label),
        let predecessor = labels.node(ofNumber: dependency.other),
        schedule.dependencies.count < GOALSchedule.countLimit
      else {
        schedule.ledger.used -= 1
        reject(.unknownLabel, line: dependency.line)
        continue
      }
      schedule.dependencies.append(
        .init(node: node, predecessor: predecessor, isOnStart: dependency.isOnStart))
    }
    pending.removeAll(keepingCapacity: true)
  }
}

/// The labels of one block; those of up to eight letters cost no text each.
private struct GOALLabels {
  private var short = KeyTable()
  private var long: [String: Int32] = [:]
  /// By number: the node, or −1 while it is only spoken of; even numbers are short labels.
  private var shortNodes: [Int32] = []
  private var longNodes: [Int32] = []

  mutating func number(of label: RawSpan) -> Int32 {
    guard label.byteCount <= 8 else {
      let text = label.string(in: 0..<label.byteCount)
      if let known = long[text] { return known }
      let number = Int32(longNodes.count) * 2 + 1
      long[text] = number
      longNodes.append(-1)
      return number
    }
    var key: UInt64 = 0
    for offset in 0..<label.byteCount { key = key << 8 | UInt64(label.byte(at: offset)) }
    let number = short.number(of: key)
    if number == shortNodes.count { shortNodes.append(-1) }
    return Int32(number) * 2
  }

  /// Gives a node its label; false when another one has it.
  mutating func name(_ node: Int32, _ label: RawSpan) -> Bool {
    let number = Int(number(of: label))
    guard self.node(ofNumber: Int32(number)) == nil else { return false }
    if number % 2 == 0 {
      shortNodes[number / 2] = node
    } else {
      longNodes[number / 2] = node
    }
    return true
  }

  func node(ofNumber number: Int32) -> Int32? {
    let place = Int(number) / 2
    let node = number % 2 == 0 ? shortNodes[place] : longNodes[place]
    return node < 0 ? nil : node
  }
}
