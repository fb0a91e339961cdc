internal import TraceModel

/// The calls of all processes in NCCL's logs, gathered line by line.
///
/// A communicator is an address in a process until its beginning names it; an address that is used
/// once more after its communicator ended is another one.
struct NCCLDebugLog {
  /// One process's part of one communicator, as far as the lines tell.
  struct End {
    var process: Int
    var size: Int32
    var rank: Int32 = -1
    /// Device of the communicator, or of the thread that called first.
    var device: Int32 = -1
    var id: UInt64?
    /// The end of the communicator that it was split from, which split it was, and its color.
    var parent: Int?
    var split: Int64 = -1
    var color: Int64 = -1
  }

  struct Process {
    var host: String
    var name: String
    var launcherRank: Int32 = -1
    /// Lines do not agree about the rank that the launcher gave.
    var hasSeveralRanks = false
    /// Splits of each communicator that began so far, by end.
    var splits: [Int: Int64] = [:]
  }

  private(set) var processes: [Process] = []
  private(set) var ends: [End] = []
  /// Calls by end of `ends`.
  private(set) var calls: [NCCLCalls.Call] = []
  /// Calls without a time with parts of a second.
  private(set) var callsWithoutTime = 0
  /// True when times are known of all calls, or were filled from those around.
  var haveTimes: Bool { callsWithoutTime == 0 || timesAreFilled }
  private(set) var timesAreFilled = false
  private var names = ByteNames()
  /// By process: numbers of addresses, and the end that each stands for, or −1.
  private var addresses: [KeyTable] = []
  private var endOfAddress: [[Int]] = []

  // MARK: Reading

  /// Reads a file; its ledger counts the lines.
  mutating func read(_ stream: MemberStream, report: (Int64) -> Void) -> Ledger {
    var tally = LineTally<NCCLDebugReason>()
    forEachLine(of: stream) { line, number, kind in
      switch kind {
      case .whole:
        if let reason = take(line, file: stream.name) {
          tally.leave(reason, line: number)
        } else {
          tally.use()
        }
      case .overlong: tally.leave(.overlong, line: number)
      case .cut: tally.leave(.cutByDamage, line: number)
      }
      if number % 4096 == 0 { report(number) }
    }
    return tally.ledger(source: stream.name, truncation: stream.damage)
  }

  /// Nil when the line is used.
  private mutating func take(_ line: RawSpan, file: String) -> NCCLDebugReason? {
    guard let start = NCCLDebugHeader.endOfMark(line) else {
      let isCall = line.firstIndex(of: ": opCount ") != nil
      return isCall ? .withoutProcess : .foreign
    }
    switch NCCLDebugCall.read(line, from: start) {
    case .reason(let reason): return reason
    case .call(let call): return add(call, NCCLDebugHeader(line, before: start), line)
    case .noCall:
      guard let beginning = NCCLDebugCommunicator(line, from: start) else { return .otherSubject }
      let header = NCCLDebugHeader(line, before: start)
      guard let process = process(header, line) else { return .withoutProcess }
      add(beginning, process: process)
      return nil
    }
  }

  private mutating func process(_ header: NCCLDebugHeader, _ line: RawSpan) -> Int? {
    guard !header.process.isEmpty else { return nil }
    let number = names.number(of: line, header.process)
    if number == processes.count {
      let text = line.string(in: header.process)
      let host = String(decoding: text.utf8.prefix(header.hostByteCount), as: UTF8.self)
      let pid = text.utf8.dropFirst(header.hostByteCount + 1)
      processes.append(
        Process(host: host, name: "\(host), process \(String(decoding: pid, as: UTF8.self))"))
      addresses.append(KeyTable())
      endOfAddress.append([])
    }
    if header.launcherRank >= 0 {
      let known = processes[number].launcherRank
      if known >= 0, known != header.launcherRank { processes[number].hasSeveralRanks = true }
      processes[number].launcherRank = header.launcherRank
    }
    return number
  }

  // MARK: Communicators

  private mutating func add(_ beginning: NCCLDebugCommunicator, process: Int) {
    let address = addresses[process].number(of: beginning.pointer)
    if address == endOfAddress[process].count { endOfAddress[process].append(-1) }
    var number = endOfAddress[process][address]
    if number >= 0, !isSame(ends[number], beginning) { number = -1 }
    if number < 0 {
      // The end of one of which nothing else was read.
      if beginning.isEnd { return }
      number = ends.count
      ends.append(End(process: process, size: Int32(beginning.size)))
    }
    var end = ends[number]
    name(&end, beginning)
    ends[number] = end
    endOfAddress[process][address] = beginning.isEnd ? -1 : number
  }

