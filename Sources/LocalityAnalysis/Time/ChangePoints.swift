internal import Glibc

/// Where the mean of a series of vectors changes: PELT, exact least squares with a price for each
/// (Killick, Fearnhead and Eckley, JASA 2012).
///
/// Cost of a segment: squared distance from its mean ÷ noise variance. Price of a change: 1.5 · (d + 1) · ln T
/// for T vectors of d numbers: half more than Schwarz's criterion for d new means and one place, since
/// scatter is estimated, too. The noise variance is
/// half the median squared step from one vector to the next. Vectors that drift (`drifts`) have no
/// mean that could change, and are cut at random; ask afterwards.
/// O(T · d) while changes are many, O(T² · d) at worst.
///
/// - Parameter series: vectors of equal length.
/// - Returns: the first index of each segment but the first, ascending; segments have at least
///   two vectors.
package func changePoints(of series: [[Double]]) -> [Int] {
  guard series.count >= 4, let dimension = series.first?.count, dimension > 0 else { return [] }
  let variance = noiseVariance(of: series)
  let price = 1.5 * Double(dimension + 1) * log(Double(series.count))
  let segments = SegmentCosts(series, variance: variance)
  let count = series.count
  var best = [Double](repeating: .infinity, count: count + 1)
  var previous = [Int](repeating: 0, count: count + 1)
  best[0] = -price
  var candidates = [0]
  for end in 2...count {
    if end - 2 > 0 { candidates.append(end - 2) }
    var costs = [Double](repeating: .infinity, count: candidates.count)
    for (place, start) in candidates.enumerated() where best[start] < .infinity {
      costs[place] = best[start] + segments.cost(start, end)
      if costs[place] + price < best[end] {
        best[end] = costs[place] + price
        previous[end] = start
      }
    }
    // A start that is worse by more than a change costs can never win again.
    candidates = zip(candidates, costs).filter { $0.1 <= best[end] }.map(\.0)
  }
  var changes: [Int] = []
  var end = previous[count]
  while end > 0 {
    changes.append(end)
    end = previous[end]
  }
  return changes.reversed()
}

/// True when vectors move on between the places where they were cut: distances grow with time.
///
/// Independent scatter around a mean takes many steps as far as one. The limit is 15 % further and
/// three standard errors of the medians that are compared; medians, so that a few changes do not
/// count. Cuts every eight vectors or fewer are drift, too: no mean lasts. O(T · d).
///
/// - Parameter cuts: first indices of segments, as `changePoints` gives them.
package func drifts(_ series: [[Double]], cutAt cuts: [Int]) -> Bool {
  guard series.count >= 4, let dimension = series.first?.count else { return false }
  if cuts.count * 8 > series.count { return true }
  let one = squaredSteps(series, apart: 1, cutAt: cuts).sorted()
  let many = (3...8).flatMap { squaredSteps(series, apart: $0, cutAt: cuts) }.sorted()
  guard !one.isEmpty, !many.isEmpty else { return false }
  let freedom = Double(max(1, dimension * series.count))
  let limit = 1.15 + 3 * 1.25 * (2 / freedom).squareRoot()
  return quantile(many, 0.5) > limit * quantile(one, 0.5)
}

/// Squared distances of vectors some steps apart with no cut between them, in order.
private func squaredSteps(_ series: [[Double]], apart: Int, cutAt cuts: [Int] = []) -> [Double] {
  var steps: [Double] = []
  for (index, (last, next)) in zip(series, series.dropFirst(apart)).enumerated() {
    if cuts.contains(where: { $0 > index && $0 <= index + apart }) { continue }
    var square = 0.0
    for (one, other) in zip(last, next) { square += (one - other) * (one - other) }
    steps.append(square)
  }
  return steps
}

/// Variance per number: half the median squared step, raised to the mean of a χ² with that median
/// (Wilson and Hilferty 1931).
///
/// Series that stand still most of the time have none; a ten-thousandth of their size stands for it.
private func noiseVariance(of series: [[Double]]) -> Double {
  let dimension = Double(series[0].count)
  let median = quantile(squaredSteps(series, apart: 1).sorted(), 0.5)
  let root = 1 - 2 / (9 * dimension)
  var size = 0.0
  for vector in series { for value in vector { size += value * value } }
  size /= Double(series.count)
  return max(median / (2 * root * root * root), size * 1e-8, .leastNormalMagnitude) / dimension
}

/// Squared distances of runs of vectors from their means, from running sums.
private struct SegmentCosts {
  private let dimension: Int
  private let variance: Double
  /// Row t: sums of the vectors before t.
  private var sums: [Double]
  private var squares: [Double] = [0]

  init(_ series: [[Double]], variance: Double) {
    dimension = series[0].count
    self.variance = variance
    sums = [Double](repeating: 0, count: dimension)
    sums.reserveCapacity((series.count + 1) * dimension)
    for (index, vector) in series.enumerated() {
      for (place, value) in vector.enumerated() {
        sums.append(sums[index * dimension + place] + value)
      }
      squares.append(squares[index] + vector.reduce(0) { $0 + $1 * $1 })
    }
  }

  func cost(_ start: Int, _ end: Int) -> Double {
    let span = sums.span
    var square = 0.0
    for place in 0..<dimension {
      let sum = span[end * dimension + place] - span[start * dimension + place]
      square += sum * sum
    }
    let distance = squares[end] - squares[start] - square / Double(end - start)
    return max(0, distance) / variance
  }
}
