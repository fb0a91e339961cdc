internal import TraceModel

/// Why a line of a connection matrix gives no flow.
enum ConnectionMatrixReason: Int, LineReason {
  case blank
  case comment
  case failure
  case endless
  case unknownWord
  case badNumber
  case noStart
  case tooManyNodes
  case nodeOutside
  case overlong
  case cutByDamage

  var words: String {
    switch self {
    case .blank: "blank line"
    case .comment: "a comment"
    case .failure: "a failure of a link: fabrics are declared, not read from here"
    case .endless: "a flow of size 0: it sends until the simulation ends"
    case .unknownWord: "a word that is not of this format"
    case .badNumber: "a number that is none, or too large"
    case .noStart: "a flow with neither start nor trigger: the line is cut"
    case .tooManyNodes: "more nodes than the limit of \(Parallelism.rankLimit)"
    case .nodeOutside: "a node outside of those that the file declares"
    case .overlong: "the line is longer than the limit of \(LineReader.lineLimit >> 20) MiB"
    case .cutByDamage: "the line is cut where the input became unreadable"
    }
  }

  var isDefect: Bool { rawValue >= Self.unknownWord.rawValue }

  var advice: String? {
    switch self {
    case .endless: "Give each connection a size in bytes above 0."
    case .noStart: "Give each connection a size in bytes and a start or a trigger."
    case .tooManyNodes, .nodeOutside:
      "The first line, `Nodes N`, must say how many nodes there are: up to \(Parallelism.rankLimit), "
        + "numbered from 0."
    default: nil
    }
  }
}

/// The flows of one connection matrix of htsim as its lines say them.
///
/// The grammar is that of `ConnectionMatrix::load` of csg-htsim (sim/datacenter/connection_matrix.cpp):
/// words between single spaces; `#` begins a comment; first `Nodes N`, `Connections M`, `Triggers T`
/// and `Failures F`; then `SRC->DST [id I] (start S | trigger T) size B [send_done_trigger T]
/// [recv_done_trigger T] [prio P] [addon]` for each flow, `trigger id T (oneshot | multishot |
/// barrier count N)` and `failure …`. Starts are picoseconds there; its predecessors read
/// microseconds. Sizes are bytes; 0 sends without end.
struct ConnectionMatrix {
  private(set) var list = FlowList()
  private(set) var nodeCount: Int64 = -1
  private(set) var highestNode: Int32 = -1
  private(set) var announced: Int64 = -1
  /// Lines that are flows, used or not.
  private(set) var flowLines: Int64 = 0
  /// True when a flow starts at another time than 0.
  private(set) var hasStarts = false
  /// Triggers that fire when the first of several flows has ended.
  private(set) var firstOfSeveral = 0
  private var isBarrier: [Int64: Bool] = [:]
  private var triggers = KeyTable()
  /// By number of a trigger: flows whose end fires it.
  private var firing: [[Int32]] = []
  private var fires = ByTriggers()

  /// Numbers for pairs of triggers that a flow fires.
  private struct ByTriggers {
    var numbers = KeyTable()

    mutating func number(_ sent: Int32, _ received: Int32) -> Int32 {
      guard sent >= 0 || received >= 0 else { return FlowList.nothing }
      let key = UInt64(UInt32(bitPattern: sent)) << 32 | UInt64(UInt32(bitPattern: received))
      return Int32(numbers.number(of: key))
    }
  }

  mutating func read(_ stream: MemberStream, report: (Int64) -> Void) -> Ledger {
    var tally = LineTally<ConnectionMatrixReason>()
    forEachLine(of: stream) { line, number, kind in
      let reason: ConnectionMatrixReason? =
        switch kind {
        case .whole: take(line)
        case .overlong: .overlong
        case .cut: .cutByDamage
        }
      if let reason { tally.leave(reason, line: number) } else { tally.use() }
      if number % 4096 == 0 { report(number) }
    }
    let isShort = flowLines < announced
    return tally.ledger(
      source: stream.name,
      truncation: stream.damage
        ?? (isShort ? "\(announced) connections are announced, \(flowLines) are there" : nil))
  }

  // MARK: Lines

  private mutating func take(_ line: RawSpan) -> ConnectionMatrixReason? {
    var place = 0
    guard let first = nextWord(line, &place) else { return .blank }
    if line.byte(at: first.lowerBound) == UInt8(ascii: "#") { return .comment }
    let word = line.extracting(first)
    if let arrow = word.firstIndex(of: "->") {
      flowLines += 1
      return takeFlow(line, first, arrow: first.lowerBound + arrow, &place)
    }
    if word.equals("trigger") { return takeTrigger(line, &place) }
    if word.equals("failure") { return .failure }
    let isNodes = word.equals("Nodes")
    let isConnections = word.equals("Connections")
    guard isNodes || isConnections || word.equals("Triggers") || word.equals("Failures") else {
      return .unknownWord
    }
    guard let value = nextWord(line, &place), let count = decimal(line, value),
      count <= Int64(Int32.max)
    else { return .badNumber }
    if isNodes {
      guard count <= Int64(Parallelism.rankLimit) else { return .tooManyNodes }
      nodeCount = count
    }
    if isConnections { announced = count }
    return nil
  }

