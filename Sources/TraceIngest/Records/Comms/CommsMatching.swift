internal import TraceModel

/// Brings the ranks' records of each operation together.
///
/// Ranks name an operation by group, kind and sequence number; where a record has no number, by how
/// many of the same group and kind came before it in its step. Messages are counted by pair. Calls
/// stay in their files: 48 bytes for each stand here, and 48 for each operation.
struct CommsMatching {
  private struct Part {
    var file: Int32
    var call: Int32
    var group: Int32
    var kind: CommsKind
    var place: Int32
    /// Sender and receiver of a message; −1 for a collective.
    var pair: Int64
    var sequence: Int64

    func isOfOneOperation(with other: Part) -> Bool {
      group == other.group && kind == other.kind && pair == other.pair
        && sequence == other.sequence
    }
  }

  private struct Operation {
    /// Its parts.
    var first: Int
    var end: Int
    /// Where it stands among those of the rank that had it first.
    var order: Int32
    /// When the last of its ranks began.
    var start: Int64
  }

  private struct Key: Hashable {
    var group: Int32
    var kind: CommsKind
    var pair: Int64
    var sequence: Int64
  }

  /// Calls of one file that no operation could be named for, by cause.
  struct Unresolved {
    var unknownMembers = 0
    var withoutOwnRank = 0
    var unknownPeer = 0
  }

  let groups: [CommsGroup]
  /// By file.
  private(set) var unresolved: [Unresolved]
  /// True when a start is known of every operation.
  private(set) var haveTimes = true
  private let files: [CommsFile]
  private var parts: [Part] = []
  private var operations: [Operation] = []
  /// By file and call: its operation, or −1; empty where no call says what it waits for.
  private var operationOfCall: [[Int32]] = []

  var operationCount: Int { operations.count }

  /// - Parameter files: by rank.
  init(_ files: [CommsFile], ranks: [Int32], _ resolution: CommsResolution) {
    self.files = files
    groups = resolution.groups
    unresolved = [Unresolved](repeating: Unresolved(), count: files.count)
    for index in files.indices {
      addParts(file: index, rank: ranks[index], groups: resolution.numbers[index])
    }
    join()
  }

  // MARK: Parts

  private mutating func addParts(file index: Int, rank: Int32, groups numbers: [Int?]) {
    var seen: [Key: Int64] = [:]
    let places = numbers.map { $0.flatMap { groups[$0].members.firstIndex(of: rank) } }
    for (number, call) in files[index].calls.enumerated() {
      guard let group = numbers[Int(call.group)] else {
        unresolved[index].unknownMembers += 1
        continue
      }
      guard let own = places[Int(call.group)] else {
        unresolved[index].withoutOwnRank += 1
        continue
      }
      var part = Part(
        file: Int32(index), call: Int32(number), group: Int32(group), kind: call.kind,
        place: Int32(own), pair: -1, sequence: 0)
      if call.kind.isPointToPoint {
        guard let peer = peer(of: call, group: group) else {
          unresolved[index].unknownPeer += 1
          continue
        }
        let isSend = call.kind == .send
        part.kind = .send
        part.place = isSend ? 0 : 1
        part.pair = isSend ? Int64(rank) << 32 | Int64(peer) : Int64(peer) << 32 | Int64(rank)
      }
      // Several calls may share a number: a coalesced collective has one for all its tensors.
      let base = part.pair >= 0 ? -1 : call.sequence ?? -1 &- (Int64(call.iteration) &+ 2)
      let key = Key(group: part.group, kind: part.kind, pair: part.pair, sequence: base)
      let repeats = seen[key, default: 0]
      seen[key] = repeats + 1
      part.sequence = base &* (1 << 20) &+ repeats
      parts.append(part)
    }
  }

  /// The global rank at the other end of a message.
  private func peer(of call: CommsCall, group: Int) -> Int32? {
    let members = groups[group].members
    if call.globalPeer >= 0 { return members.contains(call.globalPeer) ? call.globalPeer : nil }
    return members.indices.contains(Int(call.root)) ? members[Int(call.root)] : nil
  }

  // MARK: Operations

  private mutating func join() {
    parts.sort { left, right in
      (left.group, left.kind.rawValue, left.pair, left.sequence, left.file, left.call)
        < (right.group, right.kind.rawValue, right.pair, right.sequence, right.file, right.call)
    }
    var first = 0
    while first < parts.count {
      var end = first + 1
      while end < parts.count, parts[end].isOfOneOperation(with: parts[first]) { end += 1 }
      operations.append(operation(first, end))
      first = end
    }
    haveTimes = operations.allSatisfy { $0.start != TraceModel.Operation.unknownTime }
    sort()
    if !haveTimes { mergeOrders() }
    if files.contains(where: { $0.calls.contains { $0.predecessors != nil } }) {
      operationOfCall = operationsOfCalls()
    }
  }

  private func operation(_ first: Int, _ end: Int) -> Operation {
    var operation = Operation(
      first: first, end: end, order: .max, start: TraceModel.Operation.unknownTime)
    for part in parts[first..<end] {
      operation.order = min(operation.order, part.call)
      operation.start = max(operation.start, call(of: part).start)
    }
    return operation
  }

  private func call(of part: Part) -> CommsCall { files[Int(part.file)].calls[Int(part.call)] }

  /// By start; where that is not known of all, by place in a rank's sequence.
  private mutating func sort() {
    let byTime = haveTimes
    // Parts stand by group, kind and sequence number.
    operations.sort { left, right in
      if byTime, left.start != right.start { return left.start < right.start }
      let (part, other) = (parts[left.first], parts[right.first])
      return (left.order, part.group, left.first) < (right.order, other.group, right.first)
    }
  }

  /// Keeps the order of each rank: a place in one rank's sequence says nothing about another's.
  private mutating func mergeOrders() {
    var order = CommsOrder(count: operations.count)
    for sequence in operationsOfCalls() { order.add(rank: sequence.filter { $0 >= 0 }) }
    operations = order.merged().map { operations[$0] }
  }

  private func operationsOfCalls() -> [[Int32]] {
    var operationOfCall = files.map { [Int32](repeating: -1, count: $0.calls.count) }
    for (number, operation) in operations.enumerated() {
      for part in parts[operation.first..<operation.end] {
        operationOfCall[Int(part.file)][Int(part.call)] = Int32(number)
      }
    }
    return operationOfCall
  }

  /// The operations that one waits for by its ranks' records, ascending; nil where they do not say.
  func predecessors(of number: Int) -> [Int32]? {
    guard !operationOfCall.isEmpty else { return nil }
    let operation = operations[number]
    var found: Set<Int32> = []
    for part in parts[operation.first..<operation.end] {
      let places = operationOfCall[Int(part.file)]
      for place in call(of: part).predecessors ?? [] { found.insert(places[Int(place)]) }
    }
    found.subtract([-1, Int32(number)])
    return found.sorted()
  }

  /// One operation with its ranks' records.
  func matched(_ number: Int) -> MatchedOperation {
    let operation = operations[number]
    let head = parts[operation.first]
    var members = groups[Int(head.group)].members
    if head.pair >= 0 {
      members = [
        Int32(truncatingIfNeeded: head.pair >> 32), Int32(truncatingIfNeeded: head.pair),
      ]
    }
    var matched = MatchedOperation(
      kind: head.kind, group: Int(head.group), members: members,
      calls: [CommsCall?](repeating: nil, count: members.count))
    for part in parts[operation.first..<operation.end] {
      matched.calls[Int(part.place)] = call(of: part)
    }
    return matched
  }
}
