internal import TraceModel

/// Writes matched operations, their order and their transfers.
struct CommsWriter {
  private let layout: Layout
  private let isDeclared: Bool
  private let numbersGroups: Bool
  private let groups: [CommsGroup]
  private var lowering = CommsLowering()
  private var operations = OperationTable()
  private var transfers = TransferTable()
  /// By rank: the operation that it took part in last.
  private var lastOperation: [Int32: Int32] = [:]
  private var expertGroups: [Int: Int32] = [:]
  private var roles: [RoleKey: Role] = [:]
  private var counts = Counts()

  private struct RoleKey: Hashable {
    var group: Int
    var kind: CommsKind
    var context: CommsContext
  }

  private struct Counts {
    var operations = 0
    var incomplete = 0
    var withoutTimes = 0
    var otherAllToAlls = 0
    var phased = 0
    var withIteration = 0
  }

  /// - Parameter numbersGroups: false where nothing says which groups are of one kind: operations of
  ///   numbered groups that stand together are taken to run at once.
  init(layout: Layout, groups: [CommsGroup], isDeclared: Bool, numbersGroups: Bool) {
    self.layout = layout
    self.groups = groups
    self.isDeclared = isDeclared
    self.numbersGroups = numbersGroups
  }

  mutating func write(
    _ matching: CommsMatching, batchRows: Int, into sink: inout some TraceSink
  ) throws {
    guard matching.operationCount < Int(Int32.max) else {
      throw IngestError(
        "more than \(Int32.max) operations", at: "input", advice: "Ingest fewer steps at a time.")
    }
    // One operation at a time: each has a place for every member of its group.
    for index in 0..<matching.operationCount {
      append(
        matching.matched(index), id: Int32(index), haveTimes: matching.haveTimes,
        predecessors: matching.predecessors(of: index))
      if operations.count + transfers.count >= batchRows { try flush(into: &sink) }
    }
    try flush(into: &sink)
  }

  private mutating func flush(into sink: inout some TraceSink) throws {
    guard operations.count > 0 else { return }
    try sink.append(operations: operations)
    try sink.append(transfers: transfers)
    operations = OperationTable()
    transfers = TransferTable()
  }

  private mutating func append(
    _ matched: MatchedOperation, id: Int32, haveTimes: Bool, predecessors: [Int32]?
  ) {
    let context = matched.context
    let role = role(of: matched)
    let phase =
      role == .expert && matched.kind == .allToAll ? context.phase : .unspecified
    let row = Operation(
      id: id, kind: matched.kind.operation, role: role, phase: phase, grain: .rank,
      iteration: matched.iteration, group: group(of: matched, role: role),
      start: haveTimes ? matched.start : Operation.unknownTime,
      end: haveTimes ? matched.end : Operation.unknownTime)
    operations.append(row)
    count(matched, row)
    if !haveTimes { addPredecessors(of: matched, id: id, recorded: predecessors) }
    // Swapped, not copied.
    var rows = TransferTable()
    swap(&rows, &transfers)
    lowering.forEachPair(of: matched.kind, calls: matched.calls, members: matched.members) {
      rows.append(operation: id, source: $0, destination: $1, bytes: $2)
    }
    swap(&rows, &transfers)
  }

  private mutating func role(of matched: MatchedOperation) -> Role {
    let key = RoleKey(group: matched.group, kind: matched.kind, context: matched.context)
    if let known = roles[key] { return known }
    let role = groups[matched.group].role(of: matched.kind, context: matched.context) ?? .other
    roles[key] = role
    return role
  }

  /// The expert group of the layout for expert traffic; else the number of the process group.
  private mutating func group(of matched: MatchedOperation, role: Role) -> Int32 {
    guard role == .expert else {
      return numbersGroups ? Int32(matched.group) : Operation.unknown
    }
    if isDeclared, let first = groups[matched.group].members.first {
      return Int32(layout.parallelism.expertGroup(ofRank: Int(first)))
    }
    if let known = expertGroups[matched.group] { return known }
    let number = Int32(expertGroups.count)
    expertGroups[matched.group] = number
    return number
  }

