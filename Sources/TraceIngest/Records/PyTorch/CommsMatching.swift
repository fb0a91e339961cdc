internal import TraceModel

/// The parts of one operation that its ranks recorded.
struct MatchedOperation {
  var kind: CommsKind
  /// Number of its group among the resolved ones.
  var group: Int
  /// Global ranks by place in the group; sender and receiver of a message.
  var members: [Int32]
  /// By place: the member's record, or nil.
  var calls: [CommsCall?]
  /// Where the operation stands among those of the rank that had it first.
  var order: Int
  var sequence: Int64
}

/// Brings the ranks' records of each operation together.
///
/// Ranks name an operation by group, kind and sequence number; where a record has no number, by how
/// many of the same group and kind came before it in its step. Messages are counted by pair.
struct CommsMatching {
  private struct Part {
    var file: Int
    var call: Int
    var group: Int
    var kind: CommsKind
    /// Sender and receiver of a message; −1 for a collective.
    var pair: Int64
    var sequence: Int64
    var place: Int
  }

  private struct Key: Hashable {
    var group: Int
    var kind: CommsKind
    var pair: Int64
    var sequence: Int64
  }

  /// Groups by (members, name), so that their numbers do not depend on the order of the files.
  private(set) var groups: [CommsGroup] = []
  /// By file: calls of groups whose members nobody knows.
  private(set) var unresolved: [Int]
  private(set) var operations: [MatchedOperation] = []
  private var parts: [Part] = []

  /// - Parameters:
  ///   - files: by rank.
  ///   - worldSize: number of ranks of the job where a file says it.
  init(_ files: [CommsFile], ranks: [Int32], worldSize: Int32?) {
    unresolved = [Int](repeating: 0, count: files.count)
    let numbers = resolveGroups(of: files, ranks: ranks, worldSize: worldSize)
    for index in files.indices {
      addParts(of: files[index], file: index, rank: ranks[index], groups: numbers[index])
    }
    join(files)
  }

  // MARK: Groups

  /// By file and its group: the number among `groups`, or nil.
  private mutating func resolveGroups(
    of files: [CommsFile], ranks: [Int32], worldSize: Int32?
  ) -> [[Int?]] {
    var ranksOfName: [String: [Int32]] = [:]
    var sharesOfName: [String: Int] = [:]
    for (file, rank) in zip(files, ranks) {
      for group in file.groups where group.members.isEmpty {
        ranksOfName[group.name, default: []].append(rank)
      }
      for call in file.calls where call.kind == .allToAll {
        let group = file.groups[Int(call.group)]
        guard group.members.isEmpty, let rows = call.sentRows, rows.count > 1 else { continue }
        sharesOfName[group.name] = rows.count
      }
    }
    var resolved: Set<CommsGroup> = []
    let known = files.map { file in
      file.groups.map { group -> CommsGroup? in
        var group = group
        if group.members.isEmpty {
          let size = group.size > 0 ? Int(group.size) : sharesOfName[group.name] ?? 0
          group.members = Self.members(
            of: group, size: size, seen: ranksOfName[group.name] ?? [], worldSize: worldSize)
        }
        group.size = Int32(group.members.count)
        guard !group.members.isEmpty else { return nil }
        resolved.insert(group)
        return group
      }
    }
    groups = resolved.sorted { left, right in
      left.members != right.members
        ? left.members.lexicographicallyPrecedes(right.members)
        : (left.name, left.description) < (right.name, right.description)
    }
    var numberOf: [CommsGroup: Int] = [:]
    for (number, group) in groups.enumerated() { numberOf[group] = number }
    return known.map { $0.map { $0.flatMap { numberOf[$0] } } }
  }

  /// The members of a group that only has a name: those seen when they are all, else all ranks.
  private static func members(
    of group: CommsGroup, size: Int, seen: [Int32], worldSize: Int32?
  ) -> [Int32] {
    let seen = Set(seen).sorted()
    if size == 0 || size == seen.count { return seen }
    let isWorld =
      worldSize.map { Int($0) == size }
      ?? (group.name == "group 0" || group.description == "default_pg")
    guard isWorld, size <= Int(CommsGroup.sizeLimit), Int(seen.last ?? 0) < size else { return [] }
    return (0..<Int32(size)).map { $0 }
  }

