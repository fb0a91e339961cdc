internal import TraceModel

/// The messages and collectives of all processes that dumped their events.
///
/// A dump names a communicator by its hash and says each rank, but not how many there are: the
/// highest that any dump names decides.
struct ProfilerLog {
  private struct EndKey: Hashable {
    var process: Int64
    var communicator: UInt64
    var rank: Int32
  }

  private(set) var calls = NCCLCalls()
  private var communicators = KeyTable()
  private var processes = KeyTable()
  private var numberOfEnd: [EndKey: Int] = [:]
  /// The call that the events belong to which stand before its end.
  private var open: Int?
  /// By end: the group that its last message was in, and how many groups with messages it had.
  private var groups: [(group: Int64, count: Int64)] = []
  private var group: Int64 = 0
  /// When the kernels of the open call began on the host's clock, and how long the longest ran.
  private var kernelStart = Operation.unknownTime
  private var kernelTime: Int64 = 0

  var processCount: Int { processes.count }

  // MARK: Reading

  mutating func read(_ stream: MemberStream, report: (Int64) -> Void) -> Ledger {
    var ledger = Ledger(unit: "events", source: stream.name)
    var count: [Skip: (total: Int64, first: String)] = [:]
    open = nil
    let damage = ProfilerEvents.read(stream) { event, text, location in
      ledger.read += 1
      if ledger.read % 4096 == 0 { report(ledger.read) }
      guard let event else {
        ledger.reject("an event that is cut, or whose numbers are none", first: location())
        return
      }
      if event.isEmpty {
        ledger.skip("the empty event that ends a dump", first: location())
        return
      }
      if let skip = follow(event) {
        if count[skip] == nil { count[skip] = (0, location()) }
        count[skip]?.total += 1
        return
      }
      if let defect = add(event, text) {
        ledger.reject(defect, first: location())
      } else {
        ledger.used += 1
      }
    }
    for skip in Skip.allCases {
      guard let found = count[skip] else { continue }
      ledger.skip(skip.words, count: found.total, first: found.first)
    }
    ledger.truncation = damage
    finishOpen()
    return ledger
  }

  private enum Skip: Int, CaseIterable {
    case end, kernel, other

    var words: String {
      switch self {
      case .end: "the end of a call: it was handed to the GPU, not done"
      case .kernel: "a channel of a kernel: gives its call's time"
      case .other: "a group, an API call, a proxy or a network event"
      }
    }
  }

  /// What an event says about the open call; nil for the beginning of a message or collective.
  private mutating func follow(_ event: ProfilerEvent) -> Skip? {
    switch event.category {
    case .message, .collective:
      if event.isBegin { return nil }
      finishOpen()
      return .end
    case .kernel:
      guard event.isBegin else { return .kernel }
      if event.time > 0 {
        kernelStart =
          kernelStart == Operation.unknownTime ? event.time : min(kernelStart, event.time)
      }
      if event.gpuStop > event.gpuStart, event.gpuStart > 0 {
        kernelTime = max(kernelTime, event.gpuStop - event.gpuStart)
      }
      return .kernel
    case .group:
      if event.isBegin { group += 1 }
      return .other
    case .other: return .other
    }
  }

  private mutating func finishOpen() {
    guard let call = open else { return }
    open = nil
    if kernelStart != Operation.unknownTime {
      calls.calls[call].start = kernelStart
      if kernelTime > 0 { calls.calls[call].finish = kernelStart &+ kernelTime }
    }
  }

  /// Why the beginning of a message or collective cannot be used, or nil.
  private mutating func add(_ event: ProfilerEvent, _ text: RawSpan) -> String? {
    finishOpen()
    kernelStart = Operation.unknownTime
    kernelTime = 0
    guard let hash = event.communicator, event.process >= 0, event.elements >= 0 else {
      return "a call without communicator, process or count"
    }
    guard (0..<CommsGroup.sizeLimit).contains(event.rank) else {
      return "the rank is outside any communicator"
    }
    let name = text.string(in: event.operation)
    guard case .kind(let kind) = CommsKind.named(name),
      kind.isPointToPoint == (event.category == .message)
    else { return "an operation that is not known here" }
    if kind.isPointToPoint, !(0..<CommsGroup.sizeLimit).contains(event.peer) {
      return "the peer is outside any communicator"
    }
    guard let elementBytes = event.elementBytes else {
      return "elements of a type whose size is not known"
    }
    guard event.elements <= CommsCall.elementLimit else {
      return "more elements than any buffer has"
    }
    let end = number(
      of: EndKey(process: event.process, communicator: hash, rank: Int32(event.rank)))
    if kind.isPointToPoint, groups[end].group != group {
      groups[end] = (group, groups[end].count + 1)
    }
    let highest = Int32(max(event.rank, event.peer)) + 1
    let communicator = calls.ends[end].communicator
    calls.communicators[communicator].size = max(
      calls.communicators[communicator].size, highest)
    open = calls.calls.count
    calls.calls.append(
      NCCLCalls.Call(
        end: Int32(end), kind: kind, elementBytes: elementBytes, peer: Int32(event.peer),
        elements: event.elements,
        sequence: kind.isPointToPoint ? groups[end].count : max(0, event.sequence),
        start: event.time > 0 ? event.time : Operation.unknownTime))
    return nil
  }

  private mutating func number(of key: EndKey) -> Int {
    if let known = numberOfEnd[key] { return known }
    let process = processes.number(of: UInt64(key.process))
    if process == calls.processes.count {
      calls.processes.append(.init(name: "process \(key.process)"))
    }
    let communicator = communicators.number(of: key.communicator)
    if communicator == calls.communicators.count {
      calls.communicators.append(.init(name: String(key.communicator), size: 1))
    }
    let number = calls.ends.count
    numberOfEnd[key] = number
    calls.ends.append(NCCLEnd(process: process, communicator: communicator, rank: key.rank))
    groups.append((group: -1, count: -1))
    return number
  }

  /// The calls; times of several processes are left out, because the clock of each begins with its
  /// plugin.
  func finished() -> NCCLCalls {
    guard processCount > 1 else { return calls }
    var calls = calls
    for index in calls.calls.indices {
      calls.calls[index].start = Operation.unknownTime
      calls.calls[index].finish = Operation.unknownTime
    }
    return calls
  }
}
