internal import PacketFormats
internal import TraceModel

/// Reads several vantages side by side and makes one stream of messages of them.
///
/// The vantage that has come least far by its clock is always next, so that the result depends on
/// what the captures hold alone and not on which thread is faster.
struct VantageMerge {
  /// Messages that a vantage hands on, and that the sink is given, at a time.
  private static let batchCount = 8_192
  /// Vantages beyond which further ones have no thread of their own.
  private static let maximumThreads = 32
  private static let minimumQueuePairs = 1 << 16

  private struct Source {
    var stream: VantageStream
    /// Nanoseconds since 1970 up to which it was read; before, when it begins.
    var time: Int64
    /// The number in the common table of each address of its own table.
    var addresses: [Int32] = []
    var end: Vantage.End?
  }

  private var sources: [Source] = []
  private var addresses: AddressTable
  private var shared: SharedMessages
  /// Batches whose messages are still held: the number behind their last, and the time from which
  /// on every vantage must have shown its copies.
  private var waiting = SlidingArray<(number: Int, time: Int64)>()
  private var output = MessageTable()
  private let options: IngestOptions

  /// - Throws: when the layout's addresses cannot be read.
  init(plan: CapturePlan, options: IngestOptions) throws(IngestError) {
    let declared = options.layout?.addresses ?? []
    addresses = declared.isEmpty ? AddressTable() : try AddressTable(declared: declared)
    shared = SharedMessages(
      vantageCount: plan.vantages.count, maximumChannels: options.maximumQueuePairs)
    self.options = options
    var own = options
    own.progress = nil
    own.maximumQueuePairs = min(
      options.maximumQueuePairs,
      max(Self.minimumQueuePairs, options.maximumQueuePairs / plan.vantages.count))
    for (index, files) in plan.vantages.enumerated() {
      let isThreaded = options.usesThreads && index < Self.maximumThreads
      let stream = VantageStream(isThreaded: isThreaded) { [own] () throws(IngestError) in
        try Vantage(files: files, options: own, batchCount: Self.batchCount, keepsPlaces: true)
      }
      sources.append(Source(stream: stream, time: files.first?.firstTime ?? .min))
    }
  }

  /// Reads everything.
  mutating func run(into sink: inout some TraceSink) throws {
    while let index = slowest() {
      guard let batch = try sources[index].stream.next() else { break }
      take(batch, from: index)
      if let progress = batch.progress { options.progress?(progress) }
      release()
      try hand(to: &sink, atLeast: Self.batchCount)
    }
    shared.release(below: shared.nextNumber, into: &output)
    try hand(to: &sink, atLeast: 1)
  }

  private mutating func hand(to sink: inout some TraceSink, atLeast count: Int) throws {
    guard output.count >= count else { return }
    try sink.append(messages: output)
    output.removeAll()
  }

  /// The vantage that has come least far; nil when all are read.
  private func slowest() -> Int? {
    sources.indices.filter { sources[$0].end == nil }
      .min { (sources[$0].time, $0) < (sources[$1].time, $1) }
  }

  private mutating func take(_ batch: Vantage.Batch, from index: Int) {
    for address in batch.addresses {
      sources[index].addresses.append(addresses.number(of: address))
    }
    let numbers = sources[index].addresses
    for row in 0..<batch.messages.count {
      var message = batch.messages.rows[row]
      message.source = numbers[Int(message.source)]
      message.destination = numbers[Int(message.destination)]
      shared.take(message, at: batch.messages.places[row], vantage: index)
    }
    sources[index].time = max(sources[index].time, batch.time)
    sources[index].end = batch.end
    waiting.append(
      (shared.nextNumber, sources[index].time &+ SharedMessages.maximumClockDifference))
  }

  /// Hands on what every other vantage has gone past.
  private mutating func release() {
    let time = slowest().map { sources[$0].time } ?? .max
    while let first = waiting.first, first.time <= time {
      shared.release(below: first.number, into: &output)
      waiting.removeFirst(1)
    }
    shared.releaseBeyond(options.maximumHeldMessages, into: &output)
  }

  /// What was found, when all is read.
  func findings(_ plan: CapturePlan) -> CaptureFindings {
    var findings = CaptureFindings(addresses: addresses)
    for source in sources { if let end = source.end { findings.add(end) } }
    findings.counts.unansweredReads -= shared.counts.answeredReads
    findings.counts.unansweredReadBytes &-= shared.counts.answeredReadBytes
    findings.sentences =
      plan.sentences
      + VantageWords(
        plan: plan, counts: shared.counts, clocks: shared.clocks, hasCopies: shared.hasCopies
      ).sentences
    return findings
  }
}
