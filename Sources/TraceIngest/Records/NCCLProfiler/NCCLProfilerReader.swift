public import TraceModel

/// Dumps of NCCL's example profiler plugin (`NCCL_PROFILE_DUMP_FILE`): a list of events like Chrome's
/// traces, one file for each process or communicator, plain, gzip, zstd or in a tar archive.
///
/// Every P2P and COLL event is one rank's part of one operation. Early versions write types and
/// addresses without quotes, which is not JSON; both are read (print_event.cc of the plugin). A call
/// begins when its first kernel does, as the host saw it; kernels' own clocks give how long it took.
/// Clocks of several processes begin apart: then there are no times. Memory depends on the calls: 56
/// bytes each.
public enum NCCLProfilerReader: TraceReader {
  public static let formatName = "dump of NCCL's example profiler"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    firstLine(of: start).first == UInt8(ascii: "[")
      && ["GROUP_API", "P2P_API", "COLL_API", "PROXY", "P2P", "COLL"].contains {
        contains(start[...], "\"cat\": \"\($0)\"") || contains(start[...], "\"cat\":\"\($0)\"")
      }
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var log = ProfilerLog()
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, summary in
        summary.ledgers.append(
          log.read(stream) { events in
            options.progress?(progress(of: stream, units: events, unitName: "events"))
          })
      })
    guard !log.calls.calls.isEmpty else {
      throw nothingUsable(
        "dump of NCCL's example profiler holds no call", in: summary.ledgers,
        advice: "Set NCCL_PROFILE_EVENT_MASK so that P2P and COLL events are recorded.")
    }
    let (files, findings) = log.finished().files()
    var assembly = CommsAssembly(options: options)
    for file in files { assembly.add(file) }
    try assembly.finish(
      format: formatName, numbersGroups: false, into: &sink, summary: &summary)
    summary.provenance["operations.start"] =
      log.processCount > 1
      ? Provenance(.absent, method: "the clock of each process begins with its plugin")
      : Provenance(.measured, method: "first kernel of the call, else its hand-over to the GPU")
    summary.notes += inputs.notes + findings.notes
    summary.notes.append(
      "the dump does not say how many ranks a communicator has: the highest that is named was taken"
    )
    summary.notes.append(
      "the plugin keeps the newest events of each kind: older calls may be missing")
    if findings.exchanges > 0 {
      summary.notes.append(
        "messages of communicators in which not only neighbours talk were taken for all-to-alls")
    }
    return summary
  }
}
