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
    /// Nanoseconds, where the record has times.
    var start = Operation.unknownTime
    var finish = Operation.unknownTime
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
  private(set) var collectives: [Entry] = []
  private(set) var messages: [Entry] = []
  var unused: [UnusedNumber] = []
  /// Records that the Inspector says it dropped; it counts them from format v4.2 on.
  var droppedCollectives: Int64 = 0
  var droppedMessages: Int64 = 0

  init(process: Int, communicator: Int, rank: Int32) {
    self.process = process
    self.communicator = communicator
    self.rank = rank
  }

  private struct Number: Hashable {
    var kind: CommsKind
    var peer: Int32
    var sequence: Int64
  }

  /// Bytes by number.
  private var numbers: [Number: Int64] = [:]

  enum Taking {
    case new
    /// One of the same function or message, number and bytes was taken before.
    case repeated
    /// One of the same function or message and number was taken before; it has other bytes.
    case contradicting
  }

  /// Takes a record, unless one of its number was taken before.
  mutating func take(_ entry: Entry) -> Taking {
    let number = Number(kind: entry.kind, peer: entry.peer, sequence: entry.sequence)
    if let known = numbers.updateValue(entry.bytes, forKey: number) {
      numbers[number] = known
      return known == entry.bytes ? .repeated : .contradicting
    }
    if entry.kind.isPointToPoint { messages.append(entry) } else { collectives.append(entry) }
    return .new
  }

  var place: NCCLEnd { NCCLEnd(process: process, communicator: communicator, rank: rank) }

  // MARK: Losses

  /// Numbers of messages from 1 to the last that no record has.
  ///
  /// Messages are numbered from 1 on; when its ring is full the Inspector loses the oldest.
  var missingMessages: Int64 {
    Self.missing(
      messages.map(\.sequence), unused: unused.filter(\.isMessage).map(\.sequence), from: 1)
  }

  /// Numbers of collectives between the first and the last that no record has.
  ///
  /// NCCL counts each function on its own, calls that are too small to be recorded included.
  var missingCollectives: Int64 {
    var recorded: [CommsKind: [Int64]] = [:]
    var notUsed: [CommsKind: [Int64]] = [:]
    for entry in collectives { recorded[entry.kind, default: []].append(entry.sequence) }
    for number in unused where !number.isMessage {
      if let kind = number.kind { notUsed[kind, default: []].append(number.sequence) }
    }
    return recorded.reduce(0) {
      $0 &+ Self.missing($1.value, unused: notUsed[$1.key] ?? [], from: nil)
    }
  }

  /// - Parameter unused: they fill holes and make none: what cannot be used may have any number.
  private static func missing(_ sequences: [Int64], unused: [Int64], from given: Int64?) -> Int64 {
    guard let least = sequences.min(), let last = sequences.max() else { return 0 }
    let first = min(given ?? least, least)
    let numbers = Set(sequences).union(unused.lazy.filter { first <= $0 && $0 <= last })
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
  /// Ranks agree on the number of a round when both have all messages from the first on.
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
      let inOrder = messages.sorted { ($0.sequence, $0.order) < ($1.sequence, $1.order) }
      for (number, round) in InspectorRounds(inOrder).rounds.enumerated() {
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
    (call.start, call.end) = (entry.start, entry.finish)
    let all = entry.bytes.multipliedReportingOverflow(by: Int64(size))
    switch entry.kind {
    case .allGather: call.outputElements = all.overflow ? -1 : all.partialValue
    case .reduceScatter: call.inputElements = all.overflow ? -1 : all.partialValue
    case .allToAll:
      // NCCL counts what one rank gives to each.
      let ofAll = all.overflow ? -1 : all.partialValue
      (call.inputElements, call.outputElements) = (ofAll, ofAll)
      (call.sentRows, call.receivedRows) = ([], [])
    default: (call.inputElements, call.outputElements) = (entry.bytes, entry.bytes)
    }
    return call
  }

  private func exchange(_ round: [Entry], number: Int, size: Int32) -> CommsCall {
    var call = CommsCall(kind: .allToAll)
    call.sequence = Int64(number)
    call.start = round.lazy.map(\.start).min() ?? Operation.unknownTime
    call.end = round.lazy.map(\.finish).max() ?? Operation.unknownTime
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
}
