/// What each vantage has shown of one channel: the sequence numbers of its last messages.
///
/// A copy of a message may come long after the other, when one vantage misses a packet and waits for
/// it: what was handed on is then recognised by its numbers and its time.
struct ChannelTrack {
  /// Numbers in a row, `start` up to but not including `end`.
  struct Run {
    var start: UInt32
    var end: UInt32
    var firstTime: Int64
    var lastTime: Int64
  }

  let vantage: Int32
  /// The track of another vantage for the same channel, or −1.
  var next: Int32
  /// Number of the held message that was matched or added last, or −1.
  var cursor = -1
  /// The last one grows; others stay as they are.
  private var runs: [Run] = []

  init(vantage: Int32, next: Int32) {
    self.vantage = vantage
    self.next = next
  }

  /// Adds the numbers of a message; of more than `maximumRuns` the oldest half is forgotten.
  mutating func add(
    _ place: MessagePlace, from firstTime: Int64, to lastTime: Int64, in space: SequenceSpace,
    maximumRuns: Int
  ) {
    guard place.count > 0 else { return }
    let end = space.advanced(place.sequence, by: place.count)
    guard let last = runs.indices.last, runs[last].end == place.sequence else {
      if runs.count >= maximumRuns { runs.removeFirst((runs.count + 1) / 2) }
      runs.append(
        Run(start: place.sequence, end: end, firstTime: firstTime, lastTime: lastTime))
      return
    }
    runs[last].end = end
    runs[last].lastTime = max(runs[last].lastTime, lastTime)
    runs[last].firstTime = min(runs[last].firstTime, firstTime)
    if space.distance(from: runs[last].start, to: end) > space.maximumRun {
      runs[last].start = space.advanced(end, by: 0 &- UInt32(space.maximumRun))
    }
  }

  /// Forgets the numbers of a message but for those of the copy that counts in its place: they may
  /// be of the messages beside it, which are still to come.
  ///
  /// O(runs) where there are any, otherwise O(1).
  mutating func forget(_ place: MessagePlace, butFor kept: MessagePlace, in space: SequenceSpace) {
    let before = Int64(space.distance(from: place.sequence, to: kept.sequence))
    let behind = Int64(place.count) - before - Int64(kept.count)
    if before > 0 {
      remove(from: place.sequence, count: min(before, Int64(place.count)), in: space)
    }
    if behind > 0 {
      let count = min(behind, Int64(place.count))
      let end = space.advanced(place.sequence, by: place.count)
      remove(from: space.advanced(end, by: 0 &- UInt32(count)), count: count, in: space)
    }
  }

  private mutating func remove(from start: UInt32, count: Int64, in space: SequenceSpace) {
    var kept: [Run] = []
    for run in runs {
      let length = Int64(space.distance(from: run.start, to: run.end))
      let first = Int64(space.distance(from: run.start, to: start))
      let end = first + count
      if first >= length || end <= 0 {
        kept.append(run)
        continue
      }
      if first > 0 {
        var left = run
        left.end = start
        kept.append(left)
      }
      if end < length {
        var right = run
        right.start = space.advanced(start, by: UInt32(count))
        kept.append(right)
      }
    }
    runs = kept
  }

  /// How many of a message's numbers were shown at about its time.
  func covered(
    _ place: MessagePlace, from firstTime: Int64, to lastTime: Int64, in space: SequenceSpace
  ) -> UInt32 {
    var count: Int64 = 0
    for index in runs.indices {
      let tolerance = SharedMessages.maximumClockDifference
      guard lastTime >= runs[index].firstTime &- tolerance,
        firstTime <= runs[index].lastTime &+ tolerance
      else { continue }
      let start = Int64(space.distance(from: place.sequence, to: runs[index].start))
      let end = Int64(space.distance(from: place.sequence, to: runs[index].end))
      count += max(0, min(end, Int64(place.count)) - max(start, 0))
    }
    return UInt32(clamping: min(count, Int64(place.count)))
  }
}

/// Numbers that wrap: of RDMA packets at 2^24, of TCP bytes at 2^32.
enum SequenceSpace {
  case packets
  case bytes

  @inline(__always)
  func distance(from earlier: UInt32, to later: UInt32) -> Int32 {
    self == .packets
      ? SequenceNumber.distance(from: earlier, to: later) : Int32(bitPattern: later &- earlier)
  }

  @inline(__always)
  func advanced(_ number: UInt32, by count: UInt32) -> UInt32 {
    self == .packets ? SequenceNumber.advanced(number, by: count) : number &+ count
  }

  /// Numbers that a run remembers; what lies further back counts as forgotten.
  var maximumRun: Int32 {
    self == .packets ? QueuePairFlow.maximumJump : ConnectionFlow.maximumJump
  }
}
