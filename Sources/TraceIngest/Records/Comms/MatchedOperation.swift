internal import TraceModel

/// One operation with what its ranks recorded of it, as it is written.
struct MatchedOperation {
  var kind: CommsKind
  /// Number of its group among the resolved ones.
  var group: Int
  /// Global ranks by place in the group; sender and receiver of a message.
  var members: [Int32]
  /// By place: the member's record, or nil.
  var calls: [CommsCall?]
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
}
