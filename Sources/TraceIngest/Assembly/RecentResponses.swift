internal import TraceModel

/// The last READ responses that began without a known request, so that a request which is captured
/// after its own response still finds it.
///
/// A table of fixed size, in which a later response takes the place of an earlier one.
struct RecentResponses {
  private struct Entry {
    /// Of requester and responder.
    var addresses: UInt64
    var time: Int64
    var sequence: UInt32
    /// Index of the flow, `noFlow` or `severalFlows`.
    var flow = RecentResponses.noFlow
  }

  /// In `flow`: the entry is empty.
  private static let noFlow: Int32 = -1
  /// In `flow`: which of several flows between the same addresses is meant cannot be told.
  private static let severalFlows: Int32 = -2

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
        repeating: Entry(addresses: 0, time: 0, sequence: 0), count: Self.entryCount)
    }
    let addresses = Self.addresses(requester, responder)
    let place = Self.place(addresses, sequence)
    var entry = Entry(
      addresses: addresses, time: time, sequence: sequence,
      flow: Int32(truncatingIfNeeded: flow))
    let old = entries[place]
    if old.flow != Self.noFlow, old.flow != entry.flow,
      Self.matches(old, addresses, sequence, time)
    {
      entry.flow = Self.severalFlows
    }
    entries[place] = entry
  }

  private static func matches(
    _ entry: Entry, _ addresses: UInt64, _ sequence: UInt32, _ time: Int64
  ) -> Bool {
    entry.addresses == addresses && entry.sequence == sequence
      && (time &- entry.time).magnitude <= UInt64(maximumNanoseconds)
  }

  /// The flow of the response to a request; nil when there is none or cannot be told.
  func flow(requester: Int32, responder: Int32, read: OutstandingRead) -> Int? {
    guard !entries.isEmpty else { return nil }
    let addresses = Self.addresses(requester, responder)
    let entry = entries[Self.place(addresses, read.sequence)]
    guard entry.flow >= 0, Self.matches(entry, addresses, read.sequence, read.time) else {
      return nil
    }
    return Int(entry.flow)
  }

  /// Forgets the responses of flows that were closed.
  mutating func forget(_ isClosed: (Int) -> Bool) {
    for place in entries.indices where entries[place].flow >= 0 {
      if isClosed(Int(entries[place].flow)) { entries[place].flow = Self.noFlow }
    }
  }

  private static func addresses(_ requester: Int32, _ responder: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: requester)) << 32 | UInt64(UInt32(bitPattern: responder))
  }

  private static func place(_ addresses: UInt64, _ sequence: UInt32) -> Int {
    let mixed = (addresses ^ UInt64(sequence) << 24) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 40) % entryCount
  }
}
