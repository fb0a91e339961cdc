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
/// Everything is inferred and marked so. The messages are read up to four times and never held:
/// memory is O(connections + bursts × pairs in them).
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
  /// - Throws: an `IngestError` for messages whose addresses the layout does not have, or more
  ///   bursts and NICs than can be numbered together.
  public func run(
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void, into sink: inout some TraceSink
  ) throws -> AttributionSummary {
    let capture = try read(forEachBlock: forEachBlock)
    guard capture.operations.count > 0 else { return capture.summary }
    try sink.append(operations: capture.operations)
    try sink.append(transfers: capture.transfers)
    return capture.summary
  }

  /// Attributes messages; the result can be asked for the operation of each of them.
  package func read(
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void
  ) throws -> AttributedCapture {
    var census = MessageCensus(layout: layout)
    try forEachBlock { try census.add($0) }
    var summary = AttributionSummary()
    summary.messageCount = census.messageCount
    summary.messageCountByKind = census.countByKind
    let communicators = try communicators(of: census.channels, forEachBlock: forEachBlock)
    var busy = communicators.kinds.map { _ in BusyTime(resolution: IdleGap.jitter) }
    var messageCounts = communicators.kinds.map { _ in 0 }
    try forEachBlock { block in
      for row in 0..<block.count {
        guard let channel = census.channels.number(of: block, row: row) else { continue }
        let number = communicators.ofChannel[channel]
        messageCounts[number] += 1
        census.channels.forEachBusyTime(of: block, row: row, channel: channel) {
          busy[number].add(start: $0, end: $1)
        }
      }
    }
    for number in busy.indices { busy[number].settle() }
    let gaps = busy.indices.map {
      gap(of: busy[$0], kind: communicators.kinds[$0], messageCount: messageCounts[$0])
    }
    let bursts = try Burst.collect(
      in: zip(busy, gaps).map { $0.joined(gap: $1.nanoseconds) }, of: communicators,
      layout: layout, forEachBlock: forEachBlock)
    let jobs = JobReading(
      bursts, kinds: communicators.kinds, layout: layout,
      burstsPerIteration: options.burstsPerIteration)
    return AttributedCapture(
      jobs, communicators: communicators, gaps: gaps, layout: layout,
      options: options, summary: summary)
  }

  private func communicators(
    of channels: Channels, forEachBlock: ((MessageTable) throws -> Void) throws -> Void
  ) throws -> Communicators {
    guard channels.count > 1 else { return .one(channels) }
    var bins = BusyBins(rows: channels.count, start: channels.start, end: channels.end)
    try forEachBlock { block in
      for row in 0..<block.count {
        guard let channel = channels.number(of: block, row: row) else { continue }
        channels.forEachBusyTime(of: block, row: row, channel: channel) {
          bins.add(start: $0, end: $1, row: channel)
        }
      }
    }
    return Communicators.find(channels, busy: bins, layout: layout)
  }

  private func gap(
    of busy: BusyTime, kind: Communicators.Kind, messageCount: Int
  ) -> IdleGap {
    if let declared = options.idleGapNanoseconds {
      return IdleGap(nanoseconds: declared, method: "declared")
    }
    switch kind {
    case .exchange: return IdleGap.inferred(from: busy.pauses)
    case .regular: return IdleGap.inferred(from: busy.pauses, messageCount: messageCount)
    }
  }
}
