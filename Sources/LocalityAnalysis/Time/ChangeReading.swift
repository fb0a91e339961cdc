public import TraceModel

/// Where the traffic changes for good, by what servers receive and by pairs.
public struct ChangeReading: Sendable, Hashable {
  /// Changes of one kind.
  public struct Changes: Sendable, Hashable {
    /// First iterations of the segments but the first, ascending; empty when `absence` says why or
    /// nothing changes.
    public var iterations: [Int32]
    /// True when what was looked at moves all the time, so that only breaks stand out.
    public var drifts: Bool
    /// Why nothing was looked for, or nil.
    public var absence: Finding?

    init(iterations: [Int32] = [], drifts: Bool = false, absence: Finding? = nil) {
      self.iterations = iterations
      self.drifts = drifts
      self.absence = absence
    }
  }

  /// Of the share that each end receives of each layer.
  public var receipts: Changes
  /// Of what pairs carry beyond what totals per end explain.
  public var pairs: Changes

  /// Iterations needed to tell a change from noise.
  public static let iterationsNeeded = 6

  /// Reads the part of a workload that `analyseLocality` judges structure by, between the same ends.
  ///
  /// O(T · n²) for T iterations of n ends, O(T² · n²) at worst.
  public init(_ workload: Workload) {
    let subject = AnalysisSubject(workload)
    self.init(IterationSeries(subject), absentSources: subject.absentSources)
  }

  init(_ series: IterationSeries, absentSources: String?) {
    guard series.numbers.count >= Self.iterationsNeeded else {
      receipts = Changes(
        absence: .tooFew(have: series.numbers.count, need: Self.iterationsNeeded, of: "iterations"))
      pairs = receipts
      return
    }
    receipts = changes(
      of: series.vectors(ofPairs: false), in: series.numbers, patterns: series.receiptOrders,
      freedom: series.orderFreedom, named: "receipts")
    if let absentSources {
      pairs = Changes(absence: .notIdentifiable(absentSources))
    } else if series.matrices.isEmpty {
      pairs = Changes(
        absence: .notIdentifiable("the matrices of all iterations are too large to be kept"))
    } else {
      let residuals = series.pairResiduals
      pairs = changes(
        of: residuals, in: series.numbers, patterns: residuals.map(unitVector),
        freedom: series.pairFreedom, named: "pairs")
    }
  }
}

/// Changes of the mean where vectors stand still in between, breaks of the pattern where they drift.
private func changes(
  of vectors: [[Double]], in numbers: [Int32], patterns: [[Double]], freedom: Int,
  named name: String
) -> ChangeReading.Changes {
  let cuts = changePoints(of: vectors)
  guard drifts(vectors, cutAt: cuts) else {
    return ChangeReading.Changes(iterations: cuts.map { numbers[$0] })
  }
  guard let breaks = patternBreaks(of: patterns, freedom: freedom) else {
    return ChangeReading.Changes(
      drifts: true,
      absence: .notIdentifiable(
        "\(name) drift from iteration to iteration, and there are too few of them, or they are too "
          + "little alike, for a change to stand out"))
  }
  return ChangeReading.Changes(iterations: breaks.map { numbers[$0] }, drifts: true)
}
