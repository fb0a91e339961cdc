/// Similarity of successive patterns, in the middle of the series, and how far it scatters.
private struct UsualSimilarity {
  let median: Double
  /// Standard deviation of normal scatter with the same median distance from the median.
  let scatter: Double

  init(_ similarities: [Double]) {
    let median = quantile(similarities.sorted(), 0.5)
    scatter = 1.4826 * quantile(similarities.map { abs($0 - median) }.sorted(), 0.5)
    self.median = median
  }
}

/// Where a pattern that drifts is thrown over: it resembles the one before it less than half as much
/// as is usual, clearly less than scatter explains, and what was before never comes back.
///
/// Nil where that cannot be told: patterns that have nothing to do with each other are alike by
/// chance to 1 ÷ √freedom, and a quarter of the usual similarity must be above that. O(T² · d) for T
/// patterns of d numbers at worst.
///
/// - Parameters:
///   - patterns: vectors of length 1, or zeros.
///   - freedom: numbers of a pattern that do not follow from the others.
/// - Returns: the first index of each new pattern, ascending.
package func patternBreaks(of patterns: [[Double]], freedom: Int) -> [Int]? {
  guard patterns.count >= 4, freedom > 0 else { return nil }
  func likeness(_ one: Int, _ other: Int) -> Double {
    let (left, right) = (patterns[one], patterns[other])
    return dot(left.span, right.span)
  }
  let successive = (1..<patterns.count).map { likeness($0 - 1, $0) }
  let usual = UsualSimilarity(successive)
  let resolved = max(LagSimilarity.leastSimilarity, 4 / Double(freedom).squareRoot())
  guard usual.median >= resolved else { return nil }
  // Of a few hundred normal steps about one lies this far below the median by chance.
  let limit = min(usual.median / 2, usual.median - 3.5 * usual.scatter)
  return successive.indices.filter { last in
    guard successive[last] < limit else { return false }
    return !(last + 1..<patterns.count).contains { likeness(last, $0) >= usual.median / 2 }
  }.map { $0 + 1 }
}

func dot(_ left: Span<Double>, _ right: Span<Double>) -> Double {
  var sum = 0.0
  for index in left.indices { sum += left[index] * right[index] }
  return sum
}
