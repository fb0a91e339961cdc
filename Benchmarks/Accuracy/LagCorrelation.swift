import Foundation

/// Rank correlation of what servers receive in iterations that are some lag apart.
///
/// Ranks, so that one hot expert does not outweigh all that happens to the others.
struct LagCorrelation {
  /// Correlation of each iteration with the next.
  private let successive: [Double]
  /// Mean correlation at lags 1, 2, … half of the series, and how sure it is.
  private let atLag: [Double]
  private let standardError: [Double]

  /// - Parameter series: one row per iteration, one column per server.
  init(_ series: [[Double]]) {
    let rows = series.map(Self.ranks)
    func correlations(at lag: Int) -> [Double] {
      zip(rows, rows.dropFirst(lag)).map { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    successive = correlations(at: 1)
    let lags = (1...max(1, rows.count / 2)).map { correlations(at: $0) }
    let means = lags.map { $0.reduce(0, +) / Double(max(1, $0.count)) }
    atLag = means
    standardError = zip(lags, means).map { values, mean in
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return squares.squareRoot() / Double(max(1, values.count))
    }
  }

  /// Ranks with mean 0 and length 1.
  private static func ranks(_ row: [Double]) -> [Double] {
    var ranks = [Double](repeating: 0, count: row.count)
    let middle = Double(row.count - 1) / 2
    for (rank, index) in row.indices.sorted(by: { (row[$0], $0) < (row[$1], $1) }).enumerated() {
      ranks[index] = Double(rank) - middle
    }
    let length = ranks.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return ranks.map { $0 / max(1, length) }
  }

  /// The first lag from 2 that stands out from both neighbours and is nearly as high as the highest
  /// that does; nil where none does.
  var period: Int? {
    let peaks = (1..<max(1, atLag.count - 1)).filter { lag in
      let margin = max(0.01, 3 * standardError[lag])
      return atLag[lag] > atLag[lag - 1] + margin && atLag[lag] > atLag[lag + 1] + margin
    }
    guard let highest = peaks.map({ atLag[$0] }).max() else { return nil }
    return peaks.first { atLag[$0] > highest - 0.05 }.map { $0 + 1 }
  }

  /// Share of experts that trade places between iterations: correlation falls as (1 − drift)^lag.
  ///
  /// Least squares on the logarithm, over the lags before it falls below 0.2. The level at lag 0
  /// stays free: the noise of drawn tokens lowers every lag alike.
  var drift: Double {
    let usable = atLag.prefix(8).prefix { $0 > 0.2 }
    guard usable.count > 1 else { return 1 }
    let middle = Double(usable.count - 1) / 2
    let (rise, spread) = usable.enumerated().reduce((0.0, 0.0)) { sums, point in
      let distance = Double(point.offset) - middle
      return (sums.0 + distance * log(point.element), sums.1 + distance * distance)
    }
    return max(0, 1 - exp(rise / spread))
  }

  /// Iterations that resemble the one before them less than half as much as is usual.
  var changePoints: [Int] {
    let usual = successive.sorted()[successive.count / 2]
    return successive.indices.filter { successive[$0] < usual / 2 }.map { $0 + 1 }
  }
}
