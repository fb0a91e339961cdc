internal import ByteStreams
public import TraceModel

/// Execution traces of PyTorch (`ExecutionTraceObserver`): one JSON file per rank, schema 1.0.1 to
/// 1.1.x, plain, gzip or zstd, or all ranks in one tar archive.
///
/// Every `record_param_comms` node is one rank's part of one operation: group and sequence number
/// bring the ranks together. All-to-alls have their shares byte-exactly; other collectives are
/// lowered to rings. The format holds no times: an operation follows the one before it on each of
/// its ranks. Memory depends on the nodes of one file (30 bytes each) and on the communication of
/// all ranks.
public enum ExecutionTraceReader: TraceReader {
  public static let formatName = "PyTorch execution trace (JSON)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    firstLine(of: start).first == UInt8(ascii: "{")
      && contains(start[...], "\"schema\"") && contains(start[...], "\"nodes\"")
      && (contains(start[...], "\"ctrl_deps\"") || contains(start[...], "\"rf_id\""))
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var assembly = try assembly(of: inputs.paths, options, &summary)
    try assembly.finish(format: formatName, into: &sink, summary: &summary)
    summary.provenance["operations.start"] = Provenance(
      .absent, method: "an execution trace holds no time")
    summary.notes += inputs.notes
    summary.notes.append(
      "no times: operations follow one another on each rank; compute between them is not known")
    return summary
  }

  /// The calls of all ranks in some files.
  static func assembly(
    of paths: [String], _ options: IngestOptions, _ summary: inout IngestSummary
  ) throws -> CommsAssembly {
    var assembly = CommsAssembly(options: options)
    try forEachMember(
      of: paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, _ in
        assembly.add(
          ExecutionTraceFile.read(stream) { nodes in
            options.progress?(progress(of: stream, units: nodes, unitName: "nodes"))
          })
      })
    return assembly
  }
}

/// How far a stream has come.
func progress(of stream: MemberStream, units: Int64, unitName: String) -> IngestProgress {
  IngestProgress(
    file: stream.name, bytesRead: stream.source.compressedBytesRead,
    byteCount: stream.source.compressedByteCount, units: units, unitName: unitName)
}
