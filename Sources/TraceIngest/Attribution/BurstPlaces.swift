/// Finds the busy time in which a message starts.
struct BurstPlaces {
  /// When each communicator is busy.
  let busy: [BusyTime]
  /// Where the last message of each communicator was: the next one is mostly there, too.
  private var last: [Int]

  init(_ busy: [BusyTime]) {
    self.busy = busy
    last = [Int](repeating: 0, count: busy.count)
  }

  /// The place of the busy time that holds a message's start.
  ///
  /// O(1) for messages in order of time, else O(log bursts).
  mutating func place(of time: Int64, in communicator: Int) -> Int {
    let interval = busy[communicator].intervals[last[communicator]]
    if interval.start <= time, time <= interval.end { return last[communicator] }
    guard let place = busy[communicator].interval(holding: time) else {
      preconditionFailure("every message starts in a busy time of its communicator")
    }
    last[communicator] = place
    return place
  }
}
