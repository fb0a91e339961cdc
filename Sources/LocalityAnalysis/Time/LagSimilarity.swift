/// How alike iterations of a layer are at one distance.
public struct LagPoint: Sendable, Hashable {
  /// Difference of the iterations' numbers.
  public var lag: Int
  /// Pairs of iterations, over all layers.
  public var count: Int
  /// Mean cosine of the matrices, baseline included.
  public var cosine: Double?
  /// Mean cosine of what totals per end do not explain; nil where they explain all.
  public var pairs: Double?
  /// Mean cosine of the receipts' deviations; nil where all receive the same.
  public var receipts: Double?
}

/// Similarity against distance in time, and what follows from it.
public struct LagSimilarity: Sendable, Hashable {
  /// Ascending; the lags that occur, up to `LagSums.mostLags`.
  public private(set) var points: [LagPoint]
  /// Iterations after which hot pairs are half as alike as in successive ones.
  ///
  /// Interpolated between lags. Not identifiable where successive pairs are not alike.
  public private(set) var pairHalfLife: Finding
  /// The same of hot receivers.
  public private(set) var receiptHalfLife: Finding
  /// Iterations after which the pattern comes back although it was away in between.
  public private(set) var period: Finding

  /// A similarity below this is taken for none.
  public static let leastSimilarity = 0.2

  init(absence: Finding) {
    points = []
    (pairHalfLife, receiptHalfLife, period) = (absence, absence, absence)
  }

  init(_ sums: LagSums) {
    points = sums.points
    pairHalfLife = halfLife(points.map { ($0.lag, $0.pairs) })
    receiptHalfLife = halfLife(points.map { ($0.lag, $0.receipts) })
    period = .notIdentifiable("no lag stands out")
    for curve in [points.map { ($0.lag, $0.pairs) }, points.map { ($0.lag, $0.receipts) }] {
      guard period.number == nil, let length = periodLength(curve) else { continue }
      period = .value(Double(length), .iterations)
    }
  }

  mutating func forgetPairs(_ reason: String) {
    pairHalfLife = .notIdentifiable(reason)
    period = .notIdentifiable(reason)
    if let length = periodLength(points.map { ($0.lag, $0.receipts) }) {
      period = .value(Double(length), .iterations)
    }
    for index in points.indices {
      points[index].pairs = nil
      points[index].cosine = nil
    }
  }
}

/// Where a curve falls to half of its first value, between lags by interpolation.
private func halfLife(_ curve: [(lag: Int, value: Double?)]) -> Finding {
  let known = curve.compactMap { point in point.value.map { (lag: point.lag, value: $0) } }
  guard let first = known.first, first.value >= LagSimilarity.leastSimilarity else {
    return .notIdentifiable("successive iterations are not alike")
  }
  var previous = first
  for point in known.dropFirst() {
    if point.value <= first.value / 2 {
      let fall = previous.value - point.value
      let part = fall > 0 ? (previous.value - first.value / 2) / fall : 1
      return .value(
        Double(previous.lag) + part * Double(point.lag - previous.lag), .iterations)
    }
    previous = point
  }
  return .notIdentifiable("longer than the \(previous.lag) iterations that can be compared")
}

/// The shortest distance whose multiples are alike and the rest is not, or nil.
///
/// At least two whole periods must be seen, and the multiples must be above the others by
/// `LagSimilarity.leastSimilarity`; among periods within a tenth of the best, the shortest.
private func periodLength(_ curve: [(lag: Int, value: Double?)]) -> Int? {
  let known = curve.compactMap { point in point.value.map { (lag: point.lag, value: $0) } }
  guard let longest = known.last?.lag else { return nil }
  var scores: [(length: Int, score: Double)] = []
  for length in 2..<max(3, longest / 2 + 1) {
    let on = known.filter { $0.lag % length == 0 }.map(\.value)
    let off = known.filter { $0.lag % length != 0 }.map(\.value)
    guard on.count >= 2, !off.isEmpty, let least = on.min() else { continue }
    let between = off.reduce(0, +) / Double(off.count)
    // Every multiple counts, so that a slow decay is no period.
    guard least - between >= LagSimilarity.leastSimilarity else { continue }
    scores.append((length, on.reduce(0, +) / Double(on.count) - between))
  }
  guard let best = scores.map(\.score).max() else { return nil }
  return scores.first { $0.score >= 0.9 * best }?.length
}

/// Sums of similarities by lag.
struct LagSums {
  /// Lags beyond this many iterations are not compared.
  static let mostLags = 32

  /// Moments that are kept to be compared with later ones.
  let limit: Int
  private var counts: [Int]
  private var cosines: [Double]
  private var pairs: [Mean]
  private var receipts: [Mean]

  /// - Parameter ends: ends of the matrices; of large ones fewer are kept (about 500 MB).
  init(ends: Int) {
    limit = max(1, min(Self.mostLags, (1 << 26) / max(1, ends * ends)))
    counts = [Int](repeating: 0, count: limit + 1)
    cosines = [Double](repeating: 0, count: limit + 1)
    pairs = [Mean](repeating: Mean(), count: limit + 1)
    receipts = pairs
  }

  mutating func add(_ earlier: Moment, _ later: Moment, lag: Int) {
    guard lag > 0, lag <= limit, let cosine = earlier.traffic.cosine(later.traffic) else { return }
    counts[lag] += 1
    cosines[lag] += cosine
    if let value = earlier.pairs.cosine(later.pairs) { pairs[lag].add(value) }
    if let value = earlier.receipts.cosine(later.receipts) { receipts[lag].add(value) }
  }

  var points: [LagPoint] {
    (1..<(limit + 1)).filter { counts[$0] > 0 }.map { lag in
      LagPoint(
        lag: lag, count: counts[lag], cosine: cosines[lag] / Double(counts[lag]),
        pairs: pairs[lag].value, receipts: receipts[lag].value)
    }
  }

  private struct Mean {
    private var sum = 0.0
    private var count = 0

    mutating func add(_ value: Double) {
      sum += value
      count += 1
    }

    var value: Double? { count > 0 ? sum / Double(count) : nil }
  }
}
