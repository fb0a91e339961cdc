internal import TraceModel

/// Draws iterations with replacement in blocks of neighbours (Künsch 1989), so that what one iteration
/// has from the last stays together.
package struct BlockBootstrap {
  /// Iterations to draw.
  package let count: Int
  /// Successive iterations that are drawn together.
  package let blockLength: Int
  private var random: RandomStream

  /// - Parameter blockLength: 1 ... count.
  package init(count: Int, blockLength: Int, seed: UInt64) {
    self.count = count
    self.blockLength = blockLength
    random = RandomStream(seed: seed, purpose: 0x42_42)
  }

  /// How often each iteration is in the next resample; they add up to `count`.
  package mutating func weights() -> [Int64] {
    var weights = [Int64](repeating: 0, count: count)
    var drawn = 0
    while drawn < count {
      let start = random.below(count - blockLength + 1)
      for index in start..<start + min(blockLength, count - drawn) { weights[index] += 1 }
      drawn += blockLength
    }
    return weights
  }
}

/// Distance in steps after which the deviations of a series from its mean are less than half alike;
/// nil when they are alike throughout.
package func decorrelationLength(of series: [[Double]]) -> Int? {
  guard let dimension = series.first?.count, series.count > 1 else { return nil }
  var mean = [Double](repeating: 0, count: dimension)
  for vector in series {
    for (place, value) in vector.enumerated() { mean[place] += value / Double(series.count) }
  }
  let deviations = series.map { vector in zip(vector, mean).map { $0.0 - $0.1 } }
  func covariance(_ lag: Int) -> Double {
    var sum = 0.0
    for index in 0..<(series.count - lag) {
      let (left, right) = (deviations[index], deviations[index + lag])
      sum += product(left.span, right.span)
    }
    return sum / Double(series.count - lag)
  }
  let variance = covariance(0)
  // What does not vary at all is alike at once.
  guard variance > 1e-18 else { return 1 }
  return (1...max(1, series.count / 2)).first { covariance($0) <= variance / 2 }
}

private func product(_ left: Span<Double>, _ right: Span<Double>) -> Double {
  var sum = 0.0
  for index in left.indices { sum += left[index] * right[index] }
  return sum
}
