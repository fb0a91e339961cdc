internal import TraceModel

/// Which bursts of a communicator are summed before their matrices are compared.
struct MatrixPlan {
  /// The sum that each burst is a part of, or −1.
  private(set) var sumOfBurst: [Int32]
  private(set) var sumCount = 0

  /// More are not compared, so that memory stays below 64 MB.
  private static let mostCells = 1 << 23
  /// Each is compared with each, in seconds at the most.
  static let mostSums = 1_024

  init(burstCount: Int) { sumOfBurst = [Int32](repeating: -1, count: burstCount) }

  /// Sets some sums aside; nil when they would be too many, or too many for the pairs of servers.
  mutating func addSums(_ count: Int, pairCount: Int) -> Int? {
    guard count <= Self.mostSums - sumCount,
      (sumCount + count) * max(1, pairCount) <= Self.mostCells
    else { return nil }
    sumCount += count
    return sumCount - count
  }

  mutating func put(burst: Int, into sum: Int) { sumOfBurst[burst] = Int32(sum) }
}

/// Bytes between servers, summed over bursts that stand in the same place, for cosines.
struct MatrixSums {
  private let pairCount: Int
  private var numberOfPair = KeyTable()
  /// The number of each pair's opposite direction, −1 where nobody sends that way.
  private var opposite: [Int] = []
  /// By sum, then pair.
  private var bytes: [Int64]
  private var squares: [Double] = []

  /// - Parameter pairs: those that may come, in ascending order; an end's bytes to itself are left
  ///   out.
  init(_ plan: MatrixPlan, pairs: [EndPair]) {
    for pair in pairs where pair.source != pair.destination {
      _ = numberOfPair.number(of: Self.key(pair.source, pair.destination))
    }
    pairCount = numberOfPair.count
    bytes = [Int64](repeating: 0, count: plan.sumCount * pairCount)
    for key in numberOfPair.keys {
      opposite.append(numberOfPair.existingNumber(of: key << 32 | key >> 32) ?? -1)
    }
  }

  private static func key(_ source: Int, _ destination: Int) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: source)) << 32
      | UInt64(UInt32(truncatingIfNeeded: destination))
  }

  mutating func add(_ amount: Int64, to pair: EndPair, of sum: Int) {
    guard let number = numberOfPair.existingNumber(of: Self.key(pair.source, pair.destination))
    else { return }
    bytes[sum * pairCount + number] &+= amount
  }

  /// Ends the summing; cosines can be asked for now.
  mutating func settle() {
    guard pairCount > 0 else { return }
    squares = stride(from: 0, to: bytes.count, by: pairCount).map { first in
      (first..<first + pairCount).reduce(0) { $0 + Double(bytes[$1]) * Double(bytes[$1]) }
    }
  }

  func isEmpty(_ sum: Int) -> Bool { pairCount == 0 || squares[sum] == 0 }

  /// Cosine of two sums, 0 … 1; 0 when one is empty.
  func cosine(_ first: Int, _ second: Int) -> Double {
    var sum = 0.0
    for pair in 0..<pairCount {
      sum += Double(bytes[first * pairCount + pair]) * Double(bytes[second * pairCount + pair])
    }
    return normalised(sum, first, second)
  }

  /// Cosine of one sum's transpose with another.
  func transposedCosine(_ first: Int, _ second: Int) -> Double {
    var sum = 0.0
    for pair in 0..<pairCount where opposite[pair] >= 0 {
      sum +=
        Double(bytes[first * pairCount + pair])
        * Double(bytes[second * pairCount + opposite[pair]])
    }
    return normalised(sum, first, second)
  }

  private func normalised(_ product: Double, _ first: Int, _ second: Int) -> Double {
    guard !isEmpty(first), !isEmpty(second) else { return 0 }
    return product / (squares[first] * squares[second]).squareRoot()
  }
}
