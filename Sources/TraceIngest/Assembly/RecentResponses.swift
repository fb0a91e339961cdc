internal import TraceModel

/// The last READ responses that began without a known request, so that a request which is captured
/// after its own response still finds it.
///
/// A table of fixed size, in which a later response takes the place of an earlier one.
struct RecentResponses {
  private struct Entry {
    var ends: UInt64
    var time: Int64
    var sequence: UInt32
    /// Index of the flow, or −1 for an empty entry.
    var flow: Int32 = -1
  }

  private static let entryCount = 4_096
  /// Sequence numbers come round again after more than a second.
  private static let maximumNanoseconds: Int64 = 1_000_000_000

  private var entries: [Entry] = []

  /// Notes that the response of `flow` to a request with this sequence number began.
  mutating func note(
    requester: Int32, responder: Int32, sequence: UInt32, time: Int64, flow: Int
  ) {
    if entries.isEmpty {
      entries = [Entry](
        repeating: Entry(ends: 0, time: 0, sequence: 0), count: Self.entryCount)
    }
    let ends = Self.ends(requester, responder)
    entries[Self.place(ends, sequence)] = Entry(
      ends: ends, time: time, sequence: sequence, flow: Int32(truncatingIfNeeded: flow))
  }

  /// The flow of the response to a request, or nil.
  func flow(requester: Int32, responder: Int32, read: OutstandingRead) -> Int? {
    guard !entries.isEmpty else { return nil }
    let ends = Self.ends(requester, responder)
    let entry = entries[Self.place(ends, read.sequence)]
    guard entry.flow >= 0, entry.ends == ends, entry.sequence == read.sequence,
      (read.time &- entry.time).magnitude <= UInt64(Self.maximumNanoseconds)
    else { return nil }
    return Int(entry.flow)
  }

  /// Forgets the response to a request.
  mutating func remove(requester: Int32, responder: Int32, read: OutstandingRead) {
    entries[Self.place(Self.ends(requester, responder), read.sequence)].flow = -1
  }

  private static func ends(_ requester: Int32, _ responder: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: requester)) << 32 | UInt64(UInt32(bitPattern: responder))
  }

  private static func place(_ ends: UInt64, _ sequence: UInt32) -> Int {
    let mixed = (ends ^ UInt64(sequence) << 24) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 40) % entryCount
  }
}
