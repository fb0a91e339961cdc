internal import Glibc
internal import TraceModel

/// How much the main statistics would differ had other iterations been recorded.
public struct ConfidenceIntervals: Sendable, Hashable {
  /// One statistic with its central 95 % of resamples.
  public struct Row: Sendable, Hashable {
    public var statistic: String
    /// The value of the whole trace.
    public var estimate: Finding
    public var low: Finding
    public var high: Finding
  }

  /// Empty when `absence` says why.
  public var rows: [Row]
  /// Successive iterations that were drawn together.
  public var blockLength: Int
  public var resampleCount: Int
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
    var bootstrap = BlockBootstrap(
      count: series.numbers.count, blockLength: blockLength, seed: seed)
    let blocks = subject.endBlocks
    var samples: [[Double]] = [[], [], []]
    let pairs = subject.absentSources == nil
    for _ in 0..<resampleCount {
      let weights = bootstrap.weights()
      let reading = Reading(series.sum(weights), blocks: blocks, readsPairs: pairs)
      for (place, value) in reading.values.enumerated() {
        if let value { samples[place].append(value) }
      }
    }
    let ones = [Int64](repeating: 1, count: series.numbers.count)
    let whole = Reading(series.sum(ones), blocks: blocks, readsPairs: pairs)
    let names = ["receive max/mean on NICs", "pair information", "off rank one"]
    let units: [Finding.Unit] = [.ratio, .bits, .share]
    for (place, name) in names.enumerated() {
      guard let estimate = whole.values[place], samples[place].count == resampleCount else {
        continue
      }
      let sorted = samples[place].sorted()
      rows.append(
        Row(
          statistic: name, estimate: .value(estimate, units[place]),
          low: .value(quantile(sorted, 0.025), units[place]),
          high: .value(quantile(sorted, 0.975), units[place])))
    }
    if rows.isEmpty { absence = "no bytes leave their end" }
  }

  /// The statistics of one sum of iterations.
  private struct Reading {
    var values: [Double?]

    init(_ matrix: TrafficMatrix, blocks: ExpertBlocks, readsPairs: Bool) {
      let parts = blocks.joined(by: matrix).members.filter { $0.count > 1 }.map {
        matrix.restricted(to: $0)
      }
      let loads = parts.compactMap { Imbalance(loads: $0.saturatingColumnSums)?.maxOverMean }
      let structures = readsPairs ? parts.compactMap { PairStructure($0) } : []
      let bytes = structures.reduce(0) { $0 + $1.bytes }
      func mean(_ value: (PairStructure) -> Double) -> Double? {
        bytes > 0 ? structures.reduce(0) { $0 + value($1) * $1.bytes / bytes } : nil
      }
      values = [loads.max(), mean(\.excessBits), mean(\.rankOneResidual)]
    }
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
