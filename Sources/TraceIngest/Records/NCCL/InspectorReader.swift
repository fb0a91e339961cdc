public import TraceModel

/// Logs of NCCL's Inspector plugin: one JSON object for each collective or message of a process, one
/// on a line or printed over several, plain, gzip, zstd or in a tar archive.
///
/// A process's rank is its rank in the largest communicator; smaller ones are brought to those ranks
/// by the processes that were read. Messages of a communicator in which not only neighbours talk are
/// taken for all-to-alls. The plugin loses records; what its sequence numbers and its own counts say
/// of that is told. Formats v4.0 to v4.3, times where they are verbose. Memory depends on the records: about 70 bytes each, and 110
/// for each call that they make, with 16 for each member of an all-to-all's group.
public enum InspectorReader: TraceReader {
  public static let formatName = "NCCL Inspector log (JSON lines)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    contains(start[...], "\"header\"")
      && (contains(start[...], "\"coll_perf\"") || contains(start[...], "\"p2p_perf\"")
        || contains(start[...], "\"dump_stats\""))
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var log = InspectorLog()
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, summary in
        summary.ledgers.append(
          log.read(stream) { records in
            options.progress?(progress(of: stream, units: records, unitName: "records"))
          })
      })
    var assembly = CommsAssembly(options: options)
    let found = InspectorFiles(log)
    for file in found.files { assembly.add(file) }
    try assembly.finish(format: formatName, into: &sink, summary: &summary)
    summary.provenance["operations.start"] =
      found.haveTimes
      ? Provenance(.measured, method: "starts in verbose records; the last of the recorded ranks")
      : Provenance(.absent, method: "the log says how long operations took, not when they ran")
    summary.notes += inputs.notes + found.notes
    return summary
  }
}
