internal import TraceModel

/// The records of all files, by process, communicator and rank.
struct InspectorLog {
  struct Communicator {
    var id: String
    var name: String
    var size: Int32
  }

  struct Process {
    var host: String
    var number: Int64

    var name: String { "\(host), process \(number)" }
  }

  private struct EndKey: Hashable {
    var process: Int
    var communicator: Int
    var rank: Int32
  }

  private(set) var processes: [Process] = []
  private var recordCounts: [Int] = []
  private var numberOfProcess: [String: Int] = [:]
  private(set) var communicators: [Communicator] = []
  private var numberOfCommunicator: [String: Int] = [:]
  private(set) var ends: [InspectorEnd] = []
  private var numberOfEnd: [EndKey: Int] = [:]

  // MARK: Reading

  /// Reads a file; its ledger counts the records.
  mutating func read(_ stream: MemberStream, report: (Int64) -> Void) -> Ledger {
    var ledger = Ledger(unit: "records", source: stream.name)
    var document = JSONDocument(stream, list: nil, recordKeys: InspectorRecord.keys)
    var context = InspectorContext()
    document.read { text, places, event in
      let location = { stream.location(at: places.start) }
      switch event {
      case .record: add(text, places, &context, at: location(), to: &ledger)
      case .malformed(let defect): ledger.reject(defect.words, first: location())
      case .otherElement: ledger.reject(JSONDefect.notAnObject.words, first: location())
      case .member: break
      }
      if places.number % 4096 == 0 { report(places.number) }
    }
    ledger.read = document.recordCount
    ledger.truncation =
      document.damage ?? stream.damage
      ?? (context.missing > 0
        ? "\(context.missing) records that its dumps count are not there" : nil)
    return ledger
  }

  private mutating func add(
    _ text: RawSpan, _ places: JSONRecord, _ context: inout InspectorContext,
    at location: @autoclosure () -> String, to ledger: inout Ledger
  ) {
    do throws(JSONDefect) {
      // Counts that cannot be read must not lend the records behind them to the dump before.
      if places.has(InspectorRecord.statisticsKey) { context.end() }
      var record = try InspectorRecord.read(text, places)
      if record.payload == .statistics {
        context.begin(record)
      } else if !record.hasHeader {
        guard let whole = context.complete(record) else {
          ledger.reject(
            "a record without header that no dump before it counts: whose it is is not known",
            first: location())
          return
        }
        record = whole
      }
      if record.payload == .proxyTrace {
        ledger.skip("a trace of NCCL's proxy: steps of transfers", first: location())
        return
      }
      if let defect = record.placeDefect {
        ledger.reject(defect, first: location())
        return
      }
      guard let end = number(of: record) else {
        ledger.reject(
          "the number of ranks is not that of the communicator's first record", first: location())
        if record.payload == .statistics { context.end() }
        return
      }
      if record.payload == .statistics {
        ends[end].droppedCollectives = max(ends[end].droppedCollectives, record.droppedCollectives)
        ends[end].droppedMessages = max(ends[end].droppedMessages, record.droppedMessages)
        ledger.skip("the Inspector's count of its own records", first: location())
        return
      }
      add(record, end: end, at: location(), to: &ledger)
    } catch {
      ledger.reject(error.words, first: location())
    }
  }

  private mutating func add(
    _ record: InspectorRecord, end: Int, at location: @autoclosure () -> String,
    to ledger: inout Ledger
  ) {
    var known: CommsKind?
    if case .kind(let kind) = CommsKind.named(record.operation ?? ""),
      kind.isPointToPoint == (record.payload == .message)
    {
      known = kind
    }
    let defect = record.defect
    guard let kind = known, let sequence = record.sequence, defect == nil else {
      if let sequence = record.sequence {
        ends[end].unused.append(
          .init(kind: known, isMessage: record.payload == .message, sequence: sequence))
      }
      if let defect {
        ledger.reject(defect, first: location())
      } else {
        ledger.skip("a collective that is not known here", first: location())
      }
      return
    }
    let process = ends[end].process
    let entry = InspectorEnd.Entry(
      kind: kind, peer: Int32(exactly: record.peer) ?? -1, sequence: sequence,
      bytes: record.bytes, order: recordCounts[process], start: record.start,
      finish: record.finish)
    switch ends[end].take(entry) {
    case .new: break
    case .repeated:
      ledger.skip("a record that was read before, perhaps in a copy of the log", first: location())
      return
    case .contradicting:
      ledger.skip(
        "a record with the number of another one and other bytes, perhaps of a second run",
        first: location())
      return
    }
    recordCounts[process] += 1
    ledger.used += 1
  }

  /// The end that a record belongs to; nil when it contradicts the communicator's size.
  private mutating func number(of record: InspectorRecord) -> Int? {
    let communicator = numberOfCommunicator[record.communicator] ?? communicators.count
    if communicator == communicators.count {
      numberOfCommunicator[record.communicator] = communicator
      communicators.append(
        Communicator(
          id: record.communicator, name: record.communicatorName, size: Int32(record.rankCount)))
    }
    guard communicators[communicator].size == Int32(record.rankCount) else { return nil }
    let named = Process(host: record.host, number: record.process)
    let process = numberOfProcess[named.name] ?? processes.count
    if process == processes.count {
      numberOfProcess[named.name] = process
      processes.append(named)
      recordCounts.append(0)
    }
    let key = EndKey(process: process, communicator: communicator, rank: Int32(record.rank))
    if let known = numberOfEnd[key] { return known }
    let number = ends.count
    numberOfEnd[key] = number
    ends.append(InspectorEnd(process: process, communicator: communicator, rank: key.rank))
    return number
  }
}
