internal import TraceModel

/// The last READ responses that began without a known request, so that a request which is captured
/// after its own response still finds it.
///
/// A table of fixed size, in which a later response takes the place of an earlier one. Responses of
/// one sequence number between the same addresses, as queue pairs that run in step have them, stand
/// in places that follow one another, the one that was noted first before the others.
struct RecentResponses {
  private struct Entry {
    /// Of requester and responder.
    var addresses: UInt64
    var time: Int64
    var sequence: UInt32
    /// Index of the flow, or `noFlow`.
    var flow = RecentResponses.noFlow
  }

  /// In `flow`: the entry is empty.
  private static let noFlow: Int32 = -1

  private static let entryCount = 4_096
  /// Queue pairs between two addresses that are told apart at one sequence number.
  private static let maximumInStep = 32
  /// Sequence numbers come round again after more than a second.
  static let maximumNanoseconds: UInt64 = 1_000_000_000

  private var entries: [Entry] = []

  /// Notes that the response of `flow` to a request with this sequence number began.
  ///
  /// O(flows in step).
  mutating func note(
    requester: Int32, responder: Int32, sequence: UInt32, time: Int64, flow: Int
  ) {
    if entries.isEmpty {
      entries = [Entry](
        repeating: Entry(addresses: 0, time: 0, sequence: 0), count: Self.entryCount)
    }
    let addresses = Self.addresses(requester, responder)
    let entry = Entry(
      addresses: addresses, time: time, sequence: sequence, flow: Int32(truncatingIfNeeded: flow))
    let first = Self.place(addresses, sequence)
    for turn in 0..<Self.maximumInStep {
      let place = (first + turn) % Self.entryCount
      if entries[place].flow == entry.flow
        || !Self.matches(entries[place], addresses, sequence, time)
      {
        entries[place] = entry
        return
      }
    }
  }

  private static func matches(
    _ entry: Entry, _ addresses: UInt64, _ sequence: UInt32, _ time: Int64
  ) -> Bool {
    entry.flow != noFlow && entry.addresses == addresses && entry.sequence == sequence
      && (time &- entry.time).magnitude <= maximumNanoseconds
  }

  /// The flow of the response to a request, nil when there is none.
  ///
  /// Which of several queue pairs in step a request belongs to, packets do not say; whichever of
  /// them takes it, the sums are the same. The first that was noted and that `isPossible` is taken.
  func flow(
    requester: Int32, responder: Int32, read: OutstandingRead, isPossible: (Int) -> Bool
  ) -> Int? {
    guard !entries.isEmpty else { return nil }
    let addresses = Self.addresses(requester, responder)
    let first = Self.place(addresses, read.sequence)
    for turn in 0..<Self.maximumInStep {
      let entry = entries[(first + turn) % Self.entryCount]
      if Self.matches(entry, addresses, read.sequence, read.time), isPossible(Int(entry.flow)) {
        return Int(entry.flow)
      }
    }
    return nil
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
