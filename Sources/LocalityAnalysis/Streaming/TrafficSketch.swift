public import TraceModel

/// Statistics of traffic that is read once and not kept: for traces larger than memory.
///
/// Totals and what each end sends and receives are exact. Pairs are exact up to `exactEndLimit` ends
/// and a `HeavyPairs` summary beyond, whose error is stated with it.
public struct TrafficSketch: Sendable {
  public let endCount: Int
  /// Transfers that were added.
  public private(set) var transferCount = 0
  /// Bytes from an end to another, and from an end to itself.
  public private(set) var bytes: Int64 = 0
  public private(set) var ownBytes: Int64 = 0
  /// Bytes that each end sends to and receives from others.
  public private(set) var sent: [Int64]
  public private(set) var received: [Int64]
  /// All pairs, without the diagonal, where there are few enough ends.
  public private(set) var exactPairs: TrafficMatrix?
  /// The heaviest pairs where there are more.
  public private(set) var heavyPairs: HeavyPairs?

  /// Ends up to which every pair has a counter (8 MB).
  public static let exactEndLimit = 1024

  /// - Parameter precision: k of the summary of pairs; see `HeavyPairs`.
  public init(endCount: Int, precision: Int = 65_536) {
    self.endCount = endCount
    sent = [Int64](repeating: 0, count: endCount)
    received = sent
    if endCount <= Self.exactEndLimit {
      exactPairs = TrafficMatrix(size: endCount)
    } else {
      heavyPairs = HeavyPairs(precision: precision)
    }
  }

  /// Adds one transfer; amortised O(1).
  ///
  /// - Parameters:
  ///   - source: 0 ..< endCount, as `destination`.
  ///   - bytes: not negative.
  public mutating func add(source: Int, destination: Int, bytes amount: Int64) {
    transferCount += 1
    guard source != destination else {
      ownBytes = saturatingSum(ownBytes, amount)
      return
    }
    bytes = saturatingSum(bytes, amount)
    sent[source] = saturatingSum(sent[source], amount)
    received[destination] = saturatingSum(received[destination], amount)
    let cell = source * endCount + destination
    if let before = exactPairs?.cells[cell] {
      exactPairs?.cells[cell] = saturatingSum(before, amount)
    } else {
      heavyPairs?.add(source: source, destination: destination, bytes: amount)
    }
  }

  /// Adds the steps of a workload between its own ends, in the order of their rows.
  public mutating func add(_ workload: Workload) {
    for step in workload.steps {
      for pair in workload.demands.pairs(of: step.demand) {
        let source = Int(workload.demands.source[pair])
        let destination = Int(workload.demands.destination[pair])
        let amount = saturatingProduct(workload.demands.amount[pair], step.bytesPerUnit)
        if step.isTransposed {
          add(source: destination, destination: source, bytes: amount)
        } else {
          add(source: source, destination: destination, bytes: amount)
        }
      }
    }
  }

  /// How much a pair's bytes may be counted too low: 0 where every pair has a counter.
  public var errorBytes: Int64 { heavyPairs?.errorBytes ?? 0 }

  /// The heaviest pairs, exact or with their range.
  public func heaviest(_ count: Int) -> [HeavyPairs.Pair] {
    if let heavyPairs { return Array(heavyPairs.pairs.prefix(count)) }
    guard let exactPairs else { return [] }
    let cells = exactPairs.cells
    return cells.indices.filter { cells[$0] > 0 }
      .sorted { cells[$0] > cells[$1] || (cells[$0] == cells[$1] && $0 < $1) }.prefix(count)
      .map { cell in
        HeavyPairs.Pair(
          source: cell / endCount, destination: cell % endCount, atLeast: cells[cell],
          atMost: cells[cell])
      }
  }

  /// How unequal receipts are; nil without bytes.
  public var receipts: Imbalance? { Imbalance(loads: received) }
  /// How unequal what is sent is; nil without bytes.
  public var sends: Imbalance? { Imbalance(loads: sent) }
  /// Structure of the pairs; nil beyond `exactEndLimit` ends or without bytes.
  public var structure: PairStructure? { exactPairs.flatMap { PairStructure($0) } }
}
