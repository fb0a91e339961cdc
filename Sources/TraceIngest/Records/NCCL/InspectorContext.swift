internal import TraceModel

/// Whose the bare records are that format v4.3 writes behind the counts of each dump.
///
/// There `header` and `metadata` stand once, in the `dump_stats` record; it counts the records of the
/// dump that follow it, each an object with its payload alone. Nothing is carried from one file to
/// another, nor beyond those counts (NVIDIA/nccl, plugins/profiler/inspector/inspector_json_reader.py).
struct InspectorContext {
  /// The last `dump_stats` record of this format, or nil.
  private var dump: InspectorRecord?
  /// Records of its dump that have not come, by kind.
  private var awaited = InspectorRecord.DumpCounts()
  private var lost: Int64 = 0

  /// Records that dumps count and that did not follow them.
  var missing: Int64 { lost &+ awaited.sum }

  /// Begins the dump that a record counts; its format may be one that needs no context.
  mutating func begin(_ record: InspectorRecord) {
    end()
    guard record.format == "v4.3", record.placeDefect == nil else { return }
    dump = record
    awaited = record.counts
  }

  /// Ends the dump: whose the records behind are is not known.
  mutating func end() {
    lost = missing
    (dump, awaited) = (nil, .init())
  }

  /// Lends a bare record its place; nil when no dump counts it.
  mutating func complete(_ record: InspectorRecord) -> InspectorRecord? {
    guard let dump, awaited.take(record.payload) else { return nil }
    var whole = record
    (whole.communicator, whole.communicatorName) = (dump.communicator, dump.communicatorName)
    (whole.rank, whole.rankCount) = (dump.rank, dump.rankCount)
    (whole.host, whole.process) = (dump.host, dump.process)
    return whole
  }
}
