/// When a network was busy: the union of message intervals, ascending and disjoint.
///
/// Intervals closer than `resolution` are one, so memory depends on the number of pauses, not on
/// the number of messages; where pauses are very many, longer ones count as jitter too. Messages may
/// come in any order: they are sorted and merged in batches.
struct BusyTime {
  /// Pauses shorter than this are never told apart from jitter, in nanoseconds.
  private(set) var resolution: Int64
  private(set) var intervals: [Interval] = []
  private var pending: [Interval] = []

  struct Interval: Equatable {
    var start: Int64
    var end: Int64
    /// The highest number of the messages that start in it; −1 without any.
    var lastMessage = -1
  }

  private static let batchSize = 1 << 16
  /// Beyond so many the resolution is doubled, as long as it stays below what divides operations.
  private static let mostIntervals = 1 << 18
  private static let coarsest: Int64 = 80_000

  init(resolution: Int64) { self.resolution = resolution }

  var count: Int { intervals.count }

  /// Adds a time; `settle` must be called before the intervals are read.
  ///
  /// - Parameter message: the number of the message that starts with it, or nil.
  mutating func add(start: Int64, end: Int64, message: Int? = nil) {
    pending.append(Interval(start: start, end: max(start, end), lastMessage: message ?? -1))
    if pending.count >= Self.batchSize { settle() }
  }

  /// Merges what was added.
  ///
  /// O(batch log batch + intervals).
  mutating func settle() {
    guard !pending.isEmpty else { return }
    pending.sort { $0.start < $1.start }
    merge(pending)
    pending.removeAll(keepingCapacity: true)
    while intervals.count > Self.mostIntervals, resolution < Self.coarsest {
      resolution *= 2
      merge([])
    }
  }

  private mutating func merge(_ added: [Interval]) {
    var merged: [Interval] = []
    merged.reserveCapacity(intervals.count)
    var known = intervals[...]
    var new = added[...]
    while let next = Self.popEarlier(&known, &new) {
      if let last = merged.indices.last,
        pause(from: merged[last].end, to: next.start) <= resolution
      {
        merged[last].end = max(merged[last].end, next.end)
        merged[last].lastMessage = max(merged[last].lastMessage, next.lastMessage)
      } else {
        merged.append(next)
      }
    }
    intervals = merged
  }

  private static func popEarlier(
    _ first: inout ArraySlice<Interval>, _ second: inout ArraySlice<Interval>
  ) -> Interval? {
    guard let left = first.first else { return second.popFirst() }
    guard let right = second.first, right.start < left.start else { return first.popFirst() }
    return second.popFirst()
  }

  /// Pauses between the intervals, in order of time.
  var pauses: [Int64] {
    zip(intervals, intervals.dropFirst()).map { pause(from: $0.end, to: $1.start) }
  }

  /// The same time with pauses of `gap` or less counted as busy.
  func joined(gap: Int64) -> BusyTime {
    var joined = BusyTime(resolution: gap)
    for interval in intervals {
      joined.add(start: interval.start, end: interval.end, message: interval.lastMessage)
    }
    joined.settle()
    return joined
  }

  /// The interval that holds a time, or nil.
  ///
  /// O(log intervals).
  func interval(holding time: Int64) -> Int? {
    let begun = frontCount(of: count) { intervals[$0].start <= time }
    return begun > 0 && intervals[begun - 1].end >= time ? begun - 1 : nil
  }
}

/// Nanoseconds from one time to a later one; a clock that spans centuries saturates.
func pause(from end: Int64, to start: Int64) -> Int64 {
  let (difference, overflow) = start.subtractingReportingOverflow(end)
  return overflow ? (start > end ? .max : .min) : difference
}
