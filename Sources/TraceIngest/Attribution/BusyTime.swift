/// When a network was busy: the union of message intervals, ascending and disjoint.
///
/// Intervals closer than `resolution` are one, so memory depends on the number of pauses, not on
/// the number of messages.
struct BusyTime {
  /// Pauses shorter than this are never told apart from jitter, in nanoseconds.
  let resolution: Int64
  private(set) var starts: [Int64] = []
  private(set) var ends: [Int64] = []

  init(resolution: Int64) { self.resolution = resolution }

  var count: Int { starts.count }

  /// Adds one message's time.
  ///
  /// Messages come nearly in order, so the search starts at the end:
  /// amortised O(1), O(intervals) for a straggler.
  mutating func add(start: Int64, end: Int64) {
    var first = starts.count
    while first > 0, ends[first - 1] >= start &- resolution { first -= 1 }
    var last = first
    var merged = (start: start, end: end)
    while last < starts.count, starts[last] <= end &+ resolution {
      merged.start = min(merged.start, starts[last])
      merged.end = max(merged.end, ends[last])
      last += 1
    }
    if last == first + 1 {
      starts[first] = merged.start
      ends[first] = merged.end
    } else {
      starts.replaceSubrange(first..<last, with: [merged.start])
      ends.replaceSubrange(first..<last, with: [merged.end])
    }
  }

  /// Pauses between the intervals, in order of time.
  var pauses: [Int64] {
    guard count > 1 else { return [] }
    return (1..<count).map { starts[$0] - ends[$0 - 1] }
  }

  /// The same time with pauses of `gap` or less counted as busy.
  func joined(gap: Int64) -> BusyTime {
    var joined = BusyTime(resolution: gap)
    for index in starts.indices { joined.add(start: starts[index], end: ends[index]) }
    return joined
  }

  /// The interval that holds a time, or nil.
  ///
  /// O(log intervals).
  func interval(holding time: Int64) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= time { low = middle + 1 } else { high = middle }
    }
    guard low > 0, ends[low - 1] >= time else { return nil }
    return low - 1
  }
}

/// The pause that separates two operations.
struct IdleGap {
  var nanoseconds: Int64
  /// How it was found, in words.
  var method: String

  /// Pauses below this are jitter of one burst: queues, credits, rendezvous.
  static let jitter: Int64 = 20_000
  /// No computation between two all-to-alls of a layer is shorter than this many nanoseconds on
  /// hardware of our time, so a threshold is never set above it without being asked.
  static let longestThreshold: Int64 = 1_000_000

  /// A pause this many times longer than the next shorter one is of another kind.
  static let leastBand = 2.5

  /// The first empty band in the sorted pauses above 20 µs, or 50 µs without one below 1 ms.
  ///
  /// The first, not the widest: the band between compute pauses and the pause between iterations
  /// is wider than that between jitter and compute.
  static func inferred(from pauses: [Int64]) -> IdleGap {
    let sorted = [jitter] + pauses.filter { $0 > jitter }.sorted()
    for (lower, upper) in zip(sorted, sorted.dropFirst()) where lower < longestThreshold {
      if Double(upper) / Double(lower) >= leastBand {
        let middle = (Double(lower) * Double(upper)).squareRoot()
        return IdleGap(
          nanoseconds: min(Int64(middle), longestThreshold),
          method: "the first empty band between pauses")
      }
    }
    return IdleGap(nanoseconds: 50_000, method: "50 µs: pauses show no empty band")
  }
}
