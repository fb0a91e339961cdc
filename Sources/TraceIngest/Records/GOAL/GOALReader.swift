internal import ByteStreams
public import TraceModel

/// GOAL schedules (Group Operation Assembly Language), as LogGOPSim, LogGOPSim2 and ATLAHS read them:
/// the text, or the binary form that txt2bin makes of it, plain, gzip or zstd.
///
/// Every send, put and get is one operation with one transfer. It waits for the transfers that its
/// node required, directly or through compute and receives; who sends to whom is found by running the
/// schedule on a network that takes no time. What a trace cannot hold is told and not kept: the
/// lengths of `calc`, processors and interfaces, tags. Memory depends on nodes and dependencies:
/// some 150 bytes each.
public enum GOALReader: TraceReader {
  public static let formatName = "GOAL schedule (text or binary)"

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    GOALBinary.recognises(start: start) || beginsWithRankCount(start)
  }

  /// True for text whose first word behind comments is `num_ranks`.
  private static func beginsWithRankCount(_ start: [UInt8]) -> Bool {
    var scanner = GOALScanner()
    for line in lines(of: start).prefix(1_000) {
      let bytes = Array(line)
      let text = unsafe bytes.span.bytes
      scanner.beginLine()
      do throws(GOALDefect) {
        guard let statement = try scanner.next(text) else { continue }
        if case .rankCount = statement { return true }
        return false
      } catch {
        return false
      }
    }
    return false
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    guard inputs.paths.count == 1, let path = inputs.paths.first else {
      throw IngestError(
        "\(inputs.paths.count) schedules: each is a whole job",
        at: fileName(of: paths.first ?? "input"),
        advice: "Ingest them one after the other.")
    }
    var summary = IngestSummary()
    var schedule = try schedule(path, options, &summary)
    let result = GOALRun.run(schedule)
    describe(result, in: &schedule.ledger)
    summary.ledgers.append(schedule.ledger)
    guard result.transfers.count > 0 else { throw nothingSent(schedule) }
    summary.layout = try CommsLayout.layout(
      declared: options.layout, rankCount: Int(schedule.rankCount), devices: [], summary: &summary)
    try sink.append(operations: result.operations)
    try sink.append(transfers: result.transfers)
    describe(result, in: &summary)
    summary.notes += inputs.notes
    return summary
  }

  private static func schedule(
    _ path: String, _ options: IngestOptions, _ summary: inout IngestSummary
  ) throws -> GOALSchedule {
    if GOALBinary.recognises(start: try ByteSource.sniff(path: path)) {
      let stream = try MemberStream(path: path)
      let schedule = try GOALBinary.read(stream) { units in
        options.progress?(progress(of: stream, units: units, unitName: "nodes"))
      }
      summary.sources.append(TraceIngest.describe(stream.source, format: "GOAL schedule, binary"))
      return schedule
    }
    let lines = try LineReader(path: path)
    let schedule = GOALText.read(lines) { count in
      options.progress?(
        IngestProgress(
          file: lines.source.name, bytesRead: lines.source.compressedBytesRead,
          byteCount: lines.source.compressedByteCount, units: count, unitName: "lines"))
    }
    summary.sources.append(TraceIngest.describe(lines.source, format: "GOAL schedule, text"))
    return schedule
  }

  private static func nothingSent(_ schedule: GOALSchedule) -> IngestError {
    let first = schedule.ledger.malformed.first
    return IngestError(
      "this GOAL schedule of \(schedule.rankCount) ranks and \(schedule.nodes.count) nodes sends "
        + "nothing" + (first.map { "; \($0.first): \($0.reason)" } ?? ""),
      at: schedule.ledger.source,
      advice: schedule.ledger.truncation
        ?? "A schedule is read that has `send`, `put` or `get` with bytes in its ranks' blocks.")
  }

  // MARK: Closing

  private static func describe(_ result: GOALResult, in ledger: inout Ledger) {
    ledger.used -= result.unmatchedReceives + result.ringDependencies
    ledger.skip(
      "a receive or append that nothing is sent to", count: result.unmatchedReceives,
      first: result.firstUnmatched)
    ledger.reject(
      "a dependency that closes a ring: the node was started without it",
      count: result.ringDependencies, first: result.firstRing)
  }

  private static func describe(_ result: GOALResult, in summary: inout IngestSummary) {
    summary.provenance.merge([
      "operations.kind": Provenance(.measured, method: "sends, puts and gets of the schedule"),
      "operations.role": Provenance(.absent, method: "a schedule does not say what bytes are for"),
      "operations.phase": Provenance(.absent, method: "a schedule names no phase"),
      "operations.layer": Provenance(.absent, method: "a schedule names no layer"),
      "operations.iteration": Provenance(.absent, method: "a schedule names no step"),
      "operations.start": Provenance(.absent, method: "a schedule holds order, not times"),
      "transfers.bytes": Provenance(.measured, method: "sizes of the schedule"),
    ]) { _, new in new }
    let counts: [(Int64, String)] = [
      (
        result.unmatchedSends,
        "messages were sent that no rank receives; they are transfers all the same"
      ),
      (
        Int64(result.circularReceives),
        "receives wait, by way of others, for what they hold up; they were not waited for"
      ),
      (
        Int64(result.unreachedCounters),
        "waits for counters that never come to their value; they were not waited for"
      ),
      (
        Int64(result.simulatedComputes),
        "calls of calcgem5 were taken as no time: their length is another simulator's"
      ),
      (
        Int64(result.joins),
        "operations without bytes stand for compute that waits for many transfers and holds up many"
      ),
    ]
    summary.notes += counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    guard result.computeNanoseconds > 0 else { return }
    summary.notes.append(
      "calc is kept as order alone: \(result.computeNanoseconds) ns in all, "
        + "\(result.longestComputeNanoseconds) ns along the longest chain")
  }
}
