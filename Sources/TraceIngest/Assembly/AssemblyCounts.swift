/// What the assembly of one vantage found besides messages.
struct AssemblyCounts: Sendable {
  var rdmaPackets: Int64 = 0
  var tcpSegments: Int64 = 0
  /// Of `rdmaPackets`, those that were not decoded layer by layer.
  var shortWayPackets: Int64 = 0
  /// READs whose responses were not captured.
  var unansweredReads: Int64 = 0
  /// Bytes that those asked for.
  var unansweredReadBytes: Int64 = 0
  var unfinishedMessages: Int64 = 0
  var queuePairRestarts: Int64 = 0
  /// Queue pairs that were closed to make room.
  var retiredQueuePairs: Int64 = 0
  /// Messages that were not whole then.
  var retiredUnfinishedMessages: Int64 = 0
  /// Directions of TCP connections that were closed to make room.
  var retiredConnections: Int64 = 0
  /// Pairs of datagram queue pairs that were forgotten to make room.
  var retiredDatagramPairs: Int64 = 0

  static func += (left: inout AssemblyCounts, right: AssemblyCounts) {
    left.rdmaPackets += right.rdmaPackets
    left.tcpSegments += right.tcpSegments
    left.shortWayPackets += right.shortWayPackets
    left.unansweredReads += right.unansweredReads
    left.unansweredReadBytes &+= right.unansweredReadBytes
    left.unfinishedMessages += right.unfinishedMessages
    left.queuePairRestarts += right.queuePairRestarts
    left.retiredQueuePairs += right.retiredQueuePairs
    left.retiredUnfinishedMessages += right.retiredUnfinishedMessages
    left.retiredConnections += right.retiredConnections
    left.retiredDatagramPairs += right.retiredDatagramPairs
  }
}
