internal import ByteStreams
public import TraceModel

/// Workloads of SimAI, which AICB writes: text with one row for each piece of a layer, plain, gzip or
/// zstd.
///
/// The file is one iteration as one rank sees it, and all ranks run the same: each collective is one
/// operation on all groups of its kind, even between their members. Groups follow from the sizes in
/// the first line. Rows run forward in their order, then backward; times are those of compute alone,
/// as if the network took none, so that the gaps between operations are the compute of the file.
public enum SimAIReader: TraceReader {
  public static let formatName = "SimAI workload (text)"

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    let line = firstLine(of: start)
    return SimAIHeader.policies.contains { line.starts(with: Array(($0 + " ").utf8)) }
      && contains(line, "model_parallel_NPU_group")
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    guard inputs.paths.count == 1, let path = inputs.paths.first else {
      throw IngestError(
        "\(inputs.paths.count) workloads: each is a whole job",
        at: fileName(of: paths.first ?? "input"),
        advice: "Ingest them one after the other.")
    }
    var file = SimAIFile()
    try file.read(path, options)
    var summary = IngestSummary()
    summary.sources = file.sources
    summary.ledgers = [file.ledger]
    guard let header = file.header, !file.rows.isEmpty else {
      throw IngestError(
        "this SimAI workload has no row that can be used"
          + (file.ledger.malformed.first.map { "; \($0.first): \($0.reason)" } ?? ""),
        at: file.ledger.source, advice: file.ledger.truncation ?? "Rows have 12 columns.")
    }
    summary.layout = try layout(header, options, &summary)
    var trace = SimAITrace(header, file.rows)
    try trace.write(into: &sink, fileName: file.ledger.source)
    guard trace.operationCount > 0 else {
      throw IngestError(
        "this SimAI workload communicates nothing", at: file.ledger.source,
        advice:
          "Rows are read that have ALLREDUCE, ALLGATHER, REDUCESCATTER or ALLTOALL with bytes.")
    }
    describe(header, trace, in: &summary)
    summary.notes += inputs.notes
    return summary
  }

  private static func layout(
    _ header: SimAIHeader, _ options: IngestOptions, _ summary: inout IngestSummary
  ) throws(IngestError) -> Layout {
    if let declared = options.layout {
      var sizes = declared.parallelism
      // A file does not know context parallelism: its data parallelism holds it.
      (sizes.data, sizes.context) = (sizes.data * sizes.context, 1)
      guard sizes == header.parallelism else {
        let own = header.parallelism
        throw IngestError(
          "the workload is for \(header.rankCount) GPUs (tensor \(own.tensor), expert \(own.expert), "
            + "pipeline \(own.pipeline), data \(own.data)), the layout for \(declared.rankCount) with "
            + "other sizes", at: summary.sources.first?.name ?? "input",
          advice: "Declare the layout that the workload was made for, or none.")
      }
      return declared
    }
    var layout = try CommsLayout.layout(
      declared: nil, rankCount: header.rankCount, devices: [], summary: &summary)
    layout.parallelism = header.parallelism
    return layout
  }

  private static func describe(
    _ header: SimAIHeader, _ trace: SimAITrace, in summary: inout IngestSummary
  ) {
    summary.provenance.merge([
      "operations.kind": Provenance(.measured, method: "communication columns of the rows"),
      "operations.role": Provenance(.measured, method: "suffixes and columns of the communication"),
      "operations.phase": Provenance(.inferred, method: "order of a layer's two exchanges"),
      "operations.layer": Provenance(.inferred, method: "order of the rows and their names"),
      "operations.microBatch": Provenance(.inferred, method: "order of the rows and their names"),
      "operations.iteration": Provenance(.declared, method: "a workload is one iteration"),
      "operations.start": Provenance(
        .inferred, method: "compute times of the rows, on a network that takes no time"),
      "transfers.bytes": Provenance(
        .inferred, method: "bytes of one rank, even between the members of each group; rings"),
    ]) { _, new in new }
    summary.notes.append(
      "one rank's view, taken for all \(header.rankCount): every group has the same, and even, traffic"
    )
    summary.notes.append(
      "rows run forward, then backward: \(trace.clock) ns of compute in all; what stands before the "
        + "first operation and behind the last is not kept")
    if header.pipelineBytes > 0, header.parallelism.pipeline > 1 {
      summary.notes.append(
        "\(header.pipelineBytes) bytes between stages for each micro-batch are left out: the file does "
          + "not say when they are sent")
    }
  }
}

/// The lines of one workload.
private struct SimAIFile {
  var header: SimAIHeader?
  var rows: [SimAIRow] = []
  var ledger = Ledger(unit: "lines", source: "")
  var sources: [TraceMetadata.Source] = []
  private var claimedRows: Int64?
  /// Compute of all rows.
  private var computeNanoseconds: Int64 = 0

  mutating func read(_ path: String, _ options: IngestOptions) throws {
    let lines = try LineReader(path: path)
    ledger.source = lines.source.name
    while true {
      var text = ""
      let event = lines.next { line in text = line.string(in: 0..<line.byteCount) }
      if event == .end { break }
      ledger.read += 1
      let location = "line \(lines.number)"
      switch event {
      case .overlong:
        ledger.reject(
          "the line is longer than the limit of \(LineReader.lineLimit >> 20) MiB", first: location)
      case .cut: ledger.reject("the line is cut where the input became unreadable", first: location)
      case .line, .end: try take(text, at: location)
      }
      if lines.number % 4096 == 0 { report(lines, options) }
    }
    sources = [describe(lines.source, format: SimAIReader.formatName)]
    if let claimedRows, claimedRows > Int64(rows.count) + ledger.malformedCount {
      ledger.truncation = "the file states \(claimedRows) rows and has \(rows.count)"
    }
    if let damage = lines.damage { ledger.truncation = damage }
  }

  private mutating func take(_ line: String, at location: String) throws(IngestError) {
    guard line.contains(where: { !$0.isWhitespace }) else {
      return ledger.skip("a blank line", first: location)
    }
    if header == nil {
      header = try SimAIHeader(line, fileName: ledger.source)
      ledger.used += 1
    } else if claimedRows == nil, let count = Int64(line.filter { !$0.isWhitespace }), count >= 0 {
      claimedRows = count
      ledger.used += 1
    } else if let claimedRows, rows.count >= claimedRows {
      ledger.skip("a row behind as many as the file states", first: location)
    } else {
      do throws(SimAIRow.Defect) {
        let row = try SimAIRow(line)
        guard row.computeNanoseconds <= SimAIRow.totalLimit - computeNanoseconds else {
          throw .total
        }
        computeNanoseconds += row.computeNanoseconds
        rows.append(row)
        ledger.used += 1
      } catch {
        ledger.reject(error.words, first: location)
      }
    }
  }

  private func report(_ lines: LineReader, _ options: IngestOptions) {
    options.progress?(
      IngestProgress(
        file: lines.source.name, bytesRead: lines.source.compressedBytesRead,
        byteCount: lines.source.compressedByteCount, units: lines.number, unitName: "lines"))
  }
}
