/// The parts of a capture in which channels are compared, divided into bins.
///
/// Bins are so narrow that pauses between operations remain visible, however long the capture is: one
/// that does not fit is known by windows of it. Each channel's first message is in one as far as
/// there is room, the others lie where messages are, so that idle time takes none.
struct BusyWindows {
  /// Bins of one window.
  static let binCount = 128
  /// Nanoseconds of the longest bin.
  private static let longestBin: Int64 = 2_000_000
  /// Bins of the pauses that are to be seen.
  private static let binsPerPause: Int64 = 4

  private let start: Int64
  /// Nanoseconds of one bin.
  let width: Int64
  /// Numbers of the windows, counted from `start`, ascending.
  private let numbers: [Int64]

  /// - Parameter binCount: bins of all windows together; at least one window's.
  init(of channels: Channels, binCount: Int) {
    start = channels.start
    let most = max(1, binCount / Self.binCount)
    let span = max(0, pause(from: channels.start, to: channels.end))
    let even = span / Int64(most * Self.binCount) + 1
    let wanted = channels.typicalPause.map { $0 / Self.binsPerPause } ?? even
    let width = min(Self.longestBin, max(IdleGap.jitter, wanted))
    self.width = width
    let window = width * Int64(Self.binCount)
    let all = span / window + 1
    guard all > Int64(most) else {
      numbers = Array(0..<all)
      return
    }
    var chosen = Set<Int64>()
    func choose(_ time: Int64) {
      chosen.insert(max(0, pause(from: channels.start, to: time)) / window)
    }
    for time in channels.firstStarts where chosen.count < most / 2 { choose(time) }
    let sample = channels.sampledStarts
    var step = sample.count
    while step > 0, chosen.count < most {
      for place in stride(from: 0, to: sample.count, by: step) where chosen.count < most {
        choose(sample[place])
      }
      step /= 2
    }
    numbers = chosen.sorted()
  }

  var count: Int { numbers.count }

  /// Calls `body` with the bins, first and last, of each window that a time touches.
  @inline(__always)
  func forEachRange(from: Int64, to: Int64, _ body: (ClosedRange<Int>) -> Void) {
    let first = max(0, pause(from: start, to: from)) / width
    let last = max(0, pause(from: start, to: to)) / width
    guard first <= last else { return }
    let bins = Int64(Self.binCount)
    // Mostly all windows there are, so that a window's number is its place.
    var place =
      numbers.last == Int64(numbers.count - 1)
      ? Int(min(first / bins, Int64(numbers.count))) : countBefore(first / bins, in: numbers)
    while place < numbers.count, numbers[place] <= last / bins {
      let begin = numbers[place] * bins
      let lower = Int(max(first, begin) - begin)
      let upper = Int(min(last, begin + bins - 1) - begin)
      body(place * Self.binCount + lower...place * Self.binCount + upper)
      place += 1
    }
  }
}
