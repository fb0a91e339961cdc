internal import Glibc
internal import TraceModel

/// How much the main statistics would differ had other iterations been recorded.
public struct ConfidenceIntervals: Sendable, Hashable {
  /// One statistic with its 95 % interval.
  ///
  /// Bits of information and other distances from evenness are too high by what chance adds, and
  /// resamples are too high once more. So the interval is the basic one (Davison and Hinkley 1997,
  /// section 5.2): the resamples' distances from the recorded value, taken off it. Maxima have a band
  /// that holds for all ends at once.
  public struct Row: Sendable, Hashable {
    /// Name of the statistic, with its unit.
    public var statistic: String
    /// The value of the recorded iterations.
    public var recorded: Finding
    /// The value without what chance adds: twice the recorded one less the resamples' mean.
    public var estimate: Finding
    /// Ends of the 95 % interval.
    public var low: Finding
    /// See `low`.
    public var high: Finding
  }

  /// Empty when `absence` says why.
  public var rows: [Row]
  /// Successive iterations that were drawn together.
  public var blockLength: Int
  /// Resamples that the intervals are read from; 0 where `absence` says why there are none.
  public var resampleCount: Int
  /// Of the random draws.
  public var seed: UInt64
  /// Why there are no intervals.
  public var absence: String?

  /// Iterations below which resampling them says nothing.
  public static let iterationsNeeded = 10
  /// Resamples, fewer where matrices are large.
  public static let mostResamples = 200

  /// Resamples iterations in moving blocks: as long as the pattern or its deviations need to fade to
  /// half, and at least the cube root of the iterations (Hall, Horowitz and Jing 1995).
  ///
  /// O(resamples · iterations · n²), at most some 2·10⁹ cells.
  init(
    _ subject: AnalysisSubject, _ series: IterationSeries, time: TimeSimilarity, seed: UInt64 = 1
  ) {
    rows = []
    blockLength = 0
    resampleCount = 0
    self.seed = seed
    let count = series.numbers.count
    guard count >= Self.iterationsNeeded else {
      absence = "too few: \(count) of \(Self.iterationsNeeded) iterations"
      return
    }
    guard !series.matrices.isEmpty else {
      absence = "the matrices of \(count) iterations are too large to be kept"
      return
    }
    let cells = max(1, subject.ends.count * subject.ends.count)
    let resamples = min(Self.mostResamples, 2_000_000_000 / (cells * count))
    guard resamples >= 100 else {
      absence = "resampling \(count) matrices of \(subject.ends.count) ends would take too long"
      return
    }
    let usesPairs = subject.absentSources == nil
    let fading = decorrelationLength(of: series.vectors(ofPairs: usesPairs))
    let half = time.lags.pairHalfLife.number ?? time.lags.receiptHalfLife.number ?? 0
    let length = max(
      Int(half.rounded(.up)), fading ?? count, Int(cbrt(Double(count)).rounded(.up)))
    guard length * 2 <= count else {
      absence = "iterations stay alike for \(length) or more: too long for \(count) of them"
      return
    }
    blockLength = length
    resampleCount = resamples
    resample(subject, series, time: time)
  }

  private mutating func resample(
    _ subject: AnalysisSubject, _ series: IterationSeries, time: TimeSimilarity
  ) {
    let count = series.numbers.count
    var bootstrap = BlockBootstrap(count: count, blockLength: blockLength, seed: seed)
    let pairs = subject.absentSources == nil
    let regions = pairs && subject.readsNetwork ? divisors(of: subject.ends.count) : []
    let whole = series.sum([Int64](repeating: 1, count: count))
    let blocks = subject.endBlocks.joined(by: whole).members.filter { $0.count > 1 }
    func read(_ matrix: TrafficMatrix) -> ResampledReading {
      ResampledReading(matrix, blocks: blocks, readsPairs: pairs, regionSizes: regions)
    }
    let samples = (0..<resampleCount).map { _ in read(series.sum(bootstrap.weights())) }
    let recorded = read(whole)
    rows += [
      Row(
        "receive max/mean on NICs", recorded: recorded.receipts, samples: samples.map(\.receipts)),
      Row("send max/mean", recorded: recorded.sends, samples: samples.map(\.sends)),
    ].compactMap(\.self)
    for (name, unit) in ResampledReading.names(regionSizes: regions) {
      let values = samples.compactMap { $0.values[name] }
      guard let value = recorded.values[name], values.count == resampleCount else { continue }
      rows.append(Row(name, recorded: value, samples: values, unit: unit, least: 0))
    }
    for (name, values) in time.successiveSimilarities where values.count >= 2 * blockLength {
      var bootstrap = BlockBootstrap(count: values.count, blockLength: blockLength, seed: seed)
      func mean(_ weights: [Int64]) -> Double {
        zip(weights, values).reduce(0.0) { $0 + Double($1.0) * $1.1 } / Double(values.count)
      }
      let samples = (0..<resampleCount).map { _ in mean(bootstrap.weights()) }
      let recorded = mean([Int64](repeating: 1, count: values.count))
      rows.append(Row(name, recorded: recorded, samples: samples, unit: .index, least: -1))
    }
    if rows.isEmpty { absence = "no bytes leave their end" }
  }
}

