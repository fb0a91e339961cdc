internal import TraceModel

/// What an Inspector log holds, as one file of calls for each GPU, and what must be known about it.
struct InspectorFiles {
  private(set) var files: [CommsFile] = []
  private(set) var notes: [String] = []
  /// True when the records of all calls have times; else these are not used.
  private(set) var haveTimes = false

  private let log: InspectorLog
  private let ranks: NCCLRanks
  /// By communicator: whether its messages are all-to-alls.
  private let isExchange: [Bool]

  init(_ log: InspectorLog) {
    self.log = log
    ranks = NCCLRanks(
      ends: log.ends.map(\.place), processCount: log.processes.count,
      sizes: log.communicators.map(\.size))
    // Decided once for all: ends of a pipeline see one neighbour, those between see two.
    var isExchange = [Bool](repeating: false, count: log.communicators.count)
    for end in log.ends where end.exchanges(size: log.communicators[end.communicator].size) {
      isExchange[end.communicator] = true
    }
    self.isExchange = isExchange
    files = ranks.units.map { file(of: $0) }
    settleTimes()
    noteWhatIsLeftOut()
    noteNumbering()
  }

  private func file(of unit: NCCLRanks.Unit) -> CommsFile {
    var name = log.processes[unit.process].name
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
      let end = log.ends[number]
      let communicator = log.communicators[end.communicator]
      let group = file.number(
        of: CommsGroup(
          name: communicator.id, description: communicator.name,
          members: ranks.members[end.communicator], size: communicator.size, scope: .settled))
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

  // MARK: Notes

  private mutating func settleTimes() {
    let count = files.reduce(0) { $0 + $1.calls.count }
    let without = files.reduce(0) { sum, file in
      sum + file.calls.count { $0.start == Operation.unknownTime }
    }
    haveTimes = count > 0 && without == 0
    if haveTimes {
      notes.append("times are those that each server's own clock gave the records")
      return
    }
    let some = without < count ? " of \(without) of \(count) operations" : ""
    notes.append(
      "no times in this log\(some): operations follow one another on each rank "
        + "(NCCL_INSPECTOR_DUMP_VERBOSE=1 records them)")
    for file in files.indices {
      for call in files[file].calls.indices {
        files[file].calls[call].start = Operation.unknownTime
        files[file].calls[call].end = Operation.unknownTime
      }
    }
  }

  private mutating func noteWhatIsLeftOut() {
    let hasExchanges = isExchange.contains(true)
    notes.append(
      "NCCL's Inspector leaves out messages under 8,192 bytes"
        + (hasExchanges ? ": small shares of experts are missing" : ""))
    if hasExchanges {
      notes.append(
        "messages of communicators in which not only neighbours talk were taken for all-to-alls")
    }
    let collectives = log.ends.reduce(0) { $0 &+ $1.missingCollectives }
    let messages = log.ends.reduce(0) { $0 &+ $1.missingMessages }
    let dropped = log.ends.reduce(0) { $0 &+ $1.droppedCollectives &+ $1.droppedMessages }
    if collectives > 0 {
      notes.append(
        counted(
          collectives, one: "sequence number of a collective is not recorded: a call",
          many: "sequence numbers of collectives are not recorded: calls")
          + " under 8,192 bytes, or lost")
    }
    if messages > 0 {
      notes.append(
        counted(
          messages, one: "sequence number of a message is", many: "sequence numbers of messages are"
        )
          + " missing up to the last record: the Inspector keeps the newest and loses the oldest")
    }
    if dropped > 0 {
      notes.append("the Inspector itself says that it dropped \(counted(dropped, "records"))")
    }
  }

  private mutating func noteNumbering() {
    let count = ranks.blocks.count
    if count > 1, isLikelyStartedAgain {
      notes.append(
        "communicators of equal size come from the same servers and from different processes: the "
          + "job was probably started more than once, and then each run was given ranks of its own; "
          + "read the logs of one run alone. If they ran together, the ranks are numbered by \(count) "
          + "communicators, the largest first, then as they appear")
    } else if count > 1 {
      notes.append(
        "no communicator holds all ranks: they are numbered by \(count) communicators, the largest "
          + "first, then as they appear; the job's own numbers may differ")
    }
    if ranks.hasSharedProcesses {
      notes.append(
        "processes with several GPUs: the GPUs were told apart by the order of their ranks in each "
          + "communicator")
    }
  }

  /// True when two of the communicators that number the ranks have one size and the same servers.
  private var isLikelyStartedAgain: Bool {
    struct Job: Hashable {
      var size: Int32
      var hosts: Set<String> = []
    }
    var jobs = log.communicators.map { Job(size: $0.size) }
    for end in log.ends { jobs[end.communicator].hosts.insert(log.processes[end.process].host) }
    let numbering = ranks.blocks.map { jobs[$0] }
    return Set(numbering).count < numbering.count
  }
}
