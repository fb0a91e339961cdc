internal import TraceModel

/// Statistics of traffic between so many ends that no matrix of it is kept.
///
/// Totals and what each end sends and receives are exact; of the pairs there is a `HeavyPairs` summary,
/// whose error is stated with it. Memory is that of the ends and of the summary.
public struct TrafficSketch: Sendable {
  /// Ends, numbered from 0.
  public let endCount: Int
  /// Bytes from an end to another, and from an end to itself.
  public private(set) var bytes: Int64 = 0
  /// Bytes from an end to itself.
  public private(set) var ownBytes: Int64 = 0
  /// Bytes that each end sends to others, receives from others, and sends to itself.
  public private(set) var sent: [Int64]
  /// Bytes that each end receives from others.
  public private(set) var received: [Int64]
  /// Bytes that each end sends to itself.
  public private(set) var kept: [Int64]
  /// The heaviest pairs of different ends.
  public private(set) var heavyPairs: HeavyPairs

  /// - Parameter precision: k of the summary of pairs; see `HeavyPairs`.
  public init(endCount: Int, precision: Int = 65_536) {
    self.endCount = endCount
    sent = [Int64](repeating: 0, count: endCount)
    received = sent
    kept = sent
    heavyPairs = HeavyPairs(precision: precision)
  }

  /// Adds one transfer; amortised O(1).
  ///
  /// - Parameters:
  ///   - source: 0 ..< endCount, as `destination`.
  ///   - bytes: not negative.
  public mutating func add(source: Int, destination: Int, bytes amount: Int64) {
    guard source != destination else {
      ownBytes = saturatingSum(ownBytes, amount)
      kept[source] = saturatingSum(kept[source], amount)
      return
    }
    bytes = saturatingSum(bytes, amount)
    sent[source] = saturatingSum(sent[source], amount)
    received[destination] = saturatingSum(received[destination], amount)
    heavyPairs.add(source: source, destination: destination, bytes: amount)
  }

  /// Adds the pairs of one demand between the ends that `map` gives its own.
  mutating func add(_ demands: DemandSet, _ use: DemandUse, map: Span<Int32>) {
    for pair in demands.pairs(of: use.demand) {
      let source = Int(map[Int(demands.source[pair])])
      let destination = Int(map[Int(demands.destination[pair])])
      let amount = saturatingProduct(demands.amount[pair], use.bytesPerUnit)
      if use.isTransposed {
        add(source: destination, destination: source, bytes: amount)
      } else {
        add(source: source, destination: destination, bytes: amount)
      }
    }
  }
}
