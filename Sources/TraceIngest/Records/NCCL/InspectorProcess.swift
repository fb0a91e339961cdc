internal import TraceModel

/// What one process recorded, by communicator.
struct InspectorProcess {
  /// The process's part of one communicator.
  struct Communicator {
    var id: String
    var name: String
    var rank: Int32
    var size: Int32
    var collectives: [Entry] = []
    var messages: [Entry] = []
  }

  struct Entry {
    var kind: CommsKind
    var peer: Int32
    var sequence: Int64
    var bytes: Int64
    /// Place among the records of the process.
    var order: Int
  }

  /// "host, process 17".
  var name: String
  var communicators: [Communicator] = []
  private var numberOfId: [String: Int] = [:]
  private var recordCount = 0

  init(name: String) { self.name = name }

  mutating func add(_ record: InspectorRecord, kind: CommsKind) {
    let number = numberOfId[record.communicator] ?? communicators.count
    if number == communicators.count {
      numberOfId[record.communicator] = number
      communicators.append(
        Communicator(
          id: record.communicator, name: record.communicatorName, rank: Int32(record.rank),
          size: Int32(record.rankCount)))
    }
    let entry = Entry(
      kind: kind, peer: Int32(record.peer), sequence: record.sequence ?? 0, bytes: record.bytes,
      order: recordCount)
    recordCount += 1
    if record.isMessage {
      communicators[number].messages.append(entry)
    } else {
      communicators[number].collectives.append(entry)
    }
  }

  /// Sequence numbers between the first and the last of each communicator that no record has.
  var missingCount: Int64 {
    communicators.reduce(0) { sum, communicator in
      sum + Self.missing(communicator.collectives) + Self.missing(communicator.messages)
    }
  }

  private static func missing(_ entries: [Entry]) -> Int64 {
    let numbers = Set(entries.map(\.sequence))
    guard let first = numbers.min(), let last = numbers.max() else { return 0 }
    let (span, overflows) = last.subtractingReportingOverflow(first)
    return overflows || span == .max ? 0 : span + 1 - Int64(numbers.count)
  }
}

extension InspectorProcess.Communicator {
  /// One call for each collective and for each round of messages, in the order of their records.
  ///
  /// NCCL runs an all-to-all as messages to and from every member. A round ends when a peer comes
  /// again; one with several peers is taken for an all-to-all.
  func calls() -> [(order: Int, call: CommsCall)] {
    var found = collectives.map { (order: $0.order, call: call(of: $0)) }
    let sends = rounds(of: messages.filter { $0.kind == .send })
    let receives = rounds(of: messages.filter { $0.kind == .receive })
    for number in 0..<max(sends.count, receives.count) {
      let sent = number < sends.count ? sends[number] : []
      let received = number < receives.count ? receives[number] : []
      if sent.count > 1 || received.count > 1 {
        found.append((order(of: sent + received), exchange(sent, received, number: number)))
      } else {
        for entry in sent + received { found.append((entry.order, call(of: entry))) }
      }
    }
    return found.sorted { $0.order < $1.order }
  }

  private func call(of entry: InspectorProcess.Entry) -> CommsCall {
    var call = CommsCall(kind: entry.kind)
    call.elementBytes = 1
    call.sequence = entry.sequence
    call.root = entry.peer
    let all = entry.bytes.multipliedReportingOverflow(by: Int64(size))
    switch entry.kind {
    case .allGather: call.outputElements = all.overflow ? -1 : all.partialValue
    case .reduceScatter: call.inputElements = all.overflow ? -1 : all.partialValue
    default: (call.inputElements, call.outputElements) = (entry.bytes, entry.bytes)
    }
    return call
  }

  private func exchange(
    _ sent: [InspectorProcess.Entry], _ received: [InspectorProcess.Entry], number: Int
  ) -> CommsCall {
    var call = CommsCall(kind: .allToAll)
    call.sequence = Int64(number)
    call.sentBytes = bytes(of: sent)
    call.receivedBytes = bytes(of: received)
    return call
  }

  /// By member; messages that are too small to be recorded count as nothing.
  private func bytes(of entries: [InspectorProcess.Entry]) -> [Int64]? {
    guard !entries.isEmpty, size <= CommsCall.pairGroupLimit else { return nil }
    var bytes = [Int64](repeating: 0, count: Int(size))
    for entry in entries { bytes[Int(entry.peer)] = entry.bytes }
    return bytes
  }

  private func order(of entries: [InspectorProcess.Entry]) -> Int {
    entries.map(\.order).min() ?? 0
  }

  private func rounds(of entries: [InspectorProcess.Entry]) -> [[InspectorProcess.Entry]] {
    var rounds: [[InspectorProcess.Entry]] = []
    var peers: Set<Int32> = []
    for entry in entries.sorted(by: { ($0.sequence, $0.order) < ($1.sequence, $1.order) }) {
      if rounds.isEmpty || !peers.insert(entry.peer).inserted {
        rounds.append([])
        peers = [entry.peer]
      }
      rounds[rounds.count - 1].append(entry)
    }
    return rounds
  }
}