  /// An operation waits for those that its records name, or else for the one before it on each of
  /// its ranks.
  private mutating func addPredecessors(
    of matched: MatchedOperation, id: Int32, recorded: [Int32]?
  ) {
    var waits: Set<Int32> = []
    for rank in matched.members {
      // A rank that sends to itself is both members.
      if recorded == nil, let last = lastOperation[rank], last != id { waits.insert(last) }
      lastOperation[rank] = id
    }
    for predecessor in recorded ?? waits.sorted() {
      operations.dependencies.append(.init(operation: id, predecessor: predecessor))
    }
  }

  private mutating func count(_ matched: MatchedOperation, _ row: Operation) {
    counts.operations += 1
    if row.start == Operation.unknownTime { counts.withoutTimes += 1 }
    if row.iteration != Operation.unknown { counts.withIteration += 1 }
    if row.phase != .unspecified { counts.phased += 1 }
    if row.kind == .allToAll, row.role == .other { counts.otherAllToAlls += 1 }
  }

  // MARK: Closing

  func describe(into summary: inout IngestSummary) {
    summary.provenance.merge([
      "operations.kind": Provenance(.measured, method: "names of the collectives"),
      "operations.role": Provenance(
        .inferred,
        method: "descriptions of process groups, and functions and ranges around the calls"),
      "operations.phase": counts.phased > 0
        ? Provenance(.inferred, method: "functions and ranges around the calls")
        : Provenance(.absent, method: "nothing around the calls speaks of dispatch or combine"),
      "operations.layer": Provenance(.absent, method: "the records name no layer"),
      "operations.iteration": counts.withIteration > 0
        ? Provenance(.measured, method: "steps of PyTorch's profiler")
        : Provenance(.absent, method: "no step of PyTorch's profiler around the calls"),
      "operations.group": numbersGroups
        ? Provenance(.measured, method: "process groups")
        : Provenance(.absent, method: "nothing says which communicators are of one kind"),
      "transfers.bytes": bytesProvenance,
    ]) { _, new in new }
    addNotes(to: &summary)
  }

  private var bytesProvenance: Provenance {
    if lowering.withoutBytes == counts.operations {
      return Provenance(.absent, method: "the records hold neither shares nor sizes")
    }
    if lowering.loweredCollectives + lowering.evenAllToAlls == 0 {
      return Provenance(.measured, method: "shares of all-to-alls and sizes of messages")
    }
    return Provenance(
      .inferred,
      method: "shares of all-to-alls as recorded; other collectives by their sizes, on rings")
  }

  private func addNotes(to summary: inout IngestSummary) {
    let sentences: [(Int, String, String)] = [
      (
        lowering.loweredCollectives, "collective of known size was lowered to a ring or chain",
        "collectives of known size were lowered to rings (broadcasts to chains)"
      ),
      (
        lowering.evenAllToAlls, "all-to-all without shares was taken as even",
        "all-to-alls without shares were taken as even"
      ),
      (
        lowering.disagreements,
        "pair of ranks disagrees about bytes sent and received; the sender was believed"
          + (lowering.firstDisagreement.map { ": \($0)" } ?? ""),
        "pairs of ranks disagree about bytes sent and received; the senders were believed"
          + (lowering.firstDisagreement.map { "; the first: \($0)" } ?? "")
      ),
      (
        lowering.differingSizes,
        "collective has ranks that disagree about its size; the lowest rank was believed",
        "collectives have ranks that disagree about their size; the lowest rank was believed"
      ),
      (
        lowering.withoutBytes,
        "operation has no bytes: the records hold neither shares nor sizes for it",
        "operations have no bytes: the records hold neither shares nor sizes for them"
      ),
      (
        counts.otherAllToAlls,
        "all-to-all has the role `other`: nothing says that it carries tokens to experts",
        "all-to-alls have the role `other`: nothing says that they carry tokens to experts"
      ),
    ]
    summary.notes += sentences.filter { $0.0 > 0 }.map { counted($0.0, one: $0.1, many: $0.2) }
  }
}