  // MARK: Parts

  private mutating func addParts(of file: CommsFile, file index: Int, rank: Int32, groups: [Int?]) {
    var seen: [Key: Int64] = [:]
    for (number, call) in file.calls.enumerated() {
      guard let group = groups[Int(call.group)],
        let own = self.groups[group].members.firstIndex(of: rank)
      else {
        unresolved[index] += 1
        continue
      }
      var part = Part(
        file: index, call: number, group: group, kind: call.kind, pair: -1, sequence: 0, place: own)
      if call.kind.isPointToPoint {
        guard let peer = peer(of: call, group: group) else {
          unresolved[index] += 1
          continue
        }
        let isSend = call.kind == .send
        part.kind = .send
        part.place = isSend ? 0 : 1
        part.pair = isSend ? Int64(rank) << 32 | Int64(peer) : Int64(peer) << 32 | Int64(rank)
      }
      // Several calls may share a number: a coalesced collective has one for all its tensors.
      let base =
        part.pair >= 0 ? -1 : call.sequence ?? -1 &- (Int64(call.iteration) &+ 2)
      let key = Key(group: group, kind: part.kind, pair: part.pair, sequence: base)
      let repeats = seen[key, default: 0]
      seen[key] = repeats + 1
      part.sequence = base &* (1 << 20) &+ repeats
      parts.append(part)
    }
  }

  private func peer(of call: CommsCall, group: Int) -> Int32? {
    let members = groups[group].members
    return members.indices.contains(Int(call.root)) ? members[Int(call.root)] : nil
  }

  // MARK: Operations

  private mutating func join(_ files: [CommsFile]) {
    parts.sort { left, right in
      (left.group, Int(left.kind.rawValue), left.pair, left.sequence, left.file, left.call)
        < (
          right.group, Int(right.kind.rawValue), right.pair, right.sequence, right.file, right.call
        )
    }
    var first = 0
    while first < parts.count {
      let head = parts[first]
      var last = first + 1
      while last < parts.count, parts[last].group == head.group, parts[last].kind == head.kind,
        parts[last].pair == head.pair, parts[last].sequence == head.sequence
      {
        last += 1
      }
      append(parts[first..<last], files)
      first = last
    }
    parts = []
    operations.sort { left, right in
      let (begun, other) = (left.start, right.start)
      if begun != other { return begun < other }
      return (left.order, left.group, Int(left.kind.rawValue), left.sequence)
        < (right.order, right.group, Int(right.kind.rawValue), right.sequence)
    }
  }

  private mutating func append(_ parts: ArraySlice<Part>, _ files: [CommsFile]) {
    guard let head = parts.first else { return }
    var members = groups[head.group].members
    if head.pair >= 0 {
      members = [
        Int32(truncatingIfNeeded: head.pair >> 32), Int32(truncatingIfNeeded: head.pair),
      ]
    }
    var operation = MatchedOperation(
      kind: head.kind, group: head.group, members: members,
      calls: [CommsCall?](repeating: nil, count: members.count), order: .max,
      sequence: head.sequence)
    for part in parts {
      operation.calls[part.place] = files[part.file].calls[part.call]
      operation.order = min(operation.order, part.call)
    }
    operations.append(operation)
  }
}

extension MatchedOperation {
  /// When the last of its known ranks began: no rank's bytes are complete before that.
  var start: Int64 {
    calls.lazy.compactMap { $0?.start }.max() ?? Operation.unknownTime
  }

  var end: Int64 { calls.lazy.compactMap { $0?.end }.max() ?? Operation.unknownTime }

  /// The lowest rank's word for it.
  var iteration: Int32 {
    calls.lazy.compactMap { $0?.iteration }.first { $0 != Operation.unknown } ?? Operation.unknown
  }

  /// What the lowest rank that knows anything says about the program around it.
  var context: CommsContext {
    calls.lazy.compactMap { $0?.context }.first { !$0.isEmpty } ?? []
  }

  var recordCount: Int { calls.count { $0 != nil } }
}
