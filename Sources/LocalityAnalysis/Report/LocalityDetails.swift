internal import TraceModel

/// What a report adds when details are asked for.
public struct LocalityDetails: Sendable, Hashable {
  /// Iterations at which the traffic changes for good.
  public var changes: ChangeReading
  /// Order in the sequence of pairs; nil where sources are not believed or no bytes leave their end.
  public var complexity: TraceComplexity?
  /// How far the main statistics would differ had other iterations been recorded.
  public var intervals: ConfidenceIntervals

  /// The selection by iteration once, and the sequence of its pairs.
  init(_ subject: AnalysisSubject, time: TimeSimilarity) {
    let series = IterationSeries(subject)
    changes = ChangeReading(series, absentSources: subject.absentSources)
    complexity = subject.absentSources == nil ? TraceComplexity(subject) : nil
    intervals = ConfidenceIntervals(subject, series, time: time)
  }
}
