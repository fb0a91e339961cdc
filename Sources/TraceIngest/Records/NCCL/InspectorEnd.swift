internal import TraceModel

/// One rank's part of one communicator, as one process recorded it.
///
/// A process that drives several GPUs has several of one communicator.
struct InspectorEnd {
  struct Entry {
    var kind: CommsKind
    var peer: Int32
    var sequence: Int64
    var bytes: Int64
    /// Place among the records of the process.
    var order: Int
  }

  /// Number of a record that was read and not used: the Inspector did not lose it.
  struct UnusedNumber {
    /// Nil for a collective that is not known here.
    var kind: CommsKind?
    var isMessage: Bool
    var sequence: Int64
  }

  /// Number of the process in the log.
  var process: Int
  /// Number of the communicator in the log.
  var communicator: Int
  var rank: Int32
  var collectives: [Entry] = []
  var messages: [Entry] = []
  var unused: [UnusedNumber] = []
  /// Records that the Inspector says it dropped; it counts them from format v4.2 on.
  var droppedCollectives: Int64 = 0
  var droppedMessages: Int64 = 0

  var place: NCCLEnd { NCCLEnd(process: process, communicator: communicator, rank: rank) }

  // MARK: Losses

  /// Numbers of messages from 1 to the last that no record has.
  ///
  /// Messages are numbered from 1 on; when its ring is full the Inspector loses the oldest.
  var missingMessages: Int64 {
    Self.missing(
      messages.map(\.sequence) + unused.filter(\.isMessage).map(\.sequence), from: 1)
  }

  /// Numbers of collectives between the first and the last that no record has.
  ///
  /// NCCL counts each function on its own, calls that are too small to be recorded included.
  var missingCollectives: Int64 {
    var numbers: [CommsKind: [Int64]] = [:]
    for entry in collectives { numbers[entry.kind, default: []].append(entry.sequence) }
    for number in unused where !number.isMessage {
      if let kind = number.kind { numbers[kind, default: []].append(number.sequence) }
    }
    return numbers.values.reduce(0) { $0 &+ Self.missing($1, from: nil) }
  }

  private static func missing(_ sequences: [Int64], from given: Int64?) -> Int64 {
    let numbers = Set(sequences)
    guard let least = numbers.min(), let last = numbers.max() else { return 0 }
    let first = min(given ?? least, least)
    let (span, overflows) = last.subtractingReportingOverflow(first)
    return overflows || span == .max ? 0 : span + 1 - Int64(numbers.count)
  }

  // MARK: Calls

  /// True when a message goes to the rank itself or to one that is no neighbour on the ring of ranks:
  /// pipelines send none such.
  func exchanges(size: Int32) -> Bool {
    messages.contains { entry in
      let distance = abs(entry.peer - rank)
      return distance != 1 && distance != size - 1
    }
  }

  /// One call for each collective and for each message or round of messages, in the order of their
  /// records; and the messages that had to be left out.
  ///
  /// NCCL runs an all-to-all as messages to and from every member. A round ends when a peer comes
  /// again; ranks agree on the number of a round when both have all messages from the first on.
  ///
  /// - Parameter isExchange: whether the messages of the communicator are all-to-alls.
  func calls(size: Int32, isExchange: Bool) -> (calls: [OrderedCall], leftOut: Int) {
    var found = collectives.map { OrderedCall(order: $0.order, call: call(of: $0, size: size)) }
    var leftOut = 0
    if !isExchange {
      found += messages.map { OrderedCall(order: $0.order, call: call(of: $0, size: size)) }
    } else if missingMessages > 0 {
      leftOut = messages.count
    } else {
      for (number, round) in rounds().enumerated() {
        found.append(
          OrderedCall(
            order: round.lazy.map(\.order).min() ?? 0,
            call: exchange(round, number: number, size: size)))
      }
    }
    return (found.sorted { $0.order < $1.order }, leftOut)
  }

  /// A call and its place among the records of the process.
  struct OrderedCall {
    var order: Int
    var call: CommsCall
  }

  private func call(of entry: Entry, size: Int32) -> CommsCall {
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

  private func exchange(_ round: [Entry], number: Int, size: Int32) -> CommsCall {
    var call = CommsCall(kind: .allToAll)
    call.sequence = Int64(number)
    call.sentBytes = bytes(of: round.filter { $0.kind == .send }, size: size)
    call.receivedBytes = bytes(of: round.filter { $0.kind == .receive }, size: size)
    return call
  }

  /// By member; −1 for a message that was not recorded.
  private func bytes(of entries: [Entry], size: Int32) -> [Int64]? {
    guard !entries.isEmpty, size <= CommsCall.pairGroupLimit else { return nil }
    var bytes = [Int64](repeating: -1, count: Int(size))
    for entry in entries where bytes.indices.contains(Int(entry.peer)) {
      bytes[Int(entry.peer)] = entry.bytes
    }
    return bytes
  }

  private func rounds() -> [[Entry]] {
    var rounds: [[Entry]] = []
    var sentTo: Set<Int32> = []
    var receivedFrom: Set<Int32> = []
    for entry in messages.sorted(by: { ($0.sequence, $0.order) < ($1.sequence, $1.order) }) {
      let isNew =
        entry.kind == .send
        ? sentTo.insert(entry.peer).inserted : receivedFrom.insert(entry.peer).inserted
      if rounds.isEmpty || !isNew {
        rounds.append([])
        sentTo = entry.kind == .send ? [entry.peer] : []
        receivedFrom = entry.kind == .send ? [] : [entry.peer]
      }
      rounds[rounds.count - 1].append(entry)
    }
    return rounds
  }
}
