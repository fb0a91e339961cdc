internal import PacketFormats

/// READ responses of one flow that began before their requests were captured, until those come.
///
/// A request whose response is not among them, although all that began around it are known, has
/// none in the capture. Memory is bounded: the oldest are forgotten, and with them what is known.
struct UnrequestedResponses {
  /// Where a response begins.
  private struct Beginning {
    var sequence: UInt32
    /// True when packets before this one were not seen and may belong to it.
    var isHeadless: Bool
    var time: Int64
  }

  /// By sequence number.
  private var beginnings = SlidingArray<Beginning>()
  /// From here on every response that began is, or was, noted; nil before the first one.
  private var knownFrom: UInt32?

  /// Forgets all: responses are noted from this number on.
  mutating func start(at sequence: UInt32) {
    beginnings.removeAll()
    knownFrom = sequence
  }

  /// Notes a response without a known request; amortised O(1), more for one that comes late.
  ///
  /// - Parameter limit: how many are remembered.
  mutating func note(_ packet: QueuePairPacket, limit: Int) {
    var index = beginnings.count
    while index > 0,
      SequenceNumber.distance(from: beginnings[index - 1].sequence, to: packet.sequence) < 0
    {
      index -= 1
    }
    beginnings.insert(
      Beginning(
        sequence: packet.sequence, isHeadless: !packet.place.begins, time: packet.time), at: index)
    if beginnings.count > limit, let oldest = beginnings.first {
      beginnings.removeFirst(1)
      doubt(before: SequenceNumber.advanced(oldest.sequence, by: 1))
    }
  }

  /// What began before this number is not known for certain.
  mutating func doubt(before sequence: UInt32) {
    guard let known = knownFrom, SequenceNumber.distance(from: known, to: sequence) > 0 else {
      return
    }
    knownFrom = sequence
  }

  /// Forgets the responses before that of a request: requests come in order.
  mutating func pass(_ read: OutstandingRead) {
    let count = beginnings.partition {
      SequenceNumber.distance(from: $0.sequence, to: read.sequence) > 0
    }
    if count > 0 { beginnings.removeFirst(count) }
    doubt(before: read.sequence)
  }

  /// Takes the response to a request off the list; false when it is not there.
  ///
  /// - Parameter nanoseconds: how far apart in time the two may be.
  mutating func take(
    _ read: OutstandingRead, pathMTU: Int64, within nanoseconds: UInt64
  ) -> Bool {
    pass(read)
    guard let next = beginnings.first,
      (next.time &- read.time).magnitude <= nanoseconds
    else { return false }
    let distance = SequenceNumber.distance(from: read.sequence, to: next.sequence)
    let full = pathMTU > 0 ? pathMTU : OutstandingRead.pathMTUs[0]
    guard
      distance == 0 || next.isHeadless && Int64(distance) < read.packetCount(pathMTU: full)
    else { return false }
    beginnings.removeFirst(1)
    doubt(before: SequenceNumber.advanced(next.sequence, by: 1))
    return true
  }

  /// True when a response that began at this number would have been noted.
  func knows(_ sequence: UInt32) -> Bool {
    knownFrom.map { SequenceNumber.distance(from: $0, to: sequence) >= 0 } ?? false
  }

  /// True when no other response begins among the packets of a request's own.
  func hasRoom(for read: OutstandingRead, pathMTU: Int64) -> Bool {
    let index = beginnings.partition {
      SequenceNumber.distance(from: $0.sequence, to: read.sequence) >= 0
    }
    guard pathMTU > 0, index < beginnings.count else { return true }
    let distance = SequenceNumber.distance(from: read.sequence, to: beginnings[index].sequence)
    return Int64(distance) >= read.packetCount(pathMTU: pathMTU)
  }
}
