internal import TraceModel

/// The calls of all processes as NCCL's records have them, each of one end of one communicator.
///
/// 56 bytes for each call.
struct NCCLCalls {
  /// One GPU of a process, as far as the records tell it.
  struct Process {
    var name: String
    /// The server that it runs on, or nil.
    var host: String?
    /// GPU inside its server, or nil.
    var device: Int32?
    /// Rank that the job's launcher gave it, or nil.
    var launcherRank: Int32?
  }

  struct Communicator {
    var name: String
    var size: Int32
  }

  struct Call {
    /// Number of the end that it belongs to.
    var end: Int32
    var kind: CommsKind
    var elementBytes: Int8
    /// Root or peer in the communicator.
    var peer: Int32
    /// As the program gave it: one rank's share for those collectives that have shares.
    var elements: Int64
    /// Number of the call, or of the group of messages, in its communicator.
    var sequence: Int64
    var start = Operation.unknownTime
    var finish = Operation.unknownTime
  }

  var processes: [Process] = []
  var communicators: [Communicator] = []
  var ends: [NCCLEnd] = []
  /// In the order of the records of each process.
  var calls: [Call] = []

  /// What was found while the calls were brought together.
  struct Findings {
    var notes: [String] = []
    /// Shares of all-to-alls to which a rank has no record, itself left out.
    var sharesWithoutRecord = 0
    var exchanges = 0
  }

  /// One file of calls for each GPU.
  ///
  /// Messages of a communicator in which not only neighbours talk are all-to-alls, one for each
  /// sequence number; else each message is one operation, matched by order between its two ranks.
  func files() -> (files: [CommsFile], findings: Findings) {
    let ranks = NCCLRanks(
      ends: ends, processCount: processes.count, sizes: communicators.map(\.size),
      launcherRanks: processes.map(\.launcherRank))
    var findings = Findings()
    describe(ranks, into: &findings)
    let isExchange = exchanges()
    let callsOfEnd = numbersOfCalls()
    let files = ranks.units.map { unit in
      file(of: unit, ranks, isExchange, callsOfEnd, &findings)
    }
    return (files, findings)
  }

  /// By communicator: whether its messages are all-to-alls.
  ///
  /// A message to the rank itself, or to one that is no neighbour on the ring of ranks, is none of a
  /// pipeline. Decided once for all ends: those of a pipeline's ends see one neighbour.
  private func exchanges() -> [Bool] {
    var isExchange = [Bool](repeating: false, count: communicators.count)
    for call in calls where call.kind.isPointToPoint {
      let end = ends[Int(call.end)]
      let distance = abs(call.peer - end.rank)
      if distance != 1 && distance != communicators[end.communicator].size - 1 {
        isExchange[end.communicator] = true
      }
    }
    return isExchange
  }

  private func numbersOfCalls() -> [[Int]] {
    var numbers = [[Int]](repeating: [], count: ends.count)
    for (number, call) in calls.enumerated() { numbers[Int(call.end)].append(number) }
    return numbers
  }

  // MARK: One GPU

  private func file(
    of unit: NCCLRanks.Unit, _ ranks: NCCLRanks, _ isExchange: [Bool], _ callsOfEnd: [[Int]],
    _ findings: inout Findings
  ) -> CommsFile {
    let process = processes[unit.process]
    var file = CommsFile(name: name(of: unit), unit: "operations")
    file.isNamedByRank = false
    file.rank = unit.rank
    file.worldSize = ranks.world
    file.device = process.device
    file.host = process.host
    var ordered: [(order: Int, call: CommsCall)] = []
    var unknown = 0
    for number in unit.ends {
      let end = ends[number]
      let communicator = communicators[end.communicator]
      // As many as all ranks, and in another order: which is not known.
      guard !ranks.members[end.communicator].isEmpty || communicator.size != ranks.world else {
        unknown += callsOfEnd[number].count
        continue
      }
      let group = file.number(
        of: CommsGroup(
          name: communicator.name, members: ranks.members[end.communicator],
          size: communicator.size, scope: .settled))
      for var found in calls(callsOfEnd[number], end, isExchange[end.communicator], &findings) {
        found.call.group = group
        ordered.append(found)
      }
    }
    file.calls = ordered.sorted { $0.order < $1.order }.map(\.call)
    file.ledger.read = Int64(file.calls.count + unknown)
    file.ledger.skip(
      "of a communicator over as many ranks as the job in an order that is not known",
      count: Int64(unknown), first: name(of: unit))
    return file
  }

  private func name(of unit: NCCLRanks.Unit) -> String {
    let name = processes[unit.process].name
    guard let place = unit.place else { return name }
    return unit.isPlaced ? "\(name), GPU \(place)" : "\(name), a GPU that is not known"
  }

