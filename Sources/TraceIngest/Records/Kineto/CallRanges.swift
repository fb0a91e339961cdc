internal import TraceModel

/// Functions and ranges of one process on the CPU, by thread and time: what stood around a launch.
///
/// Ranges of one thread lie inside one another or apart, as a stack has them.
struct CallRanges {
  struct Range {
    var thread: Int64
    /// Nanoseconds; the end belongs to it.
    var start: Int64
    var end: Int64
    var context = CommsContext()
    var iteration = Operation.unknown
    /// Number of a recorded call, or −1.
    var call: Int32 = -1
  }

  /// What stands around a point of a thread.
  struct Surroundings {
    var context = CommsContext()
    var iteration = Operation.unknown
    /// Calls around the point, the innermost first.
    var calls: [Int32] = []
  }

  /// Nothing that a program does is nested deeper.
  private static let depthLimit = 1_000

  private var ranges: [Range] = []
  /// The range that each lies in, or −1.
  private var parent: [Int32] = []
  /// Steps of the profiler by start: they hold for all threads.
  private var steps: [Range] = []

  var count: Int { ranges.count }

  mutating func append(_ range: Range) {
    if range.iteration == Operation.unknown {
      ranges.append(range)
    } else {
      steps.append(range)
    }
  }

  /// Sorts; to be called once, before anything is asked.
  mutating func close() {
    steps.sort { ($0.start, $0.iteration) < ($1.start, $1.iteration) }
    ranges.sort {
      ($0.thread, $0.start, -$0.end, $0.call) < ($1.thread, $1.start, -$1.end, $1.call)
    }
    parent = [Int32](repeating: -1, count: ranges.count)
    var open: [Int] = []
    for index in ranges.indices {
      while let last = open.last,
        ranges[last].thread != ranges[index].thread || ranges[last].end < ranges[index].start
      {
        open.removeLast()
      }
      if let last = open.last { parent[index] = Int32(last) }
      open.append(index)
    }
  }

  /// Looks at the 1,000 innermost ranges alone.
  ///
  /// - Complexity: O(log ranges + depth).
  func surroundings(thread: Int64, at time: Int64) -> Surroundings {
    var found = Surroundings()
    var index = lastRange(thread: thread, at: time)
    var depth = 0
    while index >= 0, depth < Self.depthLimit {
      depth += 1
      let range = ranges[index]
      if range.end >= time {
        found.context.add(outer: range.context)
        if range.call >= 0 { found.calls.append(range.call) }
      }
      index = Int(parent[index])
    }
    let after = frontCount(of: steps.count) { steps[$0].start <= time }
    if after > 0, steps[after - 1].end >= time { found.iteration = steps[after - 1].iteration }
    return found
  }

  /// The last range of a thread that begins no later than `time`, or −1.
  private func lastRange(thread: Int64, at time: Int64) -> Int {
    let after = frontCount(of: ranges.count) {
      (ranges[$0].thread, ranges[$0].start) <= (thread, time)
    }
    return after > 0 && ranges[after - 1].thread == thread ? after - 1 : -1
  }
}
