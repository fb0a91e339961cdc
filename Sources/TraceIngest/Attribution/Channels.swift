internal import TraceModel

/// The connections of a capture: who sends to whom on which queue pair, and what tells one
/// communicator's connections from another's.
///
/// Memory is O(connections).
struct Channels {
  /// Address ids of each channel's ends.
  private(set) var source: [Int32] = []
  private(set) var destination: [Int32] = []
  private(set) var bytes: [Int64] = []
  /// When the first message starts and the last one ends.
  private(set) var start = Int64.max
  private(set) var end = Int64.min
  private var pairs = KeyTable()
  private var numbers = KeyTable()
  /// How often each size occurred, `sizeClasses` counts per channel, sizes spread by a hash.
  private var sizes: [UInt16] = []
  /// Nanoseconds of the two longest messages of which no packet is missing, by channel.
  private var longest: [Int64] = []
  private var secondLongest: [Int64] = []

  /// When each channel's first message starts and its last one so far ends.
  private(set) var firstStarts: [Int64] = []
  private var lastEnds: [Int64] = []
  private var pauses = PauseCounts()
  private var sample = ThinnedSample()

  private static let sizeClasses = 64

  var count: Int { source.count }

  /// Counts one message.
  mutating func add(_ block: MessageTable, row: Int) {
    let pair =
      UInt64(UInt32(bitPattern: block.source[row])) << 32
      | UInt64(UInt32(bitPattern: block.destination[row]))
    let number = numbers.number(
      of: UInt64(pairs.number(of: pair)) << 32 | UInt64(block.channel[row]))
    if number == source.count {
      source.append(block.source[row])
      destination.append(block.destination[row])
      bytes.append(0)
      longest.append(0)
      secondLongest.append(0)
      firstStarts.append(block.start[row])
      lastEnds.append(.max)
      sizes += repeatElement(0, count: Self.sizeClasses)
    }
    let size = block.bytes[row]
    bytes[number] &+= size
    start = min(start, block.start[row])
    end = max(end, block.end[row])
    firstStarts[number] = min(firstStarts[number], block.start[row])
    pauses.add(pause(from: lastEnds[number], to: block.start[row]))
    lastEnds[number] = block.end[row]
    sample.add(block.start[row])
    // A message that lost packets may have lost bytes: its size says nothing.
    guard block.missingPackets[row] == 0 else { return }
    let duration = pause(from: block.start[row], to: block.end[row])
    if duration > longest[number] {
      (longest[number], secondLongest[number]) = (duration, longest[number])
    } else {
      secondLongest[number] = max(secondLongest[number], duration)
    }
    let place = number * Self.sizeClasses + Self.sizeClass(of: size)
    if sizes[place] < .max { sizes[place] += 1 }
  }

  /// Nanoseconds of a pause between two messages of one channel than which a quarter are shorter, of
  /// those that can divide operations; nil without any.
  var typicalPause: Int64? { pauses.lowerQuartile }

  /// The starts of some messages, spread evenly over all of them.
  var sampledStarts: [Int64] { sample.values }

  /// The channel of a message, or nil when it was never counted.
  func number(of block: MessageTable, row: Int) -> Int? {
    number(
      source: block.source[row], destination: block.destination[row], channel: block.channel[row])
  }

  func number(source: Int32, destination: Int32, channel: UInt32) -> Int? {
    let pair = UInt64(UInt32(bitPattern: source)) << 32 | UInt64(UInt32(bitPattern: destination))
    return pairs.existingNumber(of: pair).flatMap {
      numbers.existingNumber(of: UInt64($0) << 32 | UInt64(channel))
    }
  }

  /// Calls `body(start, end)` for the times in which a message was surely under way.
  ///
  /// Where the last packet of one message and the first of the next are lost, the two look like one
  /// message that lasts from one operation into the next: of a message with missing packets that is
  /// much longer than any whole one of its channel only the begin and the end count. So it is with the
  /// one whole message that is a thousand times as long as the next longest: a clock was wrong.
  func forEachBusyTime(
    of block: MessageTable, row: Int, channel: Int, _ body: (Int64, Int64) -> Void
  ) {
    let (start, end) = (block.start[row], block.end[row])
    let duration = pause(from: start, to: end)
    let second = secondLongest[channel]
    let isWrong = second > 0 && duration / Self.mostSpread > second
    let whole =
      second > 0 && longest[channel] / Self.mostSpread > second ? second : longest[channel]
    if isWrong
      || block.missingPackets[row] > 0 && whole > 0 && duration / Self.mostStretch > whole
    {
      body(start, start)
      body(end, end)
    } else {
      body(start, end)
    }
  }

  /// How many times longer than a whole message one with missing packets can be.
  private static let mostStretch: Int64 = 3
  /// How many times longer than all others one message can be.
  private static let mostSpread: Int64 = 1_000

  /// How often each channel sent messages of each size.
  var sizeCounts: SizeCounts { SizeCounts(sizes, classes: Self.sizeClasses) }

  private static func sizeClass(of size: Int64) -> Int {
    Int((UInt64(bitPattern: size) &* 0x9E37_79B9_7F4A_7C15) >> 58)
  }
}

/// Pauses by their order of magnitude.
private struct PauseCounts {
  /// By the bits of the pause, four counts for each power of two.
  private var counts = [Int](repeating: 0, count: 64 * 4)

  /// Shorter pauses are jitter.
  private static let shortest: Int64 = 2 * IdleGap.jitter

  mutating func add(_ pause: Int64) {
    guard pause >= Self.shortest else { return }
    let power = 63 - pause.leadingZeroBitCount
    counts[power * 4 + Int(pause >> Int64(power - 2)) & 3] += 1
  }

  /// Rounded down to a quarter of its power of two.
  var lowerQuartile: Int64? {
    let all = counts.reduce(0, +)
    guard all > 0 else { return nil }
    var before = 0
    let place = counts.firstIndex { count in
      before += count
      return 4 * before >= all
    }
    return place.map { Int64(4 + $0 % 4) << Int64($0 / 4 - 2) }
  }
}

/// Every so many-th of some values, so that there are never more than a few hundred.
private struct ThinnedSample {
  private(set) var values: [Int64] = []
  private var step = 1
  private var rest = 0

  private static let most = 512

  mutating func add(_ value: Int64) {
    if rest > 0 {
      rest -= 1
      return
    }
    rest = step - 1
    values.append(value)
    guard values.count == Self.most else { return }
    values = stride(from: 0, to: Self.most, by: 2).map { values[$0] }
    step *= 2
  }
}