  private func calls(
    _ numbers: [Int], _ end: NCCLEnd, _ isExchange: Bool, _ findings: inout Findings
  ) -> [(order: Int, call: CommsCall)] {
    let size = communicators[end.communicator].size
    var found: [(order: Int, call: CommsCall)] = []
    var open: Exchange?
    for number in numbers {
      let call = calls[number]
      guard isExchange, call.kind.isPointToPoint else {
        found.append((number, commsCall(call, size: size)))
        continue
      }
      if open?.sequence != call.sequence {
        close(&open, end, into: &found, &findings)
        open = Exchange(sequence: call.sequence, order: number, start: call.start, size: size)
      }
      open?.add(call)
    }
    close(&open, end, into: &found, &findings)
    return found
  }

  private func close(
    _ open: inout Exchange?, _ end: NCCLEnd, into found: inout [(order: Int, call: CommsCall)],
    _ findings: inout Findings
  ) {
    guard let exchange = open else { return }
    findings.exchanges += 1
    findings.sharesWithoutRecord += exchange.sharesWithoutRecord(own: Int(end.rank))
    found.append((exchange.order, exchange.call))
    open = nil
  }

  private func commsCall(_ call: Call, size: Int32) -> CommsCall {
    var found = CommsCall(kind: call.kind)
    found.elementBytes = Int64(call.elementBytes)
    found.sequence = call.sequence
    found.root = call.kind.namesAnotherRank ? call.peer : -1
    found.start = call.start
    found.end = call.finish
    let all = call.elements.multipliedReportingOverflow(by: Int64(size))
    let ofAll = all.overflow ? -1 : all.partialValue
    switch call.kind {
    case .allGather: (found.inputElements, found.outputElements) = (call.elements, ofAll)
    case .reduceScatter: (found.inputElements, found.outputElements) = (ofAll, call.elements)
    case .allToAll:
      (found.inputElements, found.outputElements) = (ofAll, ofAll)
      (found.sentRows, found.receivedRows) = ([], [])
    default: (found.inputElements, found.outputElements) = (call.elements, call.elements)
    }
    return found
  }

  /// The messages of one end that make one all-to-all.
  private struct Exchange {
    var sequence: Int64
    var order: Int
    var size: Int32
    var call = CommsCall(kind: .allToAll)

    init(sequence: Int64, order: Int, start: Int64, size: Int32) {
      self.sequence = sequence
      self.order = order
      self.size = size
      call.sequence = sequence
      call.start = start
    }

    mutating func add(_ message: Call) {
      guard size <= CommsCall.pairGroupLimit else { return }
      let bytes = message.elements &* Int64(message.elementBytes)
      let peer = Int(message.peer)
      if message.kind == .send {
        Self.add(bytes, peer, size, to: &call.sentBytes)
      } else {
        Self.add(bytes, peer, size, to: &call.receivedBytes)
      }
      call.start = min(call.start, message.start)
      call.end = max(call.end, message.finish)
    }

    /// Several messages to one peer in one group are one share.
    private static func add(_ bytes: Int64, _ peer: Int, _ size: Int32, to shares: inout [Int64]?) {
      var known = shares ?? [Int64](repeating: -1, count: Int(size))
      shares = nil
      guard known.indices.contains(peer) else { return }
      let (sum, overflows) = max(0, known[peer]).addingReportingOverflow(bytes)
      known[peer] = overflows ? .max : sum
      shares = known
    }

    func sharesWithoutRecord(own: Int) -> Int {
      [call.sentBytes, call.receivedBytes].reduce(0) { sum, shares in
        sum + (shares?.indices.count { $0 != own && shares?[$0] ?? 0 < 0 } ?? Int(size) - 1)
      }
    }
  }

  // MARK: Findings

  private func describe(_ ranks: NCCLRanks, into findings: inout Findings) {
    if ranks.areLaunchers {
      findings.notes.append("the ranks are those that the launcher put before each line")
      if let first = ranks.contradictions.first, let rank = ranks.units[first.unit].rank {
        findings.notes.append(
          "\(ranks.contradictions.count) of these ranks are others in the first communicator over all "
            + "ranks; the launcher was believed. The first: "
            + "\(processes[ranks.units[first.unit].process].name) is rank \(rank) by its launcher and "
            + "\(first.rank) in the communicator")
      }
    } else if ranks.blocks.count > 1 {
      findings.notes.append(
        "no communicator holds all ranks: they are numbered by \(ranks.blocks.count) communicators, the "
          + "largest first, then as they appear; the job's own numbers may differ")
    }
    if ranks.hasSharedProcesses {
      findings.notes.append(
        "processes with several GPUs: the GPUs were told apart by the order of their ranks in each "
          + "communicator")
    }
  }
}