extension ConfidenceIntervals.Row {
  /// - Parameter least: the smallest value that the statistic can have.
  init(
    _ statistic: String, recorded: Double, samples: [Double], unit: Finding.Unit, least: Double
  ) {
    let sorted = samples.sorted()
    let mean = samples.reduce(0, +) / Double(samples.count)
    func reflected(_ value: Double) -> Finding { .value(max(least, 2 * recorded - value), unit) }
    self.statistic = statistic
    self.recorded = .value(recorded, unit)
    estimate = reflected(mean)
    low = reflected(quantile(sorted, 0.975))
    high = reflected(quantile(sorted, 0.025))
  }
}

extension ConfidenceIntervals.Row {
  /// The largest of several loads ÷ mean, with a band that holds for all of them at once.
  ///
  /// Which load is the largest is chance, too, so that the interval of the one that was is too high.
  /// The largest true load is at least the recorded one less the most that any load is too high by,
  /// and at most the recorded one and the most that any is too low by.
  ///
  /// - Parameter recorded: loads ÷ mean of their block; nothing without loads.
  init?(_ statistic: String, recorded: [Double], samples: [[Double]]) {
    guard let largest = recorded.max(), samples.allSatisfy({ $0.count == recorded.count }) else {
      return nil
    }
    func excesses(_ sign: Double) -> [Double] {
      samples.map { sample in
        zip(sample, recorded).reduce(0.0) { max($0, sign * ($1.0 - $1.1)) }
      }.sorted()
    }
    let low = max(1, largest - quantile(excesses(1), 0.975))
    let high = largest + quantile(excesses(-1), 0.975)
    let mean = samples.reduce(0.0) { $0 + ($1.max() ?? 0) } / Double(max(1, samples.count))
    self.statistic = statistic
    self.recorded = .value(largest, .ratio)
    estimate = .value(min(high, max(low, 2 * largest - mean)), .ratio)
    self.low = .value(low, .ratio)
    self.high = .value(high, .ratio)
  }
}

/// The statistics of one sum of iterations.
private struct ResampledReading {
  /// What each end receives and sends ÷ the mean of its block; empty where unknown.
  var receipts: [Double] = []
  var sends: [Double] = []
  /// Others by name; those that it does not have are left out.
  var values: [String: Double] = [:]

  init(_ matrix: TrafficMatrix, blocks: [[Int]], readsPairs: Bool, regionSizes: [Int]) {
    let parts = blocks.map { matrix.restricted(to: $0) }
    receipts = parts.flatMap { Self.overMean($0.saturatingColumnSums) }
    values["receive Gini"] =
      parts.compactMap { Imbalance(loads: $0.saturatingColumnSums) }
      .max { $0.maxOverMean < $1.maxOverMean }?.gini
    guard readsPairs else { return }
    sends = parts.flatMap { Self.overMean($0.saturatingRowSums) }
    let structures = parts.compactMap { PairStructure($0) }
    let bytes = structures.reduce(0) { $0 + $1.bytes }
    guard bytes > 0 else { return }
    func mean(_ value: (PairStructure) -> Double) -> Double {
      structures.reduce(0) { $0 + value($1) * $1.bytes / bytes }
    }
    values["pair information"] = mean(\.excessBits)
    values["off rank one"] = mean(\.rankOneResidual)
    values["top 25 % of pairs"] = PairDistribution(blocks: parts).topQuarterShare
    for size in regionSizes where size > 1 && size < matrix.size {
      values[Self.regionName(size)] = intraRegionShare(
        matrix, regionOf: (0..<matrix.size).map { $0 / size })
    }
  }

  /// Names and units of `values`, in the order of a table.
  static func names(regionSizes: [Int]) -> [(name: String, unit: Finding.Unit)] {
    [
      ("pair information", .bits), ("off rank one", .share), ("receive Gini", .index),
      ("top 25 % of pairs", .share),
    ] + regionSizes.map { (regionName($0), .share) }
  }

  private static func regionName(_ size: Int) -> String { "φ of \(size) in order" }

  private static func overMean(_ loads: [Int64]) -> [Double] {
    let total = loads.reduce(0.0) { $0 + Double($1) }
    return total > 0 ? loads.map { Double($0) * Double(loads.count) / total } : []
  }
}

extension TimeSimilarity {
  /// Similarities of successive iterations, each the mean over layers; none where layers have gaps.
  fileprivate var successiveSimilarities: [(name: String, values: [Double])] {
    func means(_ series: [[Double]]) -> [Double] {
      guard let count = series.first?.count, series.allSatisfy({ $0.count == count }) else {
        return []
      }
      return (0..<count).map { place in
        series.reduce(0.0) { $0 + $1[place] } / Double(series.count)
      }
    }
    return [
      ("cosine of pairs beyond totals", means(layers.map(\.pairCosines))),
      ("cosine of receipts beyond mean", means(layers.map(\.receiptCosines))),
    ]
  }
}

extension IterationSeries {
  /// The matrices added up, each as often as its weight says.
  func sum(_ weights: [Int64]) -> TrafficMatrix {
    var result = TrafficMatrix(size: matrices.first?.size ?? 0)
    var cells = result.cells.mutableSpan
    for (matrix, weight) in zip(matrices, weights) where weight > 0 {
      let amounts = matrix.cells.span
      for cell in amounts.indices {
        cells[cell] = saturatingSum(cells[cell], saturatingProduct(amounts[cell], weight))
      }
    }
    return result
  }
}
