internal import TraceModel

/// READ requests of flows whose responses were not found yet, by the two addresses and the sequence
/// number: finding the flow that a response answers costs the same however many flows wait.
///
/// Requests that are no longer awaited stay until they outnumber the others; memory therefore grows
/// with the requests that are outstanding, at most `AwaitedReads.maximumCount` per flow.
struct UnpairedRequesters {
  /// One request, in a chain of those with the same addresses and sequence number.
  private struct Entry {
    var flow: Int32
    var sequence: UInt32
    var pair: Int32
    /// Index of the next entry of the chain, −1 at its end.
    var next: Int32 = -1
  }

  /// Packets of a response that may be lost before the first one that is seen.
  static let maximumLostStart: UInt32 = 64
  private static let minimumCompaction = 4_096

  private var pairs = KeyTable()
  private var starts = KeyTable()
  private var heads: [Int32] = []
  private var tails: [Int32] = []
  private var entries: [Entry] = []
  private var compactionCount = Self.minimumCompaction

  /// Adds a request of `flow`, from `requester` to `responder`.
  ///
  /// Amortised O(1).
  mutating func add(
    flow: Int, sequence: UInt32, requester: Int32, responder: Int32, among flows: [QueuePairFlow]
  ) {
    let pair = pairs.number(of: Self.key(requester, responder))
    append(
      Entry(
        flow: Int32(truncatingIfNeeded: flow), sequence: sequence,
        pair: Int32(truncatingIfNeeded: pair)))
    if entries.count >= compactionCount { compact(flows) }
  }

  /// The number of the pair of addresses, nil when it has no requests.
  func pair(requester: Int32, responder: Int32) -> Int? {
    pairs.existingNumber(of: Self.key(requester, responder))
  }

  /// The flow that asked first for what begins at `sequence`.
  ///
  /// Amortised O(1): entries that are no longer awaited leave the chain.
  mutating func flow(pair: Int, sequence: UInt32, among flows: [QueuePairFlow]) -> Int? {
    guard let start = starts.existingNumber(of: Self.key(pair, sequence)) else { return nil }
    while heads[start] >= 0 {
      let entry = entries[Int(heads[start])]
      if Self.isAwaited(entry, flows) { return Int(entry.flow) }
      heads[start] = entry.next
    }
    return nil
  }

  private static func isAwaited(_ entry: Entry, _ flows: [QueuePairFlow]) -> Bool {
    flows[Int(entry.flow)].partner == nil
      && flows[Int(entry.flow)].awaitedReads.begins(at: entry.sequence)
  }

  private mutating func append(_ entry: Entry) {
    let start = starts.number(of: Self.key(Int(entry.pair), entry.sequence))
    let index = Int32(truncatingIfNeeded: entries.count)
    entries.append(entry)
    if start == heads.count {
      heads.append(index)
      tails.append(index)
    } else {
      if heads[start] < 0 { heads[start] = index } else { entries[Int(tails[start])].next = index }
      tails[start] = index
    }
  }

  /// Drops the requests that are no longer awaited.
  ///
  /// O(requests).
  mutating func compact(_ flows: [QueuePairFlow]) {
    let old = entries
    entries.removeAll()
    heads.removeAll()
    tails.removeAll()
    starts = KeyTable()
    for entry in old where Self.isAwaited(entry, flows) {
      append(Entry(flow: entry.flow, sequence: entry.sequence, pair: entry.pair))
    }
    compactionCount = max(Self.minimumCompaction, entries.count * 2)
  }

  private static func key(_ requester: Int32, _ responder: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: requester)) << 32 | UInt64(UInt32(bitPattern: responder))
  }

  private static func key(_ pair: Int, _ sequence: UInt32) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: pair)) << 24 | UInt64(sequence & SequenceNumber.mask)
  }
}
