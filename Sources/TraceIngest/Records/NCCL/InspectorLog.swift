internal import TraceModel

/// The records of all files, by process, communicator and rank.
struct InspectorLog {
  private struct Communicator {
    var id: String
    var name: String
    var size: Int32
  }

  private struct EndKey: Hashable {
    var process: Int
    var communicator: Int
    var rank: Int32
  }

  private var processNames: [String] = []
  private var recordCounts: [Int] = []
  private var numberOfProcess: [String: Int] = [:]
  private var communicators: [Communicator] = []
  private var numberOfCommunicator: [String: Int] = [:]
  private var ends: [InspectorEnd] = []
  private var numberOfEnd: [EndKey: Int] = [:]
  private(set) var notes: [String] = [
    "no times in this log: operations follow one another on each rank",
    "NCCL's Inspector leaves out messages under 8,192 bytes: small shares of experts are missing",
    "messages of communicators in which not only neighbours talk were taken for all-to-alls",
  ]

  // MARK: Reading

  /// Reads a file; its ledger counts the records.
  mutating func read(_ stream: MemberStream, report: (Int64) -> Void) -> Ledger {
    var ledger = Ledger(unit: "records", source: stream.name)
    var document = JSONDocument(stream, list: nil, recordKeys: InspectorRecord.keys)
    document.read { text, places, event in
      let location = { stream.location(at: places.start) }
      switch event {
      case .record: add(text, places, at: location(), to: &ledger)
      case .malformed(let defect): ledger.reject(defect.words, first: location())
      case .otherElement: ledger.reject(JSONDefect.notAnObject.words, first: location())
      case .member: break
      }
      if places.number % 4096 == 0 { report(places.number) }
    }
    ledger.read = document.recordCount
    ledger.truncation = document.damage ?? stream.damage
    return ledger
  }

  private mutating func add(
    _ text: RawSpan, _ places: JSONRecord, at location: @autoclosure () -> String,
    to ledger: inout Ledger
  ) {
    do throws(JSONDefect) {
      let record = try InspectorRecord.read(text, places)
      if let defect = record.placeDefect {
        ledger.reject(defect, first: location())
        return
      }
      guard let end = number(of: record) else {
        ledger.reject(
          "the number of ranks is not that of the communicator's first record", first: location())
        return
      }
      if record.isStatistics {
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
      kind.isPointToPoint == record.isMessage
    {
      known = kind
    }
    let defect = record.defect
    guard let kind = known, let sequence = record.sequence, defect == nil else {
      if let sequence = record.sequence {
        ends[end].unused.append(
          .init(kind: known, isMessage: record.isMessage, sequence: sequence))
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
      bytes: record.bytes, order: recordCounts[process])
    recordCounts[process] += 1
    if record.isMessage {
      ends[end].messages.append(entry)
    } else {
      ends[end].collectives.append(entry)
    }
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
    let name = "\(record.host), process \(record.process)"
    let process = numberOfProcess[name] ?? processNames.count
    if process == processNames.count {
      numberOfProcess[name] = process
      processNames.append(name)
      recordCounts.append(0)
    }
    let key = EndKey(process: process, communicator: communicator, rank: Int32(record.rank))
    if let known = numberOfEnd[key] { return known }
    let number = ends.count
    numberOfEnd[key] = number
    ends.append(InspectorEnd(process: process, communicator: communicator, rank: key.rank))
    return number
  }

  // MARK: Closing

  /// One file of calls for each GPU.
  mutating func files() -> [CommsFile] {
    let ranks = NCCLRanks(
      ends: ends.map(\.place), processCount: processNames.count, sizes: communicators.map(\.size))
    addNotes(ranks)
    // Decided once for all: ends of a pipeline see one neighbour, those between see two.
    var isExchange = [Bool](repeating: false, count: communicators.count)
    for end in ends where end.exchanges(size: communicators[end.communicator].size) {
      isExchange[end.communicator] = true
    }
    return ranks.units.map { file(of: $0, ranks, isExchange: isExchange) }
  }

  private func file(
    of unit: NCCLRanks.Unit, _ ranks: NCCLRanks, isExchange: [Bool]
  ) -> CommsFile {
    var name = processNames[unit.process]
    if let place = unit.place {
      name += unit.isPlaced ? ", GPU \(place)" : ", a GPU that is not known"
    }
    var file = CommsFile(name: name, unit: "operations")
    file.isNamedByRank = false
    file.rank = unit.rank
    file.worldSize = ranks.world
    var calls: [InspectorEnd.OrderedCall] = []
    var leftOut = 0
    for number in unit.ends {
      let end = ends[number]
      let communicator = communicators[end.communicator]
      let members = ranks.members[end.communicator]
      let group = file.number(
        of: CommsGroup(
          name: communicator.id, description: communicator.name, members: members,
          size: communicator.size))
      let own = end.calls(size: communicator.size, isExchange: isExchange[end.communicator])
      leftOut += own.leftOut
      for var ordered in own.calls {
        ordered.call.group = group
        calls.append(ordered)
      }
    }
    file.calls = calls.sorted { $0.order < $1.order }.map(\.call)
    file.ledger.read = Int64(file.calls.count + leftOut)
    file.ledger.skip(
      "messages of all-to-alls in a log that does not begin at number 1 without gaps: its rounds "
        + "cannot be told from those of other ranks", count: Int64(leftOut), first: name)
    return file
  }

  private mutating func addNotes(_ ranks: NCCLRanks) {
    let collectives = ends.reduce(0) { $0 &+ $1.missingCollectives }
    let messages = ends.reduce(0) { $0 &+ $1.missingMessages }
    let dropped = ends.reduce(0) { $0 &+ $1.droppedCollectives &+ $1.droppedMessages }
    if collectives > 0 {
      notes.append(
        "\(collectives) sequence numbers of collectives are not recorded: calls under 8,192 bytes, or "
          + "lost ones")
    }
    if messages > 0 {
      notes.append(
        "\(messages) sequence numbers of messages are missing up to the last record: the Inspector "
          + "keeps the newest and loses the oldest")
    }
    if dropped > 0 { notes.append("the Inspector itself says that it dropped \(dropped) records") }
    if ranks.blocks > 1 {
      notes.append(
        "no communicator holds all ranks: they are numbered by \(ranks.blocks) communicators, the "
          + "largest first, then as they appear; the job's own numbers may differ")
    }
    if ranks.hasSharedProcesses {
      notes.append(
        "processes with several GPUs: the GPUs were told apart by the order of their ranks in each "
          + "communicator")
    }
  }
}
