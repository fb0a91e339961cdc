public import TraceModel

/// How many pairs it takes, and how many carry next to nothing.
public struct Coverage: Sendable, Hashable {
  /// The share of the bytes that the heaviest pairs carry.
  public struct Point: Sendable, Hashable {
    /// The heaviest pairs, so many.
    public var pairCount: Int
    /// Their share of the bytes, 0 … 1.
    public var share: Double
  }

  /// The share of all pairs that carry at most a part of the mean pair.
  public struct Sparsity: Sendable, Hashable {
    /// Part of the mean pair's bytes; 0 for pairs without any.
    public var threshold: Double
    /// Share of all ordered pairs, 0 … 1.
    public var share: Double
  }

  /// At 1, 2, 4, 8 … pairs and all of them.
  public var points: [Point]
  /// At `thresholds`.
  public var sparsity: [Sparsity]
  /// Destinations that take 90 % of what one source sends: median and most over sources.
  public var medianDestinations: Int
  /// See `medianDestinations`.
  public var mostDestinations: Int
  /// Sources with bytes.
  public var sourceCount: Int

  /// Parts of the mean pair that sparsity is stated at.
  public static let thresholds = [0, 0.01, 0.1, 0.5]

  /// Pairs inside the given groups of ends; nil when none has bytes.
  ///
  /// O(n² log n).
  init?(blocks: [TrafficMatrix]) {
    let pairs = PairDistribution(blocks: blocks)
    guard pairs.total > 0, pairs.pairCount > 0 else { return nil }
    var counts: [Int] = []
    var count = 1
    while count < pairs.pairCount {
      counts.append(count)
      count *= 2
    }
    points = (counts + [pairs.pairCount]).map {
      Point(pairCount: $0, share: pairs.share(ofTop: $0))
    }
    let mean = pairs.total / Double(pairs.pairCount)
    sparsity = Self.thresholds.map { threshold in
      let heavier = pairs.descending.count { $0 > threshold * mean }
      return Sparsity(
        threshold: threshold, share: 1 - Double(heavier) / Double(pairs.pairCount))
    }
    let needed = blocks.flatMap { Self.destinationsNeeded(in: $0) }.sorted()
    sourceCount = needed.count
    medianDestinations = needed.isEmpty ? 0 : needed[(needed.count - 1) / 2]
    mostDestinations = needed.last ?? 0
  }

  /// The coverage of one matrix whose ends form one group; nil without bytes.
  public init?(_ matrix: TrafficMatrix) { self.init(blocks: [matrix]) }

  /// Per source with bytes, the fewest destinations that take 90 % of them.
  private static func destinationsNeeded(in matrix: TrafficMatrix) -> [Int] {
    (0..<matrix.size).compactMap { source in
      let sent = (0..<matrix.size).filter { $0 != source }.map { Double(matrix[source, $0]) }
        .filter { $0 > 0 }.sorted(by: >)
      let total = sent.reduce(0, +)
      guard total > 0 else { return nil }
      var sum = 0.0
      for (index, bytes) in sent.enumerated() {
        sum += bytes
        if sum >= 0.9 * total * (1 - 1e-12) { return index + 1 }
      }
      return sent.count
    }
  }
}
