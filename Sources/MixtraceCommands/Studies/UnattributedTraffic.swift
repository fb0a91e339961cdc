internal import LocalityAnalysis
internal import TraceFormat
internal import TraceModel

/// What a capture's messages say by themselves, where no operation tells what they belong to.
///
/// They are one operation of unknown kind: who sent how much to whom is known, and nothing else.
enum UnattributedTraffic {
  /// True where the trace holds messages and no operations.
  static func isAll(of file: TraceFile) -> Bool {
    file.rowCount(of: .operations) == 0 && file.rowCount(of: .messages) > 0
  }

  /// What a reader of the results must know.
  static func note(_ file: TraceFile) -> String {
    "no operations were told apart: all \(file.rowCount(of: .messages)) messages are read as one; "
      + "'mixtrace attribute' tells operations, iterations and roles"
  }

  /// All messages in one workload, with memory for the pairs that exchange them.
  static func workload(of file: TraceFile, _ selection: SelectionOptions) throws -> Workload {
    var messages = try self.messages(of: file, selection)
    try file.forEachMessageBlock { try messages.add($0) }
    return try messages.take()
  }

  /// The locality of all messages, with memory for at most `pairLimit` pairs beside the sums.
  static func locality(of file: TraceFile, _ selection: SelectionOptions) throws -> LocalitySums {
    var messages = try self.messages(of: file, selection)
    // Without messages yet, its one operation and its ends are known.
    var sums = LocalitySums(TraceOutline(try messages.take()))
    var isFirst = true
    func add() throws {
      sums.add(try messages.take(), countsOperations: isFirst)
      isFirst = false
    }
    try file.forEachMessageBlock { block in
      try messages.add(block)
      if messages.pairCount >= pairLimit { try add() }
    }
    try add()
    return sums
  }

  private static let pairLimit = 1 << 20

  private static func messages(
    of file: TraceFile, _ selection: SelectionOptions
  ) throws -> UnattributedMessages {
    guard isAll(of: file), !selection.isNarrowed else { throw selection.noOperations(in: file) }
    return try UnattributedMessages(file.metadata, grain: selection.grain)
  }
}
