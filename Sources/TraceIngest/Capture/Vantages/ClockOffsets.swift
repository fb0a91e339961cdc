internal import TraceModel

/// How far the clock of each vantage is from that of the first it shares messages with, by the
/// median of the differences.
///
/// Medians are taken of blocks of differences, so that a clock that drifts is followed and a message
/// that was sent again moves nothing. O(pairs of vantages that share messages) memory.
struct ClockOffsets {
  /// Two vantages with messages in common.
  fileprivate struct Pair {
    var earlier: Int
    var later: Int
    /// Differences since the last block ended, later less earlier, in nanoseconds.
    var differences: [Int64] = []
    var count = 0
    /// Median of the last block that has as many differences as a block should.
    var median: Int64 = 0
    /// Medians of blocks, evenly spread over the capture.
    var medians: [Int64] = []
    var blocksPerMedian = 1
    var blocksSinceMedian = 0
  }

  private static let blockCount = 255
  fileprivate static let maximumMedians = 1_024

  private let vantageCount: Int
  private var keys = KeyTable()
  private var pairs: [Pair] = []
  /// Nanoseconds to take off the times of each vantage.
  private(set) var offsets: [Int64]
  /// The vantage whose clock each one's times are given by.
  private var references: [Int]

  init(vantageCount: Int) {
    self.vantageCount = vantageCount
    offsets = [Int64](repeating: 0, count: vantageCount)
    references = Array(0..<vantageCount)
  }

  /// Takes the times at which two vantages saw the same message begin.
  ///
  /// Amortised O(log block) without the first differences of each pair.
  mutating func note(_ one: Int, at oneTime: Int64, _ other: Int, at otherTime: Int64) {
    let (earlier, later) = (min(one, other), max(one, other))
    let difference = one < other ? otherTime &- oneTime : oneTime &- otherTime
    let index = keys.number(of: UInt64(earlier) << 32 | UInt64(later))
    if index == pairs.count { pairs.append(Pair(earlier: earlier, later: later)) }
    pairs[index].count += 1
    pairs[index].differences.append(difference)
    let isBlock = pairs[index].differences.count == Self.blockCount
    // At first every power of two, so that there is something to begin with.
    let isEarly = pairs[index].medians.isEmpty && pairs[index].count.nonzeroBitCount == 1
    guard isBlock || isEarly else { return }
    pairs[index].median = Self.median(pairs[index].differences)
    if isBlock {
      pairs[index].endBlock()
      pairs[index].differences.removeAll(keepingCapacity: true)
    }
    solve()
  }

  /// The lower one of an even number.
  static func median(_ values: [Int64]) -> Int64 {
    values.sorted()[(values.count - 1) / 2]
  }

  /// Goes from the lowest vantage to those it shares messages with, and on from these.
  private mutating func solve() {
    var isKnown = [Bool](repeating: false, count: vantageCount)
    for root in 0..<vantageCount where !isKnown[root] {
      isKnown[root] = true
      offsets[root] = 0
      references[root] = root
      var front = [root]
      while !front.isEmpty {
        let vantage = front.removeFirst()
        for pair in pairs where pair.earlier == vantage || pair.later == vantage {
          let isLater = pair.earlier == vantage
          let found = isLater ? pair.later : pair.earlier
          guard !isKnown[found] else { continue }
          isKnown[found] = true
          offsets[found] = offsets[vantage] &+ (isLater ? pair.median : 0 &- pair.median)
          references[found] = root
          front.append(found)
        }
      }
    }
  }

  /// What is known of one clock at the end.
  struct Finding: Equatable {
    var vantage: Int
    /// The vantage to whose clock the times were brought.
    var reference: Int
    /// Nanoseconds that the clock is ahead of the reference's: now, and by which it has changed.
    var offset: Int64
    var drift: Int64
    /// Messages that were compared with the vantages beside it.
    var messageCount: Int
  }

  /// One for each vantage that shares messages with one before it; the others have clocks of their own.
  var findings: [Finding] {
    (0..<vantageCount).compactMap { vantage in
      let reference = references[vantage]
      guard reference != vantage else { return nil }
      let own = pairs.filter { $0.later == vantage || $0.earlier == vantage }
      // The pair with the most messages says most about how the clock moved.
      let widest = own.max { ($0.count, $1.earlier) < ($1.count, $0.earlier) }
      let direct = pairs.first { $0.earlier == reference && $0.later == vantage }
      return Finding(
        vantage: vantage, reference: reference,
        offset: direct?.middle ?? offsets[vantage],
        drift: (direct ?? widest)?.drift ?? 0, messageCount: own.reduce(0) { $0 + $1.count })
    }
  }

  /// Vantages whose clocks could not be compared with any other's.
  var unknown: [Int] {
    (0..<vantageCount).filter { vantage in
      !pairs.contains { $0.earlier == vantage || $0.later == vantage }
    }
  }
}

extension ClockOffsets.Pair {
  /// Median over the whole capture.
  fileprivate var middle: Int64 {
    medians.isEmpty ? ClockOffsets.median(differences) : ClockOffsets.median(medians)
  }

  /// How far the median moved from the first block to the last.
  fileprivate var drift: Int64 {
    guard let first = medians.first else { return 0 }
    return median &- first
  }

  fileprivate mutating func endBlock() {
    blocksSinceMedian += 1
    guard blocksSinceMedian == blocksPerMedian else { return }
    blocksSinceMedian = 0
    medians.append(median)
    guard medians.count > ClockOffsets.maximumMedians else { return }
    medians = medians.indices.filter { $0 % 2 == 0 }.map { medians[$0] }
    blocksPerMedian *= 2
  }
}
