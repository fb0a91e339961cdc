internal import TraceModel

/// When iterations ran, by the exchanges that are known to be of them.
struct IterationTimes {
  private var begins: [(start: Int64, iteration: Int32)] = []
  /// Starts of exchanges that the routing does not have.
  private var strays: [Int64] = []
  private var end = Int64.min
  private var longestPause: Int64 = 0

  mutating func add(start: Int64, end: Int64, iteration: Int32) {
    begins.append((start, iteration))
    self.end = max(self.end, end)
  }

  mutating func addStray(start: Int64) { strays.append(start) }

  /// To be called once, after the last addition.
  mutating func settle() {
    begins.sort { ($0.start, $0.iteration) < ($1.start, $1.iteration) }
    strays.sort()
    for (before, after) in zip(begins, begins.dropFirst()) {
      longestPause = max(longestPause, pause(from: before.start, to: after.start))
    }
  }

  /// The iteration of an exchange that is not known itself: that of its neighbours, when both have the
  /// same.
  ///
  /// After the last known one, and between iterations, it may be of either or of none that was logged.
  func iteration(ofStrayAt time: Int64) -> Int32? {
    guard let (before, after) = neighbours(of: time), before.iteration == after?.iteration else {
      return nil
    }
    return before.iteration
  }

  /// The iteration of what is no all-to-all of experts: that of the exchange before it.
  ///
  /// Nil before the first exchange, and where iterations that are not known have begun since: after an
  /// exchange that the routing does not have, unless the next iteration that is known follows on this
  /// one, and later after the last than any exchange came after the one before it.
  func iteration(at time: Int64) -> Int32? {
    guard let (before, after) = neighbours(of: time) else { return nil }
    if let after, [before.iteration, before.iteration &+ 1].contains(after.iteration) {
      return before.iteration
    }
    let next = frontCount(of: strays.count) { strays[$0] <= before.start }
    if next < strays.count, strays[next] <= time { return nil }
    if after == nil, time > end, pause(from: end, to: time) > longestPause { return nil }
    return before.iteration
  }

  private typealias Begin = (start: Int64, iteration: Int32)

  /// The last exchange that began by a moment, and the one after it; O(log exchanges).
  private func neighbours(of time: Int64) -> (before: Begin, after: Begin?)? {
    guard time != Operation.unknownTime else { return nil }
    let count = frontCount(of: begins.count) { begins[$0].start <= time }
    guard count > 0 else { return nil }
    return (begins[count - 1], count < begins.count ? begins[count] : nil)
  }
}
