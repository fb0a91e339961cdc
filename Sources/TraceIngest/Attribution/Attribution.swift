public import TraceModel

/// What the user says about attribution instead of leaving it to inference.
public struct AttributionOptions: Sendable {
  /// Pause that separates two operations, in nanoseconds; nil to infer it.
  public var idleGapNanoseconds: Int64?
  /// Bursts of one iteration; nil to infer it.
  public var burstsPerIteration: Int?

  public init(idleGapNanoseconds: Int64? = nil, burstsPerIteration: Int? = nil) {
    self.idleGapNanoseconds = idleGapNanoseconds
    self.burstsPerIteration = burstsPerIteration
  }
}

/// The second pass of ingest: messages become operations and transfers.
///
/// Connections whose traffic has the same sizes, times and neighbours make a communicator. Idle gaps
/// divide each communicator's traffic into bursts, whatever runs beside it; the groups that talk
/// inside a burst are its operations; the shape of a group's traffic tells an all-to-all from a ring
/// and from a pipeline; gradient reductions, or the repetition of bursts, give iterations; transposed
/// pairs of matrices give layers and phases. Communicators that share no NIC are different jobs.
/// Everything is inferred and marked so. The messages are read four to six times and never held:
/// memory is O(connections + bursts + matrices of one iteration), not what moved in all bursts.
public struct Attribution {
  private let layout: Layout
  private let options: AttributionOptions

  public init(layout: Layout, options: AttributionOptions = AttributionOptions()) {
    self.layout = layout
    self.options = options
  }

  /// Attributes messages and appends operations and transfers (at NIC grain) to a sink.
  ///
  /// - Parameter forEachBlock: calls its argument with every block of messages, each time the same.
  /// - Throws: an `IngestError` for messages whose addresses the layout does not have, or with more
  ///   bytes than a message can have; what `forEachBlock` and the sink throw.
  public func run(
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void, into sink: inout some TraceSink
  ) throws -> AttributionSummary {
    try read(forEachBlock: forEachBlock, into: &sink).summary
  }

  /// The same; the result can be asked for the operation of each message.
  package func read(
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void, into sink: inout some TraceSink
  ) throws -> AttributedCapture {
    var census = MessageCensus(layout: layout)
    try forEachBlock { try census.add($0) }
    var summary = AttributionSummary()
    summary.messageCount = census.messageCount
    summary.messageCountByKind = census.countByKind
    var (communicators, activity) = try communicators(
      of: census.channels, forEachBlock: forEachBlock)
    activity.settle()
    let gaps = communicators.kinds.indices.map {
      gap(
        of: activity.busy[$0], kind: communicators.kinds[$0],
        messageCount: activity.messageCounts[$0])
    }
    let places = BurstPlaces(zip(activity.busy, gaps).map { $0.joined(gap: $1.nanoseconds) })
    var survey = BurstSurvey(places, of: communicators, layout: layout)
    var open = OpenBursts(places, of: communicators, layout: layout)
    try forEachBlock { block in open.add(block) { survey.add($0) } }
    survey.settle()
    let (jobs, numbers) = try read(survey, of: communicators, forEachBlock: forEachBlock)
    let capture = AttributedCapture(
      jobs, numbers: numbers, communicators: communicators, gaps: gaps, layout: layout,
      options: options, summary: summary)
    guard capture.operations.count > 0 else { return capture }
    try sink.append(operations: capture.operations)
    var pass = TransferPass(jobs.readings, of: survey, numbers: numbers, layout: layout, to: sink)
    open = OpenBursts(places, of: communicators, layout: layout)
    try forEachBlock { block in try open.add(block) { try pass.add($0, to: &sink) } }
    try pass.flush(to: &sink)
    return capture
  }

  private func read(
    _ survey: BurstSurvey, of communicators: Communicators,
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void
  ) throws -> (JobReading, OperationNumbers) {
    var jobs = JobReading(
      survey.communicators, kinds: communicators.kinds,
      burstsPerIteration: options.burstsPerIteration)
    var matrices = MatrixPass(
      jobs.readings, of: survey, communicators: communicators, layout: layout)
    if matrices.isNeeded { try forEachBlock { matrices.add($0) } }
    matrices.settle()
    jobs.readMatrices(matrices.sums)
    return (jobs, OperationNumbers(jobs.readings))
  }

  private func communicators(
    of channels: Channels, forEachBlock: ((MessageTable) throws -> Void) throws -> Void
  ) throws -> (Communicators, Activity) {
    // Mostly all connections are one communicator: then its busy time is known as well.
    let resolution = min(IdleGap.jitter, options.idleGapNanoseconds ?? .max)
    var all = Activity(communicatorCount: 1, resolution: resolution)
    var bins = channels.count > 1 ? BusyBins(of: channels) : nil
    try forEachBlock { all.add($0, of: channels, bins: &bins) }
    bins?.settle()
    let communicators =
      bins.map { Communicators.find(channels, busy: $0, layout: layout) } ?? .one(channels)
    guard communicators.count > 1 else { return (communicators, all) }
    bins = nil
    var activity = Activity(communicatorCount: communicators.count, resolution: resolution)
    try forEachBlock {
      activity.add($0, of: channels, communicator: communicators.ofChannel, bins: &bins)
    }
    return (communicators, activity)
  }

  private func gap(
    of busy: BusyTime, kind: Communicators.Kind, messageCount: Int
  ) -> IdleGap {
    if let declared = options.idleGapNanoseconds {
      return IdleGap(nanoseconds: declared, method: "declared")
    }
    switch kind {
    case .exchange: return IdleGap.inferred(from: busy.pauses)
    case .regular:
      return IdleGap.inferred(from: busy.pauses, messageCount: messageCount)
    }
  }
}
