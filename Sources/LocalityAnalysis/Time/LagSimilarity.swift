internal import Glibc

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
  /// Mean rank correlation of receipts within expert groups; nil where all receive the same.
  public var order: Double?
  /// Mean Jaccard index of the heaviest quarters of pairs beyond that of two sets drawn by chance.
  public var jaccardAboveChance: Double?
  /// Standard error of `pairs` as a mean over pairs of iterations; nil with it.
  public var pairsStandardError: Double?
  /// See `pairsStandardError`; of `order`.
  public var orderStandardError: Double?
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
  /// Share of the receivers that trade places from one iteration to the next, 0 … 1.
  ///
  /// The rate at which the rank correlation of receipts falls with distance. Not identifiable where
  /// the order of successive iterations is not alike.
  public private(set) var drift: Finding
  /// Iterations from the first to the last.
  private let span: Int

  /// A similarity below this is taken for none.
  public static let leastSimilarity = 0.2

  init(absence: Finding) {
    points = []
    span = 0
    (pairHalfLife, receiptHalfLife, period, drift) = (absence, absence, absence, absence)
  }

  init(_ sums: LagSums) {
    points = sums.points
    pairHalfLife = halfLife(points.map { ($0.lag, $0.pairs) })
    receiptHalfLife = halfLife(points.map { ($0.lag, $0.receipts) })
    span = sums.span
    period = .notIdentifiable("no lag stands out")
    drift =
      driftRate(points).map { .value($0, .share) }
      ?? .notIdentifiable("the order of receivers is not alike in successive iterations")
    for curve in [pairCurve, orderCurve] where period.number == nil {
      if let length = periodLength(curve, span: span) {
        period = .value(Double(length), .iterations)
      }
    }
  }

  private var pairCurve: [LagMean] {
    points.compactMap { point in
      guard let mean = point.pairs, let error = point.pairsStandardError else { return nil }
      return LagMean(lag: point.lag, mean: mean, error: error)
    }
  }

  private var orderCurve: [LagMean] {
    points.compactMap { point in
      guard let mean = point.order, let error = point.orderStandardError else { return nil }
      return LagMean(lag: point.lag, mean: mean, error: error)
    }
  }

  mutating func forgetPairs(_ reason: String) {
    pairHalfLife = .notIdentifiable(reason)
    period = .notIdentifiable(reason)
    if let length = periodLength(orderCurve, span: span) {
      period = .value(Double(length), .iterations)
    }
    for index in points.indices {
      points[index].pairs = nil
      points[index].pairsStandardError = nil
      points[index].cosine = nil
      points[index].jaccardAboveChance = nil
    }
  }
}

/// The share of receivers that trade places between iterations: correlation falls as
/// (1 − drift)^lag; nil where fewer than two lags are alike.
///
/// Least squares on the logarithm, over the first eight lags before it falls below
/// `LagSimilarity.leastSimilarity`. The level at lag 0 stays free: the noise of drawn tokens lowers
/// every lag alike.
private func driftRate(_ points: [LagPoint]) -> Double? {
  let usable = points.prefix { $0.lag <= 8 }.map { ($0.lag, $0.order ?? 0) }
    .prefix { $0.1 > LagSimilarity.leastSimilarity }
  guard usable.count > 1 else { return nil }
  let middle = usable.reduce(0.0) { $0 + Double($1.0) } / Double(usable.count)
  var (rise, spread) = (0.0, 0.0)
  for (lag, order) in usable {
    let distance = Double(lag) - middle
    rise += distance * log(order)
    spread += distance * distance
  }
  return max(0, 1 - exp(rise / spread))
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
  private var orders: [Mean]
  private var jaccards: [Mean]
  private var iterations: ClosedRange<Int32>?

  /// - Parameter ends: ends of the matrices; of large ones fewer are kept (about 500 MB).
  init(ends: Int) {
    limit = max(1, min(Self.mostLags, (1 << 26) / max(1, ends * ends)))
    counts = [Int](repeating: 0, count: limit + 1)
    cosines = [Double](repeating: 0, count: limit + 1)
    pairs = [Mean](repeating: Mean(), count: limit + 1)
    receipts = pairs
    orders = pairs
    jaccards = pairs
  }

  /// Iterations from the first to the last that were compared.
  var span: Int { iterations.map { Int($0.upperBound) - Int($0.lowerBound) + 1 } ?? 0 }

  mutating func add(_ earlier: Moment, _ later: Moment, lag: Int) {
    guard lag > 0, lag <= limit, let cosine = earlier.traffic.cosine(later.traffic) else { return }
    iterations =
      min(
        earlier.iteration, iterations?.lowerBound ?? earlier.iteration)...max(
        later.iteration, iterations?.upperBound ?? later.iteration)
    counts[lag] += 1
    cosines[lag] += cosine
    if let value = earlier.pairs.cosine(later.pairs) { pairs[lag].add(value) }
    if let value = earlier.receipts.cosine(later.receipts) { receipts[lag].add(value) }
    if let value = earlier.order.cosine(later.order) { orders[lag].add(value) }
    if let value = earlier.jaccardAboveChance(later) { jaccards[lag].add(value) }
  }

  var points: [LagPoint] {
    (1..<(limit + 1)).filter { counts[$0] > 0 }.map { lag in
      LagPoint(
        lag: lag, count: counts[lag], cosine: cosines[lag] / Double(counts[lag]),
        pairs: pairs[lag].value, receipts: receipts[lag].value, order: orders[lag].value,
        jaccardAboveChance: jaccards[lag].value,
        pairsStandardError: pairs[lag].standardError,
        orderStandardError: orders[lag].standardError)
    }
  }

  private struct Mean {
    private var mean = 0.0
    /// Sum of squared distances from the mean (Welford 1962).
    private var squares = 0.0
    private var count = 0

    mutating func add(_ value: Double) {
      count += 1
      let distance = value - mean
      mean += distance / Double(count)
      squares += distance * (value - mean)
    }

    var value: Double? { count > 0 ? mean : nil }
    var standardError: Double? { count > 0 ? squares.squareRoot() / Double(count) : nil }
  }
}
