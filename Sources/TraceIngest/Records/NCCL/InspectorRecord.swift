internal import TraceModel

/// One line of an NCCL Inspector log: a collective or a message of one process.
///
/// `coll_msg_size_bytes` is the payload of the whole call for broadcasts and all-reduces, and one
/// rank's share for all-gathers and reduce-scatters (the plugin's own bandwidth says so: its
/// examples multiply the latter by the number of ranks).
struct InspectorRecord {
  static let keys = ["header", "metadata", "coll_perf", "p2p_perf", "dump_stats"]

  var communicator = ""
  var communicatorName = ""
  var rank: Int64 = -1
  var rankCount: Int64 = -1
  var host = ""
  var process: Int64 = -1
  var operation: String?
  /// True for a message; its numbers and peers are those of the communicator.
  var isMessage = false
  var peer: Int64 = -1
  var sequence: Int64?
  var bytes: Int64 = -1
  /// True for what format v4.2 writes at the start of each dump: how many records the rings held and
  /// how many they dropped since the start.
  var isStatistics = false
  var droppedCollectives: Int64 = 0
  var droppedMessages: Int64 = 0

  static func read(_ text: RawSpan, _ places: JSONRecord) throws(JSONDefect) -> InspectorRecord {
    var record = InspectorRecord()
    for key in keys.indices {
      guard var cursor = places.cursor(at: key) else { continue }
      if key == 3 { record.isMessage = true }
      if key == 4 { record.isStatistics = true }
      var hasMore = try cursor.beginObject(text)
      while hasMore {
        let name = text.string(in: try cursor.memberName(text))
        var value = cursor
        try cursor.skipValue(text)
        try record.take(name, text, &value)
        hasMore = try cursor.anotherMember(text)
      }
    }
    return record
  }

  private mutating func take(
    _ key: String, _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) {
    switch key {
    case "id": communicator = text.string(in: try value.rawString(text))
    case "comm_name": communicatorName = text.string(in: try value.rawString(text))
    case "rank": rank = try value.integer(text)
    case "n_ranks": rankCount = try value.integer(text)
    case "hostname": host = text.string(in: try value.rawString(text))
    case "pid": process = try value.integer(text)
    case "coll", "p2p": operation = text.string(in: try value.rawString(text))
    case "coll_sn", "p2p_sn": sequence = try value.integer(text)
    case "coll_msg_size_bytes", "p2p_msg_size_bytes": bytes = try value.integer(text)
    case "p2p_peer": peer = try value.integer(text)
    case "coll_dropped_total": droppedCollectives = max(0, try value.integer(text))
    case "p2p_dropped_total": droppedMessages = max(0, try value.integer(text))
    default: break
    }
  }

  /// Why it cannot be said whose record it is, or nil.
  var placeDefect: String? {
    if communicator.isEmpty { return "a required field is missing" }
    if !(1...CommsGroup.sizeLimit).contains(rankCount) || !(0..<rankCount).contains(rank) {
      return "the rank is outside the communicator"
    }
    return nil
  }

  /// Why the record of a known rank cannot be used, or nil.
  var defect: String? {
    if operation == nil || sequence == nil { return "a required field is missing" }
    if isMessage, !(0..<rankCount).contains(peer) { return "the peer is outside the communicator" }
    return (0...CommsCall.elementLimit).contains(bytes) ? nil : "the size is no number of bytes"
  }
}