  private func isSame(_ end: End, _ beginning: NCCLDebugCommunicator) -> Bool {
    Int64(end.size) == beginning.size && (end.rank < 0 || Int64(end.rank) == beginning.rank)
      && (end.id == nil || beginning.id == nil || end.id == beginning.id)
  }

  private mutating func name(_ end: inout End, _ beginning: NCCLDebugCommunicator) {
    end.rank = Int32(beginning.rank)
    if beginning.device >= 0 { end.device = Int32(clamping: beginning.device) }
    if let id = beginning.id { end.id = id }
    guard let parent = beginning.parent, end.parent == nil,
      let address = addresses[end.process].existingNumber(of: parent),
      endOfAddress[end.process][address] >= 0
    else { return }
    let number = endOfAddress[end.process][address]
    end.parent = number
    end.color = beginning.color ?? -1
    let ordinal = processes[end.process].splits[number, default: 0]
    processes[end.process].splits[number] = ordinal + 1
    end.split = beginning.split ?? ordinal
  }

  // MARK: Calls

  private mutating func add(
    _ call: NCCLDebugCall, _ header: NCCLDebugHeader, _ line: RawSpan
  ) -> NCCLDebugReason? {
    guard let process = process(header, line) else { return .withoutProcess }
    let address = addresses[process].number(of: call.communicator)
    if address == endOfAddress[process].count { endOfAddress[process].append(-1) }
    if endOfAddress[process][address] < 0 {
      endOfAddress[process][address] = ends.count
      ends.append(End(process: process, size: Int32(call.size)))
    }
    let end = endOfAddress[process][address]
    guard Int64(ends[end].size) == call.size else { return .otherSize }
    if ends[end].rank < 0, (0..<call.size).contains(call.rank) { ends[end].rank = Int32(call.rank) }
    if ends[end].device < 0 { ends[end].device = header.device }
    if header.time == Operation.unknownTime { callsWithoutTime += 1 }
    calls.append(
      NCCLCalls.Call(
        end: Int32(end), kind: call.kind,
        elementBytes: NCCLDebugCall.typeBytes[Int(call.type)],
        peer: Int32(truncatingIfNeeded: call.root), elements: call.elements,
        sequence: call.sequence, start: header.time))
    return nil
  }
}

extension NCCLDebugLog {
  /// Gives a call without a time that of the one before it in its process, or of the first behind it.
  ///
  /// A line or two of a log may lack what a launcher or another process wrote into it. Where most
  /// lines lack a time, or all of one process, nothing is filled.
  mutating func fillTimes() {
    guard callsWithoutTime > 0, callsWithoutTime <= calls.count / 2 else { return }
    var first = [Int64](repeating: Operation.unknownTime, count: processes.count)
    for call in calls {
      let process = ends[Int(call.end)].process
      if first[process] == Operation.unknownTime { first[process] = call.start }
    }
    let areKnown = calls.allSatisfy { first[ends[Int($0.end)].process] != Operation.unknownTime }
    guard areKnown else { return }
    for index in calls.indices {
      let process = ends[Int(calls[index].end)].process
      if calls[index].start == Operation.unknownTime { calls[index].start = first[process] }
      first[process] = calls[index].start
    }
    timesAreFilled = true
  }
}

/// Numbers for names that stand in lines, without a string for each line.
struct ByteNames {
  private var numbers = KeyTable()
  /// By number of its key: the name, and its own number.
  private var bytes: [[UInt8]] = []

  /// The number of the name that some bytes are; the next one for a new name.
  mutating func number(of line: RawSpan, _ range: Range<Int>) -> Int {
    var key: UInt64 = 0xCBF2_9CE4_8422_2325
    for place in range { key = (key ^ UInt64(line.byte(at: place))) &* 0x0000_0100_0000_01B3 }
    while true {
      let number = numbers.number(of: key)
      if number == bytes.count {
        bytes.append(range.map { line.byte(at: $0) })
        return number
      }
      if isEqual(bytes[number], line, range) { return number }
      key &+= 1
    }
  }

  private func isEqual(_ name: [UInt8], _ line: RawSpan, _ range: Range<Int>) -> Bool {
    guard name.count == range.count else { return false }
    for index in name.indices where name[index] != line.byte(at: range.lowerBound + index) {
      return false
    }
    return true
  }
}
