internal import TraceModel

/// One record of an NCCL Inspector log: a collective or a message of one process.
///
/// `coll_msg_size_bytes` is the payload of the whole call for broadcasts and all-reduces, and one
/// rank's share for all-gathers and reduce-scatters (the plugin's own bandwidth says so: its
/// examples multiply the latter by the number of ranks).
struct InspectorRecord {
  static let keys = [
    "header", "metadata", "coll_perf", "p2p_perf", "dump_stats", "proxy_trace",
  ]

  static let statisticsKey = 4

  /// What a record tells.
  enum Payload: Sendable, Hashable {
    case collective
    case message
    /// How many records the rings held and how many they dropped since the start, which formats from
    /// v4.2 on write at the start of each dump.
    case statistics
    /// Steps of a transfer on the network, which add nothing to the collectives and messages.
    case proxyTrace
    case unknown
  }

  /// Records of one dump by kind.
  struct DumpCounts: Sendable, Hashable {
    var collectives: Int64 = 0
    var messages: Int64 = 0
    var proxyTraces: Int64 = 0

    var sum: Int64 { collectives &+ messages &+ proxyTraces }

    /// Counts one record down; false when none of its kind is left.
    mutating func take(_ payload: Payload) -> Bool {
      let place: WritableKeyPath<DumpCounts, Int64>
      switch payload {
      case .collective: place = \.collectives
      case .message: place = \.messages
      case .proxyTrace: place = \.proxyTraces
      case .statistics, .unknown: return false
      }
      guard self[keyPath: place] > 0 else { return false }
      self[keyPath: place] -= 1
      return true
    }
  }

  var communicator = ""
  var communicatorName = ""
  var rank: Int64 = -1
  var rankCount: Int64 = -1
  var host = ""
  var process: Int64 = -1
  var operation: String?
  var payload = Payload.unknown
  /// False for what format v4.3 writes behind the counts of a dump.
  var hasHeader = false
  /// Version of the format, "v4.3", where the record says it.
  var format = ""
  /// Of a message, like its number, in the communicator.
  var peer: Int64 = -1
  var sequence: Int64?
  var bytes: Int64 = -1
  /// Nanoseconds since 1970 on the server's clock; verbose records have them.
  var start = Operation.unknownTime
  var finish = Operation.unknownTime
  var counts = DumpCounts()
  var droppedCollectives: Int64 = 0
  var droppedMessages: Int64 = 0

  static func read(_ text: RawSpan, _ places: JSONRecord) throws(JSONDefect) -> InspectorRecord {
    var record = InspectorRecord()
    for key in keys.indices {
      guard var cursor = places.cursor(at: key) else { continue }
      switch key {
      case 0: record.hasHeader = true
      case 2: record.payload = .collective
      case 3: record.payload = .message
      case 4: record.payload = .statistics
      case 5:
        record.payload = .proxyTrace
        continue
      default: break
      }
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
    case "inspector_output_format_version":
      if value.firstByte(text) == UInt8(ascii: "\"") {
        format = text.string(in: try value.rawString(text))
      }
    case "event_trace_ts":
      if value.firstByte(text) == UInt8(ascii: "{") { try takeTimes(text, value) }
    case "coll_records": counts.collectives = try Self.count(text, &value)
    case "p2p_records": counts.messages = try Self.count(text, &value)
    case "proxy_records": counts.proxyTraces = try Self.count(text, &value)
    case "coll_dropped_total": droppedCollectives = max(0, try value.integer(text))
    case "p2p_dropped_total": droppedMessages = max(0, try value.integer(text))
    default: break
    }
  }

  private static func count(
    _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) -> Int64 {
    // Above any ring of the plugin, and safely added.
    min(max(0, try value.integer(text)), 1 << 32)
  }

  /// Microseconds of the host's clock: "coll_start_ts", "p2p_stop_ts", others inside lists.
  private mutating func takeTimes(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) {
    var cursor = place
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      let key = text.string(in: try cursor.memberName(text))
      var value = cursor
      try cursor.skipValue(text)
      switch key {
      case "coll_start_ts", "p2p_start_ts": start = try Self.time(text, &value)
      case "coll_stop_ts", "p2p_stop_ts": finish = try Self.time(text, &value)
      default: break
      }
      hasMore = try cursor.anotherMember(text)
    }
  }

  private static func time(
    _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) -> Int64 {
    let microseconds = try value.integer(text)
    let (nanoseconds, overflows) = microseconds.multipliedReportingOverflow(by: 1_000)
    return overflows || microseconds <= 0 ? Operation.unknownTime : nanoseconds
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
    if payload == .message, !(0..<rankCount).contains(peer) {
      return "the peer is outside the communicator"
    }
    return (0...CommsCall.elementLimit).contains(bytes) ? nil : "the size is no number of bytes"
  }
}