  private struct Flow {
    var start = Operation.unknownTime
    var bytes: Int64 = -1
    var trigger: Int64 = -1
    var sent: Int64 = -1
    var received: Int64 = -1
  }

  private mutating func takeFlow(
    _ line: RawSpan, _ ends: Range<Int>, arrow: Int, _ place: inout Int
  ) -> ConnectionMatrixReason? {
    guard let source = decimal(line, ends.lowerBound..<arrow),
      let destination = decimal(line, arrow + 2..<ends.upperBound)
    else { return .badNumber }
    var flow = Flow()
    while let word = nextWord(line, &place) {
      if line.extracting(word).equals("addon") { continue }
      guard let field = Self.field(line.extracting(word)) else { return .unknownWord }
      guard let value = nextWord(line, &place), Self.set(field, line, value, &flow) else {
        return .badNumber
      }
    }
    guard flow.start != Operation.unknownTime || flow.trigger >= 0, flow.bytes >= 0 else {
      return .noStart
    }
    let limit = nodeCount >= 0 ? nodeCount : Int64(Parallelism.rankLimit)
    guard source < limit, destination < limit else { return .nodeOutside }
    guard flow.bytes > 0 else { return .endless }
    append(flow, Int32(source), Int32(destination))
    return nil
  }

  private enum Field { case start, size, id, trigger, sent, received, priority }

  private static func field(_ word: RawSpan) -> Field? {
    if word.equals("start") { return .start }
    if word.equals("size") { return .size }
    if word.equals("id") { return .id }
    if word.equals("trigger") { return .trigger }
    if word.equals("send_done_trigger") { return .sent }
    if word.equals("recv_done_trigger") { return .received }
    return word.equals("prio") ? .priority : nil
  }

  private static func set(
    _ field: Field, _ line: RawSpan, _ value: Range<Int>, _ flow: inout Flow
  ) -> Bool {
    if field == .start {
      // Digits behind a point are parts of a picosecond.
      let point = line.extracting(value).firstIndex(of: UInt8(ascii: "."), from: 0)
      let whole = point.map { value.lowerBound..<value.lowerBound + $0 } ?? value
      guard let picoseconds = decimal(line, whole) else { return false }
      flow.start = picoseconds / 1_000
      return true
    }
    guard let number = decimal(line, value), number <= CommsCall.elementLimit else { return false }
    switch field {
    case .size: flow.bytes = number
    case .trigger: flow.trigger = number
    case .sent: flow.sent = number
    case .received: flow.received = number
    case .start, .id, .priority: break
    }
    return true
  }

  private mutating func append(_ flow: Flow, _ source: Int32, _ destination: Int32) {
    let number = Int32(list.count)
    if flow.start > 0 { hasStarts = true }
    list.source.append(source)
    list.destination.append(destination)
    list.bytes.append(flow.bytes)
    list.start.append(flow.start)
    list.wait.append(trigger(flow.trigger))
    let (sent, received) = (trigger(flow.sent), trigger(flow.received))
    if sent >= 0 { firing[Int(sent)].append(number) }
    if received >= 0, received != sent { firing[Int(received)].append(number) }
    list.fire.append(fires.number(sent, received))
    highestNode = max(highestNode, source, destination)
  }

  private mutating func trigger(_ id: Int64) -> Int32 {
    guard id >= 0 else { return FlowList.nothing }
    let number = triggers.number(of: UInt64(id))
    if number == firing.count { firing.append([]) }
    return Int32(number)
  }

  private mutating func takeTrigger(_ line: RawSpan, _ place: inout Int) -> ConnectionMatrixReason?
  {
    var id: Int64 = -1
    var barrier = false
    while let word = nextWord(line, &place) {
      let text = line.extracting(word)
      if text.equals("barrier") { barrier = true }
      if text.equals("oneshot") || text.equals("multishot") || text.equals("barrier") { continue }
      guard text.equals("id") || text.equals("count") else { return .unknownWord }
      guard let value = nextWord(line, &place), let number = decimal(line, value) else {
        return .badNumber
      }
      if text.equals("id") { id = number }
    }
    guard id >= 0 else { return .badNumber }
    isBarrier[id] = barrier
    return nil
  }

  // MARK: Closing

  /// The flows with what they wait for; a trigger that the first of several flows fires is taken to
  /// wait for all of them.
  mutating func finished() -> FlowList {
    list.causes = firing
    for (number, id) in triggers.keys.enumerated() where firing[number].count > 1 {
      if isBarrier[Int64(id)] != true { firstOfSeveral += 1 }
    }
    return list
  }
}
